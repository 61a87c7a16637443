//! Faults of image files, with messages for the user.

use std::borrow::Cow;
use std::io::ErrorKind;

use image::{ImageError, ImageFormat};

use super::{complete, jpeg, tiff};
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

    /// Replaces a decoder's error by a more exact one, from the bytes of the file.
    pub fn explained(self, format: ImageFormat, bytes: &[u8]) -> Self {
        let is_weak = matches!(format, ImageFormat::Bmp | ImageFormat::Pnm | ImageFormat::Tga);
        match (format, &self) {
            (_, Self::TooLarge | Self::Unread(_)) => self,
            // Header and pixels of a Netpbm file may be text.
            (ImageFormat::Pnm, _) if is_netpbm(bytes) => Self::TooEarly,
            // A signature of two letters, or a name, is weak evidence for a format.
            _ if is_weak && kind(bytes).is_some() => Self::Unknown,
            (ImageFormat::Bmp, Self::Unsupported | Self::Damaged) => {
                of_bitmap(bytes).unwrap_or(self)
            }
            (ImageFormat::Tiff, Self::Unsupported) => tiff::stored(bytes),
            (ImageFormat::Jpeg, _) => jpeg::refused(bytes).unwrap_or(self),
            _ => complete::check(format, bytes).err().unwrap_or(self),
        }
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

/// True if a text has only numbers and comments after the signature, as a Netpbm image has.
fn is_netpbm(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let words = text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    text.starts_with("P7\nWIDTH") || words.skip(1).all(is_number)
}

/// The unsupported compression of a BMP file, if it has one.
fn of_bitmap(bytes: &[u8]) -> Option<Flaw> {
    // Headers of older versions are shorter.
    if *bytes.get(14)? < 40 {
        return None;
    }
    match bytes.get(30)? {
        0..=3 => None,
        4 => Some(Flaw::compression("JPEG within BMP")),
        5 => Some(Flaw::compression("PNG within BMP")),
        other => Some(Flaw::compression(&format!("BMP's number {other}"))),
    }
}

#[cfg(test)]
mod tests;
