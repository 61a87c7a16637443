//! Headers of a body: media type and encoding.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::serve::error::ApiError;

/// The media type of a body in lower case, without its parameters; `None` without the header.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.as_bytes();
    let end = text.iter().position(|byte| *byte == b';').unwrap_or(text.len());
    let name = String::from_utf8_lossy(&text[..end]).trim().to_ascii_lowercase();
    (!name.is_empty()).then_some(name)
}

/// Rewrites the media type for the libraries that read bodies: lower case, no spaces around semicolons. The values of
/// parameters keep their case.
pub fn normalize_media_type(request: &mut Request) {
    let Some(name) = media_type(request.headers()) else { return };
    let value = request.headers().get(header::CONTENT_TYPE);
    let Some(text) = value.and_then(|value| value.to_str().ok()) else { return };
    let mut plain = name;
    for parameter in parameters(text).into_iter().skip(1).filter(|text| !text.is_empty()) {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let key = key.trim().to_ascii_lowercase();
        plain.extend(["; ", &key, "=", value.trim()]);
    }
    if let Ok(value) = HeaderValue::from_str(&plain) {
        request.headers_mut().insert(header::CONTENT_TYPE, value);
    }
}

/// The parts of a header between semicolons outside of quotation marks.
fn parameters(text: &str) -> Vec<&str> {
    let (mut parts, mut begun) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                parts.push(text[begun..at].trim());
                begun = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[begun..].trim());
    parts
}

/// Checks that a body is not compressed.
///
/// # Errors
/// 415 for a `Content-Encoding` other than `identity`.
pub fn check_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    for value in headers.get_all(header::CONTENT_ENCODING) {
        let names = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        let other = names.split(',').map(str::trim).find(|name| !["", "identity"].contains(name));
        if let Some(other) = other {
            let shown: String = other.chars().take(20).collect();
            let reason =
                format!("the body has Content-Encoding {shown}: send it as it is, without one");
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, reason));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(name: header::HeaderName, value: &str) -> Request {
        let mut request = Request::new(Body::empty());
        request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a header"));
        request
    }

    #[test]
    fn types_have_no_case_and_boundaries_have() {
        for (sent, plain) in [
            ("Multipart/Form-Data; boundary=aBc", "multipart/form-data; boundary=aBc"),
            (
                "MULTIPART/FORM-DATA ;  Boundary = \"a;B c\"",
                "multipart/form-data; boundary=\"a;B c\"",
            ),
            ("Application/JSON;charset=UTF-8", "application/json; charset=UTF-8"),
            ("image/PNG", "image/png"),
            ("image/png;", "image/png"),
        ] {
            let mut request = request(header::CONTENT_TYPE, sent);
            normalize_media_type(&mut request);
            assert_eq!(request.headers()[header::CONTENT_TYPE], plain, "{sent}");
        }
        assert_eq!(media_type(&HeaderMap::new()), None);
    }

    #[test]
    fn compressed_bodies_are_refused() {
        let check =
            |value: &str| check_encoding(request(header::CONTENT_ENCODING, value).headers());
        for value in ["gzip", "GZIP", "br", "identity, deflate"] {
            let error = check(value).expect_err(value);
            assert_eq!(error.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        assert!(check("identity").is_ok() && check("Identity").is_ok());
        assert!(check_encoding(&HeaderMap::new()).is_ok());
    }
}
