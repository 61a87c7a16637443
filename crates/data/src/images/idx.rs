//! The IDX file format: a header of big-endian numbers and an array of values.
//!
//! ```text
//! 0  0  type  rank      type 0x08: unsigned bytes; 0x09, 0x0b, 0x0c: signed numbers of 1, 2 and 4 bytes;
//!                       0x0d, 0x0e: floats of 4 and 8 bytes, which are named and not read
//! size of each dimension, four bytes each
//! values, the last dimension fastest
//! ```
//! Source: the description of MNIST by `LeCun`, Cortes and Burges. A file may be gzip under any name. Allocation
//! follows the length of the file and not the header, so that a damaged or hostile header costs no memory.

mod arrays;
mod layout;
mod values;

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::digest::{GZIP_MAGIC, sha256};
use crate::error::DataError;
use crate::images::signature::{self, FileFormat};

pub use arrays::ImageArray;
pub use values::Type;

/// Largest ratio of decompressed to compressed bytes of a deflate stream: 258 bytes for two bits, as the zlib
/// authors' technical notes derive it.
const DEFLATE_RATIO: u64 = 1032;

/// Bytes that are read of a file in another format, to name the format.
const LOOKED_AT: u64 = 4096;

/// Advice on converting a NumPy array to IDX.
const RECIPE: &str = "write it, of type uint8, as IDX: `bytes([0, 0, 8, x.ndim]) + numpy.array(x.shape, \
                      '>u4').tobytes() + x.tobytes()`";

/// Contents of an IDX file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// Sizes of the 1 to 4 dimensions, none of them zero.
    pub dims: Vec<usize>,
    /// Type of the values.
    pub kind: Type,
    /// Values as stored, big-endian; their number is the product of `dims`.
    pub bytes: Vec<u8>,
    /// SHA-256 of the file, decompressed, header included.
    pub sha256: String,
}

/// Reads an IDX file, plain or gzip.
pub fn read(path: &Path) -> Result<Idx, DataError> {
    let file = File::open(path).map_err(|error| DataError::unreadable(path, error))?;
    let length = file.metadata().map_err(|error| DataError::unreadable(path, error))?.len();
    parse(file, length, path)
}

/// Parses an IDX file of `length` bytes, plain or gzip; errors name `path`.
pub fn parse(mut source: impl Read + Seek, length: u64, path: &Path) -> Result<Idx, DataError> {
    let unreadable = |error| DataError::unreadable(path, error);
    let mut start = Vec::with_capacity(GZIP_MAGIC.len());
    source.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
    source.rewind().map_err(unreadable)?;
    let read = if start == GZIP_MAGIC {
        // The length of gzip contents is known only at their end, so the buffer grows during reading.
        let most = length.saturating_mul(DEFLATE_RATIO);
        values(MultiGzDecoder::new(BufReader::new(source)), most, LengthHint::Unknown)
    } else {
        values(source, length, LengthHint::Known)
    };
    read.map_err(|fault| match fault {
        ParseFault::Reading(error) if is_content(&error) => {
            damaged(path, "its gzip stream is broken, or ends too early".to_owned())
        }
        ParseFault::Reading(error) => unreadable(error),
        ParseFault::Content(fault) => damaged(path, fault),
        ParseFault::Other(fault) => DataError::set(path, fault),
    })
}

enum ParseFault {
    Reading(io::Error),
    Content(String),
    /// A file in another format: its kind and the remedy.
    Other(String),
}

impl From<io::Error> for ParseFault {
    fn from(error: io::Error) -> Self {
        Self::Reading(error)
    }
}

/// True if the contents caused the error, and not the disk.
fn is_content(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}

fn damaged(path: &Path, fault: String) -> DataError {
    DataError::Idx { path: path.to_owned(), fault }
}

/// Knowledge of the length of a stream.
#[derive(Clone, Copy, PartialEq)]
enum LengthHint {
    Known,
    Unknown,
}

