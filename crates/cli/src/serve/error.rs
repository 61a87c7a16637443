//! Errors of the API, as JSON.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// An error of the API: status and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The status of the response.
    pub status: StatusCode,
    /// The reason, in a sentence.
    pub reason: String,
}

/// The body of an error response.
#[derive(Serialize, ToSchema)]
#[schema(as = Refused)]
pub struct ErrorBody {
    error: ErrorDetail,
}

/// An error.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ErrorDetail {
    /// The status of the response.
    status: u16,
    /// The reason, in a sentence.
    reason: String,
}

impl ApiError {
    /// An error of this status.
    pub fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into() }
    }

    /// 422: a well-formed request whose body cannot be used.
    pub fn unprocessable(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, reason)
    }

    /// 429: the queue is full.
    pub fn queue_full() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too many requests wait already: try again")
    }

    /// 503: the server shuts down.
    pub fn shutting_down() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let may_retry =
            matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let error = ErrorDetail { status: self.status.as_u16(), reason: self.reason };
        let mut response = (self.status, Json(ErrorBody { error })).into_response();
        if may_retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
