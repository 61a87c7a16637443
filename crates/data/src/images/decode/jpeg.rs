//! Completeness of JPEG files. The decoder fills missing blocks with grey, so that a truncated file, even one with an
//! end marker appended, would pass as an image.
//!
//! The check walks the segments to the end of the first image, and counts the blocks of each scan by their Huffman
//! codes, without decoding coefficients. ITU-T T.81, Annexes B, F and G.

mod bits;
mod scan;

use super::flaw::Flaw;
use bits::HuffmanTable;
use scan::{Component, JpegFrame};

/// Kinds of segments, by the byte after 0xFF.
mod marker {
    pub const SOI: u8 = 0xd8;
    pub const EOI: u8 = 0xd9;
    pub const SOS: u8 = 0xda;
    pub const DHT: u8 = 0xc4;
    pub const JPG: u8 = 0xc8;
    pub const DAC: u8 = 0xcc;
    pub const DRI: u8 = 0xdd;
    /// Start of a JPEG-LS frame.
    pub const SOF55: u8 = 0xf7;
    pub const TEM: u8 = 0x01;

    pub fn is_restart(marker: u8) -> bool {
        (0xd0..=0xd7).contains(&marker)
    }
}

/// Four Huffman tables each for DC and AC coefficients.
#[derive(Default)]
struct Tables {
    first: [Option<HuffmanTable>; 4],
    others: [Option<HuffmanTable>; 4],
}

/// Checks that all blocks of the first image are present, and its end marker.
pub(super) fn check_end(bytes: &[u8]) -> Result<(), Flaw> {
    walk(bytes, true)
}

/// Reason of a decoder's error, as far as the segments tell: a truncated file or an unsupported coding.
pub(super) fn refused(bytes: &[u8]) -> Option<Flaw> {
    walk(bytes, false).err()
}

/// Walks the segments; `counts` enables counting the blocks of each scan.
fn walk(bytes: &[u8], counts: bool) -> Result<(), Flaw> {
    let (mut tables, mut interval, mut at) = (Tables::default(), 0, 2);
    let mut frame: Option<JpegFrame> = None;
    loop {
        let found = next_marker(bytes, at).ok_or(Flaw::TooEarly)?;
        at = found + 2;
        let marker = bytes[found + 1];
        // Cameras append other images to the first one.
        if marker == marker::EOI || marker == marker::SOI && frame.is_some() {
            return match frame {
                Some(frame) if counts && !frame.is_complete() => Err(Flaw::TooEarly),
                Some(_) => Ok(()),
                None => Err(Flaw::Damaged),
            };
        }
        if marker::is_restart(marker) || matches!(marker, marker::TEM | marker::SOI) {
            continue;
        }
        let length = bytes.get(at..at + 2).ok_or(Flaw::TooEarly)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let segment = bytes.get(at + 2..at + length.max(2)).ok_or(Flaw::TooEarly)?;
        at += length.max(2);
        match marker {
            marker::DHT => read_tables(segment, &mut tables)?,
            marker::DRI => {
                interval = segment.first_chunk().map_or(0, |two| u16::from_be_bytes(*two));
            }
            marker::SOS => {
                let frame = frame.as_mut().ok_or(Flaw::Damaged)?;
                if counts {
                    at += frame.scan(segment, &bytes[at..], &tables, interval)?;
                }
            }
            marker::JPG | marker::DAC => {}
            0xc0..=0xcf | marker::SOF55 if frame.is_none() => {
                frame = Some(read_frame(marker, segment)?);
            }
            _ => {}
        }
    }
}

/// Offset of the next marker. Within a scan, 0xFF followed by zero is a byte of data and no marker.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match bytes.get(at + 1)? {
            0x00 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

fn read_tables(mut segment: &[u8], tables: &mut Tables) -> Result<(), Flaw> {
    while let Some((number, rest)) = segment.split_first() {
        let (lengths, rest) = rest.split_first_chunk().ok_or(Flaw::Damaged)?;
        let count = lengths.iter().map(|count| usize::from(*count)).sum();
        let (symbols, rest) = rest.split_at_checked(count).ok_or(Flaw::Damaged)?;
        let class = if number >> 4 == 0 { &mut tables.first } else { &mut tables.others };
        class[usize::from(number & 3)] = Some(HuffmanTable::new(lengths, symbols)?);
        segment = rest;
    }
    Ok(())
}

/// Parses the size and components of a frame; an error for unsupported kinds of frames.
fn read_frame(marker: u8, segment: &[u8]) -> Result<JpegFrame, Flaw> {
    let how = match marker {
        0xc0..=0xc2 if segment.first().is_some_and(|bits| *bits != 8) => {
            return Err(Flaw::pixels("JPEG of 12 bits"));
        }
        0xc0..=0xc2 => None,
        0xc9..=0xcb => Some("JPEG with arithmetic coding"),
        0xc3 => Some("JPEG without loss"),
        marker::SOF55 => Some("JPEG-LS"),
        _ => Some("JPEG of a rare kind, hierarchical or arithmetic"),
    };
    if let Some(how) = how {
        return Err(Flaw::compression(how));
    }
    let [_, high, low, left, right, count, ref components @ ..] = *segment else {
        return Err(Flaw::Damaged);
    };
    let (height, width) = (u16::from_be_bytes([high, low]), u16::from_be_bytes([left, right]));
    if height == 0 {
        return Err(Flaw::pixels("JPEG whose height comes last"));
    }
    let of = |bytes: &[u8; 3]| Component::new(bytes[0], bytes[1]);
    let components: Vec<_> = components
        .as_chunks()
        .0
        .iter()
        .take(count.into())
        .map(of)
        .collect::<Option<_>>()
        .ok_or(Flaw::Damaged)?;
    Ok(JpegFrame::new(marker == 0xc2, [width, height], components))
}
