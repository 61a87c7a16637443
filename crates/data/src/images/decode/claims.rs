//! Plausibility of an image file's header, checked before a decoder allocates memory.
//!
//! The limits of the decoders have gaps: a `WebP` chunk and a TIFF list are allocated by the length in their headers,
//! a frame may be larger than its canvas, and images within an icon or a TIFF are decoded without any limit.

use std::ops::Range;

use image::ImageFormat;

use super::flaw::Flaw;
use super::tiff;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Format and bytes for the decoder: the file itself, or the PNG within an icon. An error if its header is
/// implausible.
pub(super) fn checked(format: ImageFormat, bytes: &[u8]) -> Result<(ImageFormat, &[u8]), Flaw> {
    match format {
        ImageFormat::Ico => {
            if let Some(png) = png_of_icon(bytes) {
                return Ok((ImageFormat::Png, png));
            }
        }
        ImageFormat::WebP => check_webp(bytes)?,
        ImageFormat::Tiff => tiff::check(bytes)?,
        _ => {}
    }
    Ok((format, bytes))
}

/// The largest PNG within an icon, if there is one.
fn png_of_icon(bytes: &[u8]) -> Option<&[u8]> {
    let side = |byte: u8| if byte == 0 { 256 } else { u32::from(byte) };
    let count = little_endian(bytes, 4, 2)? as usize;
    let entries = bytes.get(6..)?.chunks_exact(16).take(count);
    let pngs = entries.filter_map(|entry| {
        let image = bytes.get(little_endian(entry, 12, 4)? as usize..)?;
        image.starts_with(PNG).then_some((side(entry[0]) * side(entry[1]), image))
    });
    pngs.max_by_key(|(area, _)| *area).map(|(_, image)| image)
}

/// Checks that no chunk is longer than the file, and no frame larger than the canvas.
fn check_webp(bytes: &[u8]) -> Result<(), Flaw> {
    // A file without this header is a single frame with its own size.
    if bytes.get(12..16) != Some(b"VP8X") {
        return Ok(());
    }
    let number = |at, length| little_endian(bytes, at, length).unwrap_or(0) as usize;
    let canvas = [number(24, 3) + 1, number(27, 3) + 1];
    // The decoder looks for chunks up to here.
    let end = 20 + number(16, 4).next_multiple_of(2) + number(4, 4).saturating_sub(12);
    check_chunks(bytes, 12..end, canvas)
}

/// Checks the chunks that begin within `range`.
fn check_chunks(bytes: &[u8], mut range: Range<usize>, canvas: [usize; 2]) -> Result<(), Flaw> {
    while !range.is_empty()
        && let at = range.start
        && let (Some(kind), Some(length)) = (bytes.get(at..at + 4), little_endian(bytes, at + 4, 4))
    {
        let length = length as usize;
        let chunk = bytes.get(at + 8..at + 8 + length).ok_or(Flaw::TooEarly)?;
        let side = |at| little_endian(chunk, at, 2).unwrap_or(0) as usize & 0x3fff;
        if kind == b"VP8 " && (side(6) > canvas[0] || side(8) > canvas[1]) {
            return Err(Flaw::Damaged);
        }
        if kind == b"ANMF" {
            check_chunks(chunk, 16..length, canvas)?;
        }
        range.start = at + 8 + length.next_multiple_of(2);
    }
    Ok(())
}

pub(super) fn little_endian(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
