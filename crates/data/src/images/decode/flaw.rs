//! Faults of image files, with messages for the user.

use std::borrow::Cow;
use std::io::ErrorKind;

use image::ImageError;

use crate::images::signature::{FileFormat, kind};

/// Signatures of the formats, to recognise a file that was truncated within its signature.
const BEGINS: [&[u8]; 8] = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"RIFF",
    b"qoif",
];

/// A fault of an image file.
#[derive(Debug)]
pub(super) enum Flaw {
    /// The file ends before its last pixel or before its end marker.
    TooEarly,
    /// The file may be sound, and uses an unsupported feature of its format.
    Unsupported,
    /// The file uses an unsupported feature, described by this clause.
    Unread(Cow<'static, str>),
    /// The contents are inconsistent.
    Damaged,
    /// Decoding exceeds the memory limit.
    TooLarge,
    /// The first bytes match no format with a decoder here.
    Unknown,
}

impl From<ImageError> for Flaw {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooLarge,
            ImageError::Unsupported(_) => Self::Unsupported,
            ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Self::TooEarly
            }
            _ => Self::Damaged,
        }
    }
}

impl Flaw {
    /// An unsupported compression.
    pub fn compression(name: &str) -> Self {
        Self::Unread(format!("it is compressed in a way that is not read here ({name})").into())
    }

    /// An unsupported pixel format.
    pub fn pixels(name: &str) -> Self {
        Self::Unread(
            format!("its pixels are stored in a way that is not read here ({name})").into(),
        )
    }

    /// The fault in words.
    pub fn reason(self, bytes: &[u8]) -> Cow<'static, str> {
        match self {
            _ if bytes.is_empty() => "it is empty".into(),
            Self::TooEarly => "it ends too early".into(),
            Self::Unsupported => "it is stored in a way that is not read here".into(),
            Self::Unread(how) => how,
            Self::Damaged => "its contents are damaged".into(),
            Self::TooLarge => "it is too large, or says that it is".into(),
            Self::Unknown => match kind(bytes) {
                Some(FileFormat::Image(name)) => {
                    format!("it is {name}, which is not read here").into()
                }
                _ if BEGINS.iter().any(|begin| is_begun(begin, bytes)) => {
                    "it ends too early".into()
                }
                Some(FileFormat::Other(name)) => format!("it is {name}").into(),
                // A transfer in text mode changes the bytes around these letters.
                None if bytes.get(1..4) == Some(b"PNG") => "its contents are damaged".into(),
                None => "it is in no format that is read here".into(),
            },
        }
    }
}

/// True if a file consists of a prefix of a signature.
fn is_begun(begin: &[u8], bytes: &[u8]) -> bool {
    begin.starts_with(bytes) || bytes.len() < 12 && bytes.starts_with(begin)
}

#[cfg(test)]
mod tests;
