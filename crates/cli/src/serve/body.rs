//! Pictures out of a request's body.

use std::path::Path;

use axum::RequestExt as _;
use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, Request};
use axum::http::{StatusCode, header};
use hearth_data::{Bounds, DataError, PictureShape, pixels, read_picture_bytes};

use super::refusal::Refusal;

/// The most pictures in one request.
pub const MOST_PICTURES: usize = 64;

/// A picture as it was sent.
pub struct Sent {
    /// The name of its file, where one was given.
    pub file: Option<String>,
    /// Its file.
    pub bytes: Bytes,
}

/// The pictures of a request: the body itself, or the parts of a form.
pub async fn pictures(request: Request, longest: usize) -> Result<Vec<Sent>, Refusal> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let is_form = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
    let sent =
        if is_form { parts(request, longest).await? } else { whole(request, longest).await? };
    match sent.iter().position(|picture| picture.bytes.is_empty()) {
        _ if sent.is_empty() => Err(Refusal::unfit("the form has no pictures")),
        Some(_) => Err(Refusal::unfit("there is no picture in the body, or an empty one")),
        None => Ok(sent),
    }
}

async fn whole(request: Request, longest: usize) -> Result<Vec<Sent>, Refusal> {
    let bytes: Bytes = request.extract().await.map_err(
        |rejection: axum::extract::rejection::BytesRejection| {
            too_long_or(rejection.status(), longest, rejection.body_text())
        },
    )?;
    Ok(vec![Sent { file: None, bytes }])
}

async fn parts(request: Request, longest: usize) -> Result<Vec<Sent>, Refusal> {
    let fault = |error: MultipartError| too_long_or(error.status(), longest, error.body_text());
    let form: Result<Multipart, _> = request.extract().await;
    let mut form = form.map_err(|rejection| Refusal::unfit(rejection.body_text()))?;
    let mut sent = Vec::new();
    while let Some(part) = form.next_field().await.map_err(fault)? {
        if sent.len() == MOST_PICTURES {
            let reason = format!("at most {MOST_PICTURES} pictures in one request");
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
        }
        let file = part.file_name().map(str::to_owned);
        let bytes = part.bytes().await.map_err(fault)?;
        sent.push(Sent { file, bytes });
    }
    Ok(sent)
}

fn too_long_or(status: StatusCode, longest: usize, text: String) -> Refusal {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        Refusal::new(status, format!("the body is longer than {longest} bytes"))
    } else {
        Refusal::unfit(text)
    }
}

/// The pixels that a network sees of each picture, all of which may have `bounds.pixels` together. It takes
/// as long as decoding takes, and is given up once nobody waits for it.
pub fn decode(
    sent: &[Sent],
    shape: PictureShape,
    invert: bool,
    bounds: Bounds,
    is_waited_for: impl Fn() -> bool,
) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut left = bounds.pixels;
    let decoded = sent.iter().map(|picture| {
        if !is_waited_for() {
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "the request was given up"));
        }
        let name = picture.file.as_deref().unwrap_or("the picture");
        let count = pixels(Path::new(name), &picture.bytes).unwrap_or(0);
        left = left.checked_sub(count).ok_or_else(|| {
            let most = bounds.pixels;
            Refusal::unfit(format!("{name}: more than {most} pixels in one request"))
        })?;
        read_picture_bytes(Path::new(name), &picture.bytes, shape, invert, bounds).map_err(
            |error| match error {
                DataError::Picture { fault, .. } => {
                    Refusal::unfit(format!("{name} cannot be read: {fault}"))
                }
                other => Refusal::unfit(other.to_string()),
            },
        )
    });
    decoded.collect()
}
