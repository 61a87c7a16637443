//! Completeness of image files: decoders fill missing pixels with grey, or stop at the first frame.

use image::ImageFormat;

use super::claims::little_endian;
use super::flaw::Flaw;
use super::{jpeg, tiff};

/// Checks that a file of this format is complete, as far as its structure tells. Bytes after the end are allowed:
/// cameras append videos and previews.
pub(super) fn check(format: ImageFormat, bytes: &[u8]) -> Result<(), Flaw> {
    let ends = match format {
        ImageFormat::Png => png(bytes),
        ImageFormat::Gif => gif(bytes),
        ImageFormat::WebP => webp(bytes),
        ImageFormat::Ico => icon(bytes),
        ImageFormat::Jpeg => return jpeg::check_end(bytes),
        ImageFormat::Tiff => return tiff::check_end(bytes),
        // An end marker of eight bytes, with nothing after it.
        ImageFormat::Qoi => bytes.ends_with(&[0, 0, 0, 0, 0, 0, 0, 1]).then_some(()),
        // Their decoders need every pixel, and nothing follows the pixels.
        _ => Some(()),
    };
    ends.ok_or(Flaw::TooEarly)
}

/// Walks the chunks of a PNG to IEND.
fn png(bytes: &[u8]) -> Option<()> {
    let mut at = 8;
    loop {
        let length = u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?) as usize;
        let kind = bytes.get(at + 4..at + 8)?;
        at = at.checked_add(length)?.checked_add(12)?;
        if at > bytes.len() {
            return None;
        }
        if kind == b"IEND" {
            return Some(());
        }
    }
}

/// Walks the blocks of a GIF to the trailer.
fn gif(bytes: &[u8]) -> Option<()> {
    /// Bytes of a colour table.
    fn table(flags: u8) -> usize {
        if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
    }
    let mut at = 13 + table(*bytes.get(10)?);
    loop {
        match *bytes.get(at)? {
            // An image descriptor, its colour table, and the code length.
            0x2c => at += 11 + table(*bytes.get(at + 9)?),
            0x21 => at += 2,
            // The trailer, or a byte at which every viewer stops.
            _ => return Some(()),
        }
        // Data sub-blocks, the last one empty.
        loop {
            let length = usize::from(*bytes.get(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
    }
}

/// Compares the length of a `WebP` file with its header.
fn webp(bytes: &[u8]) -> Option<()> {
    let length = little_endian(bytes, 4, 4)? as usize;
    (bytes.len() >= length + 8).then_some(())
}

/// Checks that every image of an icon is within the file.
fn icon(bytes: &[u8]) -> Option<()> {
    let count = little_endian(bytes, 4, 2)? as usize;
    for index in 0..count {
        let entry = 6 + 16 * index;
        let (length, at) =
            (little_endian(bytes, entry + 8, 4)?, little_endian(bytes, entry + 12, 4)?);
        if length + at > bytes.len() as u64 {
            return None;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests;
