//! The files of a testament of a SWORD module: zText, compressed by zlib.
//!
//! | file | records, in little-endian order |
//! | --- | --- |
//! | `.bzv` | for each entry, 10 bytes: block (`u32`), first byte in the decompressed block (`u32`), length (`u16`) |
//! | `.bzs` | for each block, 12 bytes: first byte in `.bzz`, length there, decompressed length (`u32` each) |
//! | `.bzz` | the blocks, each a zlib stream |
//!
//! An entry is a heading (of the module, the testament, a book, a chapter) or a verse, in the order of the
//! versification. The format follows the SWORD Project's `zverse.cpp`: <https://crosswire.org/sword/>.

use std::io::Read;
use std::path::PathBuf;

use flate2::read::ZlibDecoder;

use crate::error::DataError;

/// Bytes of a record of `.bzv`.
const ENTRY: usize = 10;

/// Bytes of a record of `.bzs`.
const BLOCK: usize = 12;

/// Maximum of decompressed bytes per compressed byte. Text with markup has up to 11.
const MAX_RATIO: usize = 100;

/// A file of a testament.
#[derive(Clone, Debug)]
pub struct ZTextFile {
    /// Path of the file, or a name for messages.
    pub path: PathBuf,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// The files of a testament.
#[derive(Clone, Debug)]
pub struct ZTextFiles {
    /// `.bzv`: the places of the entries.
    pub entries: ZTextFile,
    /// `.bzs`: the places of the blocks.
    pub blocks: ZTextFile,
    /// `.bzz`: the compressed blocks.
    pub text: ZTextFile,
}

/// The entries of a testament.
pub(super) struct Entries {
    blocks: Vec<String>,
    /// Block, start and end of each entry.
    places: Vec<[usize; 3]>,
}

impl ZTextFile {
    pub(super) fn fault(&self, fault: impl Into<String>) -> DataError {
        DataError::Text { path: self.path.clone(), line: None, fault: fault.into() }
    }

    /// The records of a file, of `SIZE` bytes each.
    fn records<const SIZE: usize>(&self) -> Result<&[[u8; SIZE]], DataError> {
        match self.bytes.as_chunks() {
            (records, []) => Ok(records),
            _ => Err(self.fault(format!(
                "it has {} bytes, not a multiple of the {SIZE} of a record",
                self.bytes.len()
            ))),
        }
    }
}

impl Entries {
    /// Decompresses the blocks, and checks that each entry is a text in one of them. Memory is at most [`MAX_RATIO`]
    /// times that of the files.
    pub fn read(files: &ZTextFiles) -> Result<Self, DataError> {
        let blocks = blocks(files)?;
        let mut left: usize = blocks.iter().map(String::len).sum();
        let records = files.entries.records::<ENTRY>()?;
        let mut places = Vec::with_capacity(records.len());
        for (index, record) in records.iter().enumerate() {
            let fault = |fault: String| Err(files.entries.fault(format!("entry {index} {fault}")));
            let [b0, b1, b2, b3, s0, s1, s2, s3, l0, l1] = *record;
            let [block, start] = [[b0, b1, b2, b3], [s0, s1, s2, s3]].map(number);
            let length = usize::from(u16::from_le_bytes([l0, l1]));
            if length == 0 {
                places.push([0; 3]);
                continue;
            }
            let Some(text) = blocks.get(block) else {
                return fault(format!("is in block {block} of {}", blocks.len()));
            };
            let end = start.saturating_add(length);
            if text.get(start..end).is_none() {
                return fault(format!(
                    "is bytes {start} to {end} of a block of {}, which are no text",
                    text.len()
                ));
            }
            let Some(rest) = left.checked_sub(length) else {
                return fault("overlaps others: together they are longer than the blocks".into());
            };
            left = rest;
            places.push([block, start, end]);
        }
        Ok(Self { blocks, places })
    }

    /// The entries in order, empty ones included.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.places
            .iter()
            .map(|&[block, start, end]| self.blocks.get(block).map_or("", |text| &text[start..end]))
    }
}

/// The decompressed blocks.
fn blocks(files: &ZTextFiles) -> Result<Vec<String>, DataError> {
    let ZTextFiles { blocks: places, text, .. } = files;
    let mut left = text.bytes.len();
    let mut blocks = Vec::new();
    for (index, record) in places.records::<BLOCK>()?.iter().enumerate() {
        let fault = |fault: String| places.fault(format!("block {index} {fault}"));
        let [o0, o1, o2, o3, c0, c1, c2, c3, u0, u1, u2, u3] = *record;
        let [start, length, decompressed] =
            [[o0, o1, o2, o3], [c0, c1, c2, c3], [u0, u1, u2, u3]].map(number);
        let end = start.saturating_add(length);
        let Some(packed) = text.bytes.get(start..end) else {
            let bytes = text.bytes.len();
            return Err(fault(format!("is bytes {start} to {end} of a file of {bytes}")));
        };
        left = left.checked_sub(length).ok_or_else(|| {
            fault("overlaps others: together they are longer than the file".into())
        })?;
        if decompressed > length.saturating_mul(MAX_RATIO) {
            return Err(fault(format!(
                "of {length} bytes has {decompressed} decompressed, more than {MAX_RATIO} times as many"
            )));
        }
        let fault = |fault: &str| text.fault(format!("block {index} {fault}"));
        let mut bytes = Vec::with_capacity(decompressed);
        // One byte beyond the length shows a longer block.
        ZlibDecoder::new(packed)
            .take(decompressed as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| fault("is damaged, or not compressed by zlib"))?;
        if bytes.len() != decompressed {
            return Err(fault("has another length than its record says"));
        }
        blocks.push(String::from_utf8(bytes).map_err(|_| fault("is not in UTF-8"))?);
    }
    Ok(blocks)
}

fn number(bytes: [u8; 4]) -> usize {
    u32::from_le_bytes(bytes) as usize
}
