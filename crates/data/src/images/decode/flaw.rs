//! Why a file is no image that can be read, in our words.

use std::borrow::Cow;
use std::io::ErrorKind;

use image::{ImageError, ImageFormat};

use super::{jpeg, tiff, whole};
use crate::images::signature::{Kind, kind};

/// How each format that is read begins, as far as a file may have been cut within it.
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

/// Why a file is no image that can be read.
#[derive(Debug)]
pub(super) enum Flaw {
    /// It ends before its last pixel, or before the mark of its end.
    TooEarly,
    /// It may be sound, and is stored in a way that is not read here.
    Unsupported,
    /// The same, and which way, as a clause.
    Unread(Cow<'static, str>),
    /// Its contents contradict each other.
    Damaged,
    /// It takes more memory than it may.
    TooLarge,
    /// It begins like no format that is read here.
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
    /// A way to compress pixels that is not read here.
    pub fn compression(name: &str) -> Self {
        Self::Unread(format!("it is compressed in a way that is not read here ({name})").into())
    }

    /// A way to store pixels that is not read here.
    pub fn pixels(name: &str) -> Self {
        Self::Unread(
            format!("its pixels are stored in a way that is not read here ({name})").into(),
        )
    }

    /// What a decoder of this format found, by a look at the file itself.
    pub fn explained(self, format: ImageFormat, bytes: &[u8]) -> Self {
        let is_weak = matches!(format, ImageFormat::Bmp | ImageFormat::Pnm | ImageFormat::Tga);
        match (format, &self) {
            (_, Self::TooLarge | Self::Unread(_)) => self,
            // Its head is a text, and its pixels may be.
            (ImageFormat::Pnm, _) if is_netpbm(bytes) => Self::TooEarly,
            // Two letters, or a name, make no image.
            _ if is_weak && kind(bytes).is_some() => Self::Unknown,
            (ImageFormat::Bmp, Self::Unsupported | Self::Damaged) => {
                of_bitmap(bytes).unwrap_or(self)
            }
            (ImageFormat::Tiff, Self::Unsupported) => tiff::stored(bytes),
            (ImageFormat::Jpeg, _) => jpeg::refused(bytes).unwrap_or(self),
            _ => whole::check(format, bytes).err().unwrap_or(self),
        }
    }

    /// What is wrong with a file of these bytes.
    pub fn reason(self, bytes: &[u8]) -> Cow<'static, str> {
        match self {
            _ if bytes.is_empty() => "it is empty".into(),
            Self::TooEarly => "it ends too early".into(),
            Self::Unsupported => "it is stored in a way that is not read here".into(),
            Self::Unread(how) => how,
            Self::Damaged => "its contents are damaged".into(),
            Self::TooLarge => "it is too large, or says that it is".into(),
            Self::Unknown => match kind(bytes) {
                Some(Kind::Image(name)) => format!("it is {name}, which is not read here").into(),
                _ if BEGINS.iter().any(|begin| is_begun(begin, bytes)) => {
                    "it ends too early".into()
                }
                Some(Kind::Other(name)) => format!("it is {name}").into(),
                // A transfer as text changes the bytes around it.
                None if bytes.get(1..4) == Some(b"PNG") => "its contents are damaged".into(),
                None => "it is in no format that is read here".into(),
            },
        }
    }
}

/// Whether no more than the beginning of a head is there.
fn is_begun(begin: &[u8], bytes: &[u8]) -> bool {
    begin.starts_with(bytes) || bytes.len() < 12 && bytes.starts_with(begin)
}

/// Whether a text has nothing but what a Netpbm image has: numbers and comments behind its mark.
fn is_netpbm(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let words = text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace);
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    text.starts_with("P7\nWIDTH") || words.skip(1).all(is_number)
}

/// How a bitmap is compressed, where no decoder here reads it.
fn of_bitmap(bytes: &[u8]) -> Option<Flaw> {
    // Older heads are shorter.
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
