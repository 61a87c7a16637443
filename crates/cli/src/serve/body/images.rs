//! Pictures out of a request's body.

use std::path::Path;

use axum::RequestExt as _;
use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, Request};
use axum::http::StatusCode;
use hearth_data::{Bounds, DataError, PictureShape, pixels, read_picture_bytes};

use super::media::{check_encoding, in_small_letters, media_type};
use crate::serve::refusal::Refusal;

/// The most pictures in one request.
pub const MOST_PICTURES: usize = 64;

/// A picture as it was sent.
pub struct Sent {
    /// The name of its file, where one was given.
    pub file: Option<String>,
    /// Its file.
    pub bytes: Bytes,
}

/// What a request has brought.
pub struct Received {
    /// Its pictures, one at least.
    pub pictures: Vec<Sent>,
    /// The texts that stood beside them in a form, by their names.
    pub fields: Vec<(String, String)>,
}

/// The pictures of a request: the body itself, or the parts of a form.
pub async fn pictures(mut request: Request, longest: usize) -> Result<Received, Refusal> {
    check_encoding(request.headers())?;
    in_small_letters(&mut request);
    let kind = media_type(request.headers()).unwrap_or_default();
    let received = if kind == "multipart/form-data" {
        parts(request, longest).await?
    } else if kind.starts_with("multipart/") || kind == "application/json" {
        let reason =
            format!("{kind} is not read here: send the picture's file, or a form of files");
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
    } else {
        Received { pictures: vec![whole(request, longest).await?], fields: Vec::new() }
    };
    let Received { pictures, fields } = &received;
    if pictures.is_empty() {
        let names: Vec<_> = fields.iter().map(|(name, _)| format!("`{name}`")).collect();
        let reason = match names.as_slice() {
            [] => "the form has no pictures".to_owned(),
            names => format!("the form has no pictures: its {} are texts", names.join(", ")),
        };
        return Err(Refusal::unfit(reason));
    }
    if pictures.iter().any(|picture| picture.bytes.is_empty()) {
        return Err(Refusal::unfit("there is no picture in the body, or an empty one"));
    }
    if pictures.iter().any(|picture| picture.bytes.starts_with(b"data:image/")) {
        let reason = "this is a data URL: send the picture's bytes, decoded from Base64";
        return Err(Refusal::unfit(reason));
    }
    Ok(received)
}

async fn whole(request: Request, longest: usize) -> Result<Sent, Refusal> {
    let bytes: Bytes = request.extract().await.map_err(
        |rejection: axum::extract::rejection::BytesRejection| {
            too_long_or(rejection.status(), longest, rejection.body_text())
        },
    )?;
    Ok(Sent { file: None, bytes })
}

async fn parts(request: Request, longest: usize) -> Result<Received, Refusal> {
    let fault = |error: MultipartError| too_long_or(error.status(), longest, error.body_text());
    let form: Result<Multipart, _> = request.extract().await;
    let mut form = form.map_err(|rejection| {
        Refusal::unfit(format!("the form cannot be read: {}", rejection.body_text()))
    })?;
    let mut received = Received { pictures: Vec::new(), fields: Vec::new() };
    while let Some(part) = form.next_field().await.map_err(fault)? {
        let file = part.file_name().map(str::to_owned);
        let kind = part.content_type().unwrap_or_default().to_ascii_lowercase();
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(fault)?;
        if file.as_deref() == Some("") && bytes.is_empty() {
            // A browser's form in which no file was chosen.
            continue;
        }
        let is_file = file.is_some()
            || kind.starts_with("image/")
            || kind.starts_with("application/octet-stream")
            || pixels(Path::new(&name), &bytes).is_some();
        if !is_file {
            received.fields.push((name, String::from_utf8_lossy(&bytes).into_owned()));
            continue;
        }
        if received.pictures.len() == MOST_PICTURES {
            let reason = format!("at most {MOST_PICTURES} pictures in one request");
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
        }
        received.pictures.push(Sent { file: file.filter(|file| !file.is_empty()), bytes });
    }
    Ok(received)
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
