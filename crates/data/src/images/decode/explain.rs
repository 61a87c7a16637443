//! More exact faults in place of a decoder's error, from the bytes of the file.

use image::ImageFormat;

use super::flaw::Flaw;
use super::{complete, jpeg, tiff};
use crate::images::signature::kind;

impl Flaw {
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
