//! Image file directories of TIFF files, checked before decoding.
//!
//! Adobe, *TIFF Revision 6.0*, 1992; for `BigTIFF`, the specification at `AWare` Systems.

use super::flaw::Flaw;

const KIND: u16 = 254;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const COLOURS: u16 = 262;
const FILL_ORDER: u16 = 266;
const STRIPS: u16 = 273;
const SAMPLES: u16 = 277;
const STRIP_BYTES: u16 = 279;
const PLANES: u16 = 284;
const TILE_WIDTH: u16 = 322;
const TILE_LENGTH: u16 = 323;
const TILES: u16 = 324;
const TILE_BYTES: u16 = 325;
const EXTRA_SAMPLES: u16 = 338;
const SAMPLE_FORMAT: u16 = 339;
const DNG_VERSION: u16 = 50706;

/// Largest width and height of a tile, in pixels.
const LARGEST_TILE: u64 = 1 << 16;

/// Most samples per pixel, ignored ones included.
const MOST_SAMPLES: u64 = 16;

/// Supported compressions: none, Group 4, LZW, Deflate under its two codes, `PackBits`.
const READ: [u64; 6] = [1, 4, 5, 8, 32_773, 32_946];

/// Unsupported compressions.
const UNREAD: [(u64, &str); 13] = [
    (2, "CCITT's Huffman code within TIFF"),
    (3, "fax, Group 3, within TIFF"),
    (6, "JPEG within TIFF, of the old style"),
    (7, "JPEG within TIFF"),
    (9, "JBIG within TIFF"),
    (10, "JBIG within TIFF"),
    (33_003, "JPEG 2000 within TIFF"),
    (33_005, "JPEG 2000 within TIFF"),
    (34_712, "JPEG 2000 within TIFF"),
    (34_887, "LERC within TIFF"),
    (34_925, "LZMA within TIFF"),
    (50_000, "Zstandard within TIFF"),
    (50_001, "WebP within TIFF"),
];

/// True for the first bytes of a `BigTIFF`.
pub(super) fn is_big(bytes: &[u8]) -> bool {
    bytes.starts_with(b"II+\0") || bytes.starts_with(b"MM\0+")
}

/// Bytes of a TIFF, with its byte order.
struct Tiff<'a> {
    bytes: &'a [u8],
    is_little: bool,
    has_wide_offsets: bool,
}

/// An entry of a directory: a tag and a list of values.
struct DirectoryEntry {
    tag: u16,
    kind: u64,
    count: u64,
    /// Offset of the values.
    place: u64,
}

impl<'a> Tiff<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, is_little: bytes.starts_with(b"II"), has_wide_offsets: is_big(bytes) }
    }

    fn number(&self, at: u64, length: u64) -> Option<u64> {
        let at = usize::try_from(at).ok()?;
        let bytes = self.bytes.get(at..at.checked_add(length as usize)?)?;
        let append = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(if self.is_little {
            bytes.iter().rev().fold(0, append)
        } else {
            bytes.iter().fold(0, append)
        })
    }

    /// Offset of the first directory.
    fn first(&self) -> Option<u64> {
        if self.has_wide_offsets { self.number(8, 8) } else { self.number(4, 4) }
    }

    /// Entries of a directory, and the offset of the next one, 0 after the last. `None` if the file ends within it.
    fn directory(&self, at: u64) -> Option<(Vec<DirectoryEntry>, u64)> {
        let (head, size, counts) = if self.has_wide_offsets { (8, 20, 8) } else { (2, 12, 4) };
        let entries = self.number(at, head)?;
        let first = at.saturating_add(head);
        let behind = first.saturating_add(entries.saturating_mul(size));
        let next = self.number(behind, counts)?;
        let entry = |index: u64| {
            let at = first + index * size;
            let (tag, kind) = (self.number(at, 2)? as u16, self.number(at + 2, 2)?);
            let count = self.number(at + 4, counts)?;
            let bytes = count.saturating_mul(width(kind));
            let inside = at + 4 + counts;
            let place = if bytes <= counts { inside } else { self.number(inside, counts)? };
            Some(DirectoryEntry { tag, kind, count, place })
        };
        Some(((0..entries).map(entry).collect::<Option<_>>()?, next))
    }

    /// The value at this index of an entry's list; `None` if it is no unsigned integer or outside of the file.
    fn value(&self, entry: &DirectoryEntry, place: u64) -> Option<u64> {
        let width = width(entry.kind);
        let is_number = matches!(entry.kind, 1 | 3 | 4 | 16) && place < entry.count;
        let at = entry.place.checked_add(place.checked_mul(width)?)?;
        if is_number { self.number(at, width) } else { None }
    }
}

/// Bytes of a value of this type.
fn width(kind: u64) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => 1,
    }
}

