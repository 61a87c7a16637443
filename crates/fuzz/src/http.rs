//! Fuzz target for prediction requests: the content type in the first line, then the body.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use hearth_data::{Bounds, ImageShape};

use crate::serve::body::images::{MAX_IMAGES, decode, read_images};

/// Longest body in bytes: shorter than the server's limit, so that inputs can exceed it.
const BODY: usize = 6 << 10;

/// Default limits of the server.
const BOUNDS: Bounds = Bounds { pixels: 25_000_000, memory: 25_000_000 * 16 };

const SHAPE: ImageShape = ImageShape { channels: 1, height: 28, width: 28 };

/// Extracts the images from the body and decodes them.
pub fn run(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (kind, body) = (&input[..end], input.get(end + 1..).unwrap_or_default());
    let Ok(kind) = HeaderValue::from_bytes(kind) else { return };
    let mut request = Request::new(Body::from(body.to_vec()));
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    DefaultBodyLimit::max(BODY).apply(&mut request);
    let decoded = pollster::block_on(read_images(request, BODY)).and_then(|received| {
        let sent = received.images;
        assert!((1..=MAX_IMAGES).contains(&sent.len()), "{} pictures", sent.len());
        let decoded = decode(&sent, SHAPE, false, BOUNDS, || true)?;
        assert_eq!(decoded.len(), sent.len(), "an image is lost");
        Ok(decoded)
    });
    match decoded {
        Ok(decoded) => {
            assert!(body.len() <= BODY, "the body is too long");
            assert!(decoded.iter().all(|values| values.len() == SHAPE.pixels()), "another size");
        }
        Err(error) => {
            let known = [
                StatusCode::PAYLOAD_TOO_LARGE,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                StatusCode::UNPROCESSABLE_ENTITY,
            ];
            assert!(known.contains(&error.status) && !error.reason.is_empty(), "{error:?}");
        }
    }
}
