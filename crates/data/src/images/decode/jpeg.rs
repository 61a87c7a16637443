//! The end of a JPEG. Its decoder fills what is missing with grey: a file that was cut, even one that was given
//! an end mark afterwards, would pass for an image.
//!
//! The segments are walked to the end of the first image, and the blocks of each scan are counted by their
//! Huffman codes, without what they stand for. ITU-T T.81, Annexes B, F and G.

mod bits;
mod scan;

use super::flaw::Flaw;
use bits::Table;
use scan::{Component, Frame};

/// What a segment is, by the byte behind 0xFF.
mod marker {
    pub const SOI: u8 = 0xd8;
    pub const EOI: u8 = 0xd9;
    pub const SOS: u8 = 0xda;
    pub const DHT: u8 = 0xc4;
    pub const JPG: u8 = 0xc8;
    pub const DAC: u8 = 0xcc;
    pub const DRI: u8 = 0xdd;
    /// Of JPEG-LS.
    pub const SOF55: u8 = 0xf7;
    pub const TEM: u8 = 0x01;

    pub fn is_restart(marker: u8) -> bool {
        (0xd0..=0xd7).contains(&marker)
    }
}

/// The Huffman tables of each of the four numbers, for the first coefficient of a block and for the others.
#[derive(Default)]
struct Tables {
    first: [Option<Table>; 4],
    others: [Option<Table>; 4],
}

/// That all blocks of the first image are there, and the mark of its end.
pub(super) fn check_end(bytes: &[u8]) -> Result<(), Flaw> {
    walk(bytes, true)
}

/// Why a decoder refuses a file, as far as its segments tell: it is cut, or coded in a way that is not read here.
pub(super) fn refused(bytes: &[u8]) -> Option<Flaw> {
    walk(bytes, false).err()
}

/// Goes from segment to segment; `counts` asks for the blocks of each scan.
fn walk(bytes: &[u8], counts: bool) -> Result<(), Flaw> {
    let (mut tables, mut interval, mut at) = (Tables::default(), 0, 2);
    let mut frame: Option<Frame> = None;
    loop {
        let found = next_marker(bytes, at).ok_or(Flaw::TooEarly)?;
        at = found + 2;
        let marker = bytes[found + 1];
        // Cameras put other images behind the first one.
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

/// The place of the next marker, behind whatever stands before it; within a scan, two bytes of 0xFF and zero
/// stand for one.
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
        class[usize::from(number & 3)] = Some(Table::new(lengths, symbols)?);
        segment = rest;
    }
    Ok(())
}

/// The size and the components of a frame that is read here.
fn read_frame(marker: u8, segment: &[u8]) -> Result<Frame, Flaw> {
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
    Ok(Frame::new(marker == 0xc2, [width, height], components))
}