/// Checks that no list is longer than the file and no tile larger than [`LARGEST_TILE`], before a decoder allocates
/// memory by them; and that the compression of the first image is supported.
pub(super) fn check(bytes: &[u8]) -> Result<(), Flaw> {
    let tiff = Tiff::of(bytes);
    let directory = tiff.first().and_then(|at| tiff.directory(at));
    let (entries, _) = directory.ok_or(Flaw::TooEarly)?;
    for entry in &entries {
        if entry.count > bytes.len() as u64 {
            return Err(Flaw::Damaged);
        }
        match (entry.tag, tiff.value(entry, 0)) {
            (COMPRESSION | SAMPLES | TILE_WIDTH | TILE_LENGTH, None) => return Err(Flaw::Damaged),
            (SAMPLES, Some(samples)) if samples > MOST_SAMPLES => return Err(Flaw::Damaged),
            (TILE_WIDTH | TILE_LENGTH, Some(side)) if side > LARGEST_TILE => {
                return Err(Flaw::Damaged);
            }
            _ => {}
        }
    }
    let number = |tag| of_tag(&tiff, &entries, tag);
    let has = |tag| entries.iter().any(|entry| entry.tag == tag);
    let is_preview = number(KIND).is_some_and(|kind| kind & 1 == 1);
    if has(DNG_VERSION) || is_preview || bytes.get(8..10) == Some(b"CR") {
        let how = "it is a camera's raw image (such as DNG, NEF or CR2), or begins with a preview, and is not read \
                   here";
        return Err(Flaw::Unread(how.into()));
    }
    match number(COMPRESSION) {
        Some(compression) if !READ.contains(&compression) => {
            let known = UNREAD.iter().find(|(number, _)| *number == compression);
            let unknown = format!("TIFF's number {compression}");
            Err(Flaw::compression(known.map_or(&unknown, |(_, name)| name)))
        }
        _ if number(FILL_ORDER) == Some(2) => Err(Flaw::pixels("the lowest bit first")),
        // The decoder panics.
        _ if number(PLANES) == Some(2) && has(TILES) => Err(Flaw::pixels("tiles in planes")),
        _ => Ok(()),
    }
}

fn of_tag(tiff: &Tiff<'_>, entries: &[DirectoryEntry], tag: u16) -> Option<u64> {
    entries.iter().find(|entry| entry.tag == tag).and_then(|entry| tiff.value(entry, 0))
}

/// True if the first image has premultiplied alpha.
pub(super) fn is_multiplied(bytes: &[u8]) -> bool {
    let tiff = Tiff::of(bytes);
    let directory = tiff.first().and_then(|at| tiff.directory(at));
    directory.is_some_and(|(entries, _)| of_tag(&tiff, &entries, EXTRA_SAMPLES) == Some(1))
}

/// The unsupported pixel format of the first image, in words.
pub(super) fn stored(bytes: &[u8]) -> Flaw {
    let tiff = Tiff::of(bytes);
    let Some((entries, _)) = tiff.first().and_then(|at| tiff.directory(at)) else {
        return Flaw::Damaged;
    };
    let number = |tag| of_tag(&tiff, &entries, tag);
    let bits = number(BITS).unwrap_or(1);
    let samples = number(SAMPLES).unwrap_or(1);
    let format = match number(SAMPLE_FORMAT) {
        Some(2) => "signed numbers of ",
        Some(3) => "floating-point numbers of ",
        _ => "",
    };
    let colours = match number(COLOURS) {
        Some(3) => "a palette",
        Some(4) => "a mask",
        Some(5) => "print colours, CMYK",
        Some(6) => "YCbCr",
        Some(8..=10) => "CIE Lab",
        _ if samples == 2 => "grey and transparency",
        _ => "",
    };
    let planes = if number(PLANES) == Some(2) { ", in planes" } else { "" };
    let samples = if samples == 1 { String::new() } else { format!("{samples} samples of ") };
    let comma = if colours.is_empty() { "" } else { ", " };
    Flaw::pixels(&format!("{colours}{comma}{samples}{format}{bits} bits{planes}"))
}

/// Checks that the pixels of every page are within the file.
pub(super) fn check_end(bytes: &[u8]) -> Result<(), Flaw> {
    let tiff = Tiff::of(bytes);
    let mut at = tiff.first().ok_or(Flaw::TooEarly)?;
    // Bounds the work on pages that share lists or form a cycle by the length of the file.
    let mut left = bytes.len() as u64;
    let mut is_first = true;
    while at > 0 && left > 0 {
        let (entries, next) = tiff.directory(at).ok_or(Flaw::TooEarly)?;
        let end = |entry: &DirectoryEntry| {
            entry.place.saturating_add(entry.count.saturating_mul(width(entry.kind)))
        };
        if entries.iter().any(|entry| end(entry) > bytes.len() as u64) {
            return Err(Flaw::TooEarly);
        }
        let find = |tag| entries.iter().find(|entry| entry.tag == tag);
        // Some writers announce more bytes for the last strip than it has: for an uncompressed first page, the
        // decoder has found all pixels.
        let is_decoded = is_first && of_tag(&tiff, &entries, COMPRESSION).unwrap_or(1) == 1;
        for (places, lengths) in [(STRIPS, STRIP_BYTES), (TILES, TILE_BYTES)] {
            let (Some(places), Some(lengths)) = (find(places), find(lengths)) else { continue };
            let count = places.count.min(lengths.count).min(left);
            left -= count;
            for index in 0..count {
                let place = tiff.value(places, index).ok_or(Flaw::TooEarly)?;
                let length = tiff.value(lengths, index).ok_or(Flaw::TooEarly)?;
                if !is_decoded && place.saturating_add(length) > bytes.len() as u64 {
                    return Err(Flaw::TooEarly);
                }
            }
        }
        left = left.saturating_sub(12 * entries.len().max(1) as u64);
        (at, is_first) = (next, false);
    }
    Ok(())
}
