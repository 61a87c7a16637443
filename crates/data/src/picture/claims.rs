//! What a picture file claims to hold, compared with its length before a decoder allocates for it.
//!
//! The limits that decoders keep leave claims out: a chunk of a `WebP` and a list of a TIFF are allocated by
//! the word of their heads, a frame may be larger than the picture around it, and what is inside an icon or a
//! TIFF is decoded without any limit.

use std::ops::Range;

use image::error::DecodingError;
use image::{ImageError, ImageFormat, ImageResult};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Tags of TIFF.
const COMPRESSION: u64 = 259;
const SAMPLES: u64 = 277;
const TILE_WIDTH: u64 = 322;
const TILE_LENGTH: u64 = 323;

/// The widest and highest tile of a TIFF.
const LARGEST_TILE: u64 = 1 << 16;

/// The most numbers for each pixel of a TIFF, those that are left out included.
const MOST_SAMPLES: u64 = 16;

/// The file that a decoder may be given, and its format: the file itself, or the PNG within an icon.
pub(super) fn checked(format: ImageFormat, bytes: &[u8]) -> ImageResult<(ImageFormat, &[u8])> {
    let checked = match format {
        ImageFormat::Ico => match png_of_icon(bytes) {
            Some(png) => return Ok((ImageFormat::Png, png)),
            None => Ok(()),
        },
        ImageFormat::WebP => check_webp(bytes),
        ImageFormat::Tiff => check_tiff(bytes),
        _ => Ok(()),
    };
    match checked {
        Ok(()) => Ok((format, bytes)),
        Err(fault) => Err(ImageError::Decoding(DecodingError::new(format.into(), fault))),
    }
}

/// The largest PNG of an icon, if it has any.
fn png_of_icon(bytes: &[u8]) -> Option<&[u8]> {
    let side = |byte: u8| if byte == 0 { 256 } else { u32::from(byte) };
    let count = little_endian(bytes, 4, 2)? as usize;
    let entries = bytes.get(6..)?.chunks_exact(16).take(count);
    let pngs = entries.filter_map(|entry| {
        let picture = bytes.get(little_endian(entry, 12, 4)? as usize..)?;
        picture.starts_with(PNG).then_some((side(entry[0]) * side(entry[1]), picture))
    });
    pngs.max_by_key(|(area, _)| *area).map(|(_, picture)| picture)
}

/// That no chunk is longer than the file, and no frame larger than the canvas.
fn check_webp(bytes: &[u8]) -> Result<(), &'static str> {
    // Without that head there is one frame, which says itself how large the picture is.
    if bytes.get(12..16) != Some(b"VP8X") {
        return Ok(());
    }
    let number = |at, length| little_endian(bytes, at, length).unwrap_or(0) as usize;
    let canvas = [number(24, 3) + 1, number(27, 3) + 1];
    // So far the decoder looks for chunks.
    let end = 20 + number(16, 4).next_multiple_of(2) + number(4, 4).saturating_sub(12);
    check_chunks(bytes, 12..end, canvas)
}

/// Looks at the chunks that begin within `range`.
fn check_chunks(
    bytes: &[u8],
    mut range: Range<usize>,
    canvas: [usize; 2],
) -> Result<(), &'static str> {
    while !range.is_empty()
        && let at = range.start
        && let (Some(kind), Some(length)) = (bytes.get(at..at + 4), little_endian(bytes, at + 4, 4))
    {
        let length = length as usize;
        let chunk = bytes.get(at + 8..at + 8 + length).ok_or("it ends within a chunk")?;
        let side = |at| little_endian(chunk, at, 2).unwrap_or(0) as usize & 0x3fff;
        if kind == b"VP8 " && (side(6) > canvas[0] || side(8) > canvas[1]) {
            return Err("a frame is larger than the picture");
        }
        if kind == b"ANMF" {
            check_chunks(chunk, 16..length, canvas)?;
        }
        range.start = at + 8 + length.next_multiple_of(2);
    }
    Ok(())
}

/// That no list is longer than the file, that a row of a tile is no longer than any of a picture, and that
/// there is no picture of another format in it.
fn check_tiff(bytes: &[u8]) -> Result<(), &'static str> {
    let number = |at: u64, length: u64| {
        let (at, length) = (usize::try_from(at).ok()?, length as usize);
        let read = if bytes.starts_with(b"II") { little_endian } else { big_endian };
        read(bytes, at, length)
    };
    let directory = || {
        // BigTIFF has longer offsets, and longer counts.
        let (first, heads, size, counts) = match number(2, 2)? {
            43 => (number(8, 8)?, 8, 20, 8),
            _ => (number(4, 4)?, 2, 12, 4),
        };
        Some((first.saturating_add(heads), number(first, heads)?, size, counts))
    };
    // What has no directory is for the decoder to judge.
    let Some((first, entries, size, counts)) = directory() else { return Ok(()) };
    for index in 0..entries {
        let at = index.saturating_mul(size).saturating_add(first);
        let entry = || Some((number(at, 2)?, number(at + 2, 2)?, number(at + 4, counts)?));
        let Some((tag, kind, count)) = entry() else { break };
        if count > bytes.len() as u64 {
            return Err("a list in it is longer than the file");
        }
        let value = match kind {
            3 => number(at + 4 + counts, 2),
            4 => number(at + 4 + counts, 4),
            _ => None,
        };
        match (tag, value) {
            (COMPRESSION, Some(6 | 7)) => {
                return Err("JPEG within TIFF is not read; save it as JPEG or PNG");
            }
            (COMPRESSION | SAMPLES | TILE_WIDTH | TILE_LENGTH, None) => {
                return Err("its head has a number that is none");
            }
            (SAMPLES, Some(samples)) if samples > MOST_SAMPLES => {
                return Err("it has too many samples for each pixel");
            }
            (TILE_WIDTH | TILE_LENGTH, Some(length)) if length > LARGEST_TILE => {
                return Err("its tiles are too large");
            }
            _ => {}
        }
    }
    Ok(())
}

fn little_endian(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn big_endian(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