/// Parses a stream of at most `most` bytes.
fn values(mut source: impl Read, most: u64, size: LengthHint) -> Result<Idx, ParseFault> {
    let mut header = take(&mut source, Vec::new(), 4)?;
    let [0, 0, kind, rank] = header[..] else { return Err(other_format(header, source)) };
    let Some(kind) = Type::of(kind) else {
        let fault = format!("its values are of type {kind:#04x}, which IDX does not know");
        return Err(ParseFault::Content(fault));
    };
    if !(1..=4).contains(&rank) {
        let fault = format!("it has {rank} dimensions; labels have 1, images 3 or 4");
        return Err(ParseFault::Content(fault));
    }
    header = take(&mut source, header, 4 * u64::from(rank))?;
    let numbers = |of: fn([u8; 4]) -> u32| -> Vec<u32> {
        header[4..].as_chunks().0.iter().map(|bytes| of(*bytes)).collect()
    };
    let dims = numbers(u32::from_be_bytes);
    let length_of = |dims: &[u32]| {
        let size = kind.size() as u64;
        dims.iter().try_fold(size, |product, &dim| product.checked_mul(dim.into()))
    };
    let left = most.saturating_sub(header.len() as u64);
    let announced = match length_of(&dims) {
        Some(0) => {
            return Err(ParseFault::Content(format!("it is empty: its dimensions are {dims:?}")));
        }
        Some(announced) if announced <= left => announced,
        _ => {
            let swapped = numbers(u32::from_le_bytes);
            let mut fault = format!(
                "its header announces dimensions {dims:?}, more than a file of its length can hold"
            );
            if size == LengthHint::Known && length_of(&swapped) == Some(left) {
                fault = format!(
                    "its header announces dimensions {dims:?}, which are {swapped:?} where the lowest byte \
                     comes first; in IDX the highest does"
                );
            }
            return Err(ParseFault::Content(fault));
        }
    };

    let mut buffer = Vec::new();
    if size == LengthHint::Known {
        let length = usize::try_from(announced).unwrap_or(usize::MAX);
        buffer
            .try_reserve_exact(length)
            .map_err(|error| ParseFault::Reading(io::Error::other(error)))?;
    }
    // One byte more reveals a file that is too long.
    source.take(announced + 1).read_to_end(&mut buffer)?;
    if buffer.len() as u64 != announced {
        let relation = if (buffer.len() as u64) < announced { "fewer" } else { "more" };
        let values = announced / kind.size() as u64;
        let fault =
            format!("it holds {relation} values than the {values} that its header announces");
        return Err(ParseFault::Content(fault));
    }
    let sha256 = sha256([&header[..], &buffer]);
    let dims = dims.into_iter().map(|dim| dim as usize).collect();
    Ok(Idx { dims, kind, bytes: buffer, sha256 })
}

/// The fault of a file whose first bytes are not those of IDX; names its format if it is known.
fn other_format(mut begin: Vec<u8>, source: impl Read) -> ParseFault {
    // A read error leaves the bytes read so far, which may be enough.
    let _ = source.take(LOOKED_AT).read_to_end(&mut begin);
    let (name, remedy) = match signature::kind(&begin) {
        Some(FileFormat::Other(name)) if name.contains("NumPy") => (name, RECIPE),
        Some(FileFormat::Image(name) | FileFormat::Other(name)) => (name, "name a file in IDX"),
        None if image::guess_format(&begin).is_ok() => (
            "an image",
            "name a file in IDX, or use kind = \"image-folder\" for a folder of images",
        ),
        None => {
            return ParseFault::Content(
                "it does not start with the two zeros of an IDX file".to_owned(),
            );
        }
    };
    ParseFault::Other(format!("it is {name} and no IDX file; {remedy}"))
}

/// Appends exactly `length` bytes of the source to the header.
fn take(source: &mut impl Read, mut header: Vec<u8>, length: u64) -> Result<Vec<u8>, ParseFault> {
    match source.take(length).read_to_end(&mut header)? as u64 {
        read if read == length => Ok(header),
        _ => Err(ParseFault::Content("it ends within its header".to_owned())),
    }
}

/// Encodes unsigned bytes as an IDX file: header and values.
///
/// # Panics
/// If the number of values is not the product of `dims`, or a dimension does not fit in 32 bits.
pub fn encode(dims: &[usize], values: &[u8]) -> Vec<u8> {
    assert_eq!(
        dims.iter().product::<usize>(),
        values.len(),
        "as many values as the dimensions say"
    );
    let mut bytes = vec![0, 0, Type::Byte.code(), dims.len() as u8];
    for &dim in dims {
        bytes.extend(u32::try_from(dim).expect("a dimension fits in 32 bits").to_be_bytes());
    }
    bytes.extend_from_slice(values);
    bytes
}

#[cfg(test)]
mod tests;
