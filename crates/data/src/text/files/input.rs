//! The bytes of a file of texts, and faults in it.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::digest::unpacked;
use crate::error::DataError;

/// Input of texts: a file, or bytes in memory.
#[derive(Clone, Debug)]
pub struct TextFile {
    path: PathBuf,
    bytes: Option<Arc<[u8]>>,
}

impl TextFile {
    /// A file, plain or gzip.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), bytes: None }
    }

    /// Bytes in memory, with a name for messages.
    pub fn bytes(name: impl Into<PathBuf>, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { path: name.into(), bytes: Some(bytes.into()) }
    }

    /// Path of the file, or name of the bytes, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A fault of the file, or of one of its lines.
    pub(super) fn fault(&self, line: Option<u64>, fault: impl Into<String>) -> DataError {
        DataError::Text { path: self.path.clone(), line, fault: fault.into() }
    }

    /// Number of bytes, as they are stored; 0 if it is unknown.
    pub(super) fn length(&self) -> usize {
        match &self.bytes {
            Some(bytes) => bytes.len(),
            None => self.path.metadata().map_or(0, |file| file.len() as usize),
        }
    }

    /// A reader of all bytes, decompressed.
    pub(super) fn open(&self) -> Result<Box<dyn Read>, DataError> {
        if self.bytes.is_none() && self.path.is_dir() {
            return Err(self.fault(None, "it is a folder; name the file in it"));
        }
        let unpack = || match &self.bytes {
            Some(bytes) => unpacked(Cursor::new(Arc::clone(bytes))),
            None => unpacked(File::open(&self.path)?),
        };
        unpack().map_err(|error| self.unreadable(error))
    }

    /// An error of reading.
    pub(super) fn unreadable(&self, error: io::Error) -> DataError {
        match error.kind() {
            io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
            | io::ErrorKind::UnexpectedEof => self.fault(
                None,
                "it begins like a gzip file, and is damaged or cut off; put an undamaged copy in its place",
            ),
            _ => DataError::unreadable(&self.path, error),
        }
    }
}
