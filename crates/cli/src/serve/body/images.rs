//! Images in a request's body.

use std::path::Path;

use axum::RequestExt as _;
use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, Request};
use axum::http::StatusCode;
use hearth_data::{Bounds, DataError, ImageShape, pixels, read_image_bytes};

use super::media::{check_encoding, media_type, normalize_media_type};
use crate::serve::error::ApiError;

/// Maximum number of images in one request.
pub const MAX_IMAGES: usize = 64;

/// An uploaded image file.
pub struct Upload {
    /// The file's name, where the form has one.
    pub file: Option<String>,
    /// The file's contents.
    pub bytes: Bytes,
}

/// The body of a request for image predictions.
pub struct ImageBody {
    /// The images, at least one.
    pub images: Vec<Upload>,
    /// The text fields of the form, by name.
    pub fields: Vec<(String, String)>,
}

/// Reads the images of a request: the body itself, or the parts of a form.
///
/// # Errors
/// 413 for a body of more than `longest` bytes or too many images, 415 for another media type, and 422 for a body
/// without images.
pub async fn read_images(mut request: Request, longest: usize) -> Result<ImageBody, ApiError> {
    check_encoding(request.headers())?;
    normalize_media_type(&mut request);
    let kind = media_type(request.headers()).unwrap_or_default();
    let received = if kind == "multipart/form-data" {
        read_form(request, longest).await?
    } else if kind.starts_with("multipart/") || kind == "application/json" {
        let reason = format!("{kind} is not supported: send the image's file, or a form of files");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
    } else {
        ImageBody { images: vec![read_whole(request, longest).await?], fields: Vec::new() }
    };
    let ImageBody { images, fields } = &received;
    if images.is_empty() {
        let names: Vec<_> = fields.iter().map(|(name, _)| format!("`{name}`")).collect();
        let reason = match names.as_slice() {
            [] => "the form has no images".to_owned(),
            names => format!("the form has no images: its {} are texts", names.join(", ")),
        };
        return Err(ApiError::unprocessable(reason));
    }
    if images.iter().any(|image| image.bytes.is_empty()) {
        return Err(ApiError::unprocessable("there is no image in the body, or an empty one"));
    }
    if images.iter().any(|image| image.bytes.starts_with(b"data:image/")) {
        let reason = "this is a data URL: send the image's bytes, decoded from Base64";
        return Err(ApiError::unprocessable(reason));
    }
    Ok(received)
}

async fn read_whole(request: Request, longest: usize) -> Result<Upload, ApiError> {
    let bytes: Bytes = request.extract().await.map_err(
        |rejection: axum::extract::rejection::BytesRejection| {
            too_long_or(rejection.status(), longest, rejection.body_text())
        },
    )?;
    Ok(Upload { file: None, bytes })
}

async fn read_form(request: Request, longest: usize) -> Result<ImageBody, ApiError> {
    let fault = |error: MultipartError| too_long_or(error.status(), longest, error.body_text());
    let form: Result<Multipart, _> = request.extract().await;
    let mut form = form.map_err(|rejection| {
        ApiError::unprocessable(format!("the form cannot be read: {}", rejection.body_text()))
    })?;
    let mut received = ImageBody { images: Vec::new(), fields: Vec::new() };
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
        if received.images.len() == MAX_IMAGES {
            let reason = format!("at most {MAX_IMAGES} images in one request");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
        }
        received.images.push(Upload { file: file.filter(|file| !file.is_empty()), bytes });
    }
    Ok(received)
}

fn too_long_or(status: StatusCode, longest: usize, text: String) -> ApiError {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::new(status, format!("the body is longer than {longest} bytes"))
    } else {
        ApiError::unprocessable(text)
    }
}

/// Decodes uploaded images to the network's input: for each its pixels, from 0 to 255. `bounds.pixels` limits the
/// sum over all images. Decoding stops once `is_waited_for` is false.
///
/// # Errors
/// 422 for an image that cannot be decoded or exceeds the bounds; 503 when nobody waits any more.
pub fn decode(
    uploads: &[Upload],
    shape: ImageShape,
    invert: bool,
    bounds: Bounds,
    is_waited_for: impl Fn() -> bool,
) -> Result<Vec<Vec<u8>>, ApiError> {
    let mut left = bounds.pixels;
    let decoded = uploads.iter().map(|upload| {
        if !is_waited_for() {
            return Err(ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "the request was cancelled",
            ));
        }
        let name = upload.file.as_deref().unwrap_or("the image");
        let count = pixels(Path::new(name), &upload.bytes).unwrap_or(0);
        left = left.checked_sub(count).ok_or_else(|| {
            let most = bounds.pixels;
            ApiError::unprocessable(format!("{name}: more than {most} pixels in one request"))
        })?;
        read_image_bytes(Path::new(name), &upload.bytes, shape, invert, bounds).map_err(|error| {
            match error {
                DataError::Image { fault, .. } => {
                    ApiError::unprocessable(format!("{name} cannot be read: {fault}"))
                }
                other => ApiError::unprocessable(other.to_string()),
            }
        })
    });
    decoded.collect()
}
