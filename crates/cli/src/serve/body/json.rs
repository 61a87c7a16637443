//! JSON in a request's body.

use axum::extract::Request;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Json, RequestExt as _};
use serde::de::DeserializeOwned;

use super::media::{check_encoding, normalize_media_type};
use crate::serve::error::ApiError;

/// Reads a body of at most `longest` bytes; `example` is a valid one, for errors.
///
/// # Errors
/// 413, 415 and 422, with the example.
pub async fn read_json<T: DeserializeOwned + 'static>(
    mut request: Request,
    longest: usize,
    example: &str,
) -> Result<T, ApiError> {
    check_encoding(request.headers())?;
    normalize_media_type(&mut request);
    let body: Result<Json<T>, JsonRejection> = request.extract().await;
    body.map(|Json(body)| body).map_err(|fault| invalid(&fault, longest, example))
}

fn invalid(fault: &JsonRejection, longest: usize, example: &str) -> ApiError {
    let status = fault.status();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::new(status, format!("the body is longer than {longest} bytes"));
    }
    if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        let reason = format!("the body is JSON, as {example}, with Content-Type application/json");
        return ApiError::new(status, reason);
    }
    let text = fault.body_text();
    // Behind the library's words stands which key is wrong.
    let detail = text.rsplit_once("target type: ").map_or(text.as_str(), |(_, detail)| detail);
    ApiError::unprocessable(format!("the body is JSON, as {example}: {detail}"))
}
