//! Why a request is not answered, as JSON.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// What is wrong, in a sentence.
    pub reason: String,
}

/// What the answer says then.
#[derive(Serialize, ToSchema)]
pub struct Refused {
    error: Problem,
}

/// A problem.
#[derive(Serialize, ToSchema)]
pub struct Problem {
    /// The status of the answer, once more.
    status: u16,
    /// What is wrong, in a sentence.
    reason: String,
}

impl Refusal {
    /// With this status.
    pub fn new(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into() }
    }

    /// A body that is read, and is not what was asked for.
    pub fn unfit(reason: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, reason)
    }

    /// The queue is full.
    pub fn busy() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too many requests wait already: try again")
    }

    /// Nobody computes any more.
    pub fn ending() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the server is ending")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let again =
            matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let problem = Problem { status: self.status.as_u16(), reason: self.reason };
        let mut response = (self.status, Json(Refused { error: problem })).into_response();
        if again {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
