//! Bytes of a table: decompression and SHA-256.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest, Sha256};

use crate::digest::{hex, unpacked};
use crate::error::DataError;

/// Bytes of a piece, which is read and hashed at once.
const PIECE: usize = 1 << 18;

/// Pieces that may wait for the reader of rows.
const AHEAD: usize = 4;

/// Input of a table: a file, or bytes in memory.
#[derive(Clone, Debug)]
pub struct TableInput {
    path: PathBuf,
    bytes: Option<Arc<[u8]>>,
}

impl TableInput {
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

    /// A fault of the whole table.
    pub(crate) fn fault(&self, fault: impl Into<String>) -> DataError {
        self.fault_at(None, None, fault)
    }

    /// A fault at a line and a column.
    pub(crate) fn fault_at(
        &self,
        line: Option<u64>,
        column: Option<&str>,
        fault: impl Into<String>,
    ) -> DataError {
        DataError::Table {
            path: self.path.clone(),
            line,
            column: column.map(str::to_owned),
            fault: fault.into(),
        }
    }

    /// Number of bytes; `None` for gzip.
    pub(crate) fn length(&self) -> Option<u64> {
        let is_gzip = self.path.extension().is_some_and(|end| end == "gz");
        match &self.bytes {
            Some(bytes) => Some(bytes.len() as u64),
            None if is_gzip => None,
            None => self.path.metadata().ok().map(|file| file.len()),
        }
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match &self.bytes {
            Some(bytes) => Ok(Box::new(io::Cursor::new(Arc::clone(bytes)))),
            None => Ok(Box::new(File::open(&self.path)?)),
        }
    }

    fn unreadable(&self, error: io::Error) -> DataError {
        match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                self.fault("it begins like a gzip file, and is damaged or cut off; put an undamaged copy in its place")
            }
            _ => DataError::unreadable(&self.path, error),
        }
    }

    /// The first bytes, decompressed, at most `most`.
    pub(crate) fn head(&self, most: usize) -> Result<Vec<u8>, DataError> {
        if self.bytes.is_none() && self.path.is_dir() {
            let help =
                "name the file in it; for a folder of images, write data.kind = \"image-folder\"";
            return Err(self.fault(format!("it is a folder, and no CSV; {help}")));
        }
        let mut head = Vec::new();
        self.open()
            .and_then(|file| unpacked(file)?.take(most as u64).read_to_end(&mut head))
            .map_err(|error| self.unreadable(error))?;
        Ok(head)
    }

    /// A reader of all bytes, decompressed, which a thread reads ahead and hashes; the thread counts the bytes
    /// `quote` as well.
    pub(crate) fn stream(&self, quote: u8) -> Result<HashedStream, DataError> {
        let file = self.open().map_err(|error| self.unreadable(error))?;
        let (to_reader, ready) = sync_channel(AHEAD);
        let (used, returned) = sync_channel(AHEAD + 2);
        let thread = thread::spawn(move || hash(file, quote, &to_reader, &returned));
        Ok(HashedStream { ready, used, thread: Some(thread), piece: Vec::new(), at: 0 })
    }

    /// Converts an error of the CSV reader.
    pub(crate) fn unread(&self, error: csv::Error) -> DataError {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => self.unreadable(error),
            other => self.fault(format!("it cannot be read: {other:?}")),
        }
    }
}

/// The decompressed bytes of a table, read ahead and hashed by a thread.
pub(crate) struct HashedStream {
    ready: Receiver<io::Result<Vec<u8>>>,
    used: SyncSender<Vec<u8>>,
    thread: Option<JoinHandle<StreamSummary>>,
    piece: Vec<u8>,
    at: usize,
}

/// Results over all bytes of a table.
#[derive(Default)]
pub(crate) struct StreamSummary {
    pub sha256: String,
    /// Number of quotation marks: even in a sound file.
    pub num_quotes: usize,
}

impl HashedStream {
    /// The thread's results, after all bytes were read.
    pub fn summary(mut self) -> StreamSummary {
        let summary = self.thread.take().map(JoinHandle::join);
        // The thread cannot panic: it reads and hashes.
        summary.and_then(Result::ok).unwrap_or_default()
    }
}

impl Read for HashedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.len() {
            // Sending fails only after the thread has ended, which then needs no buffer.
            let _ = self.used.try_send(std::mem::take(&mut self.piece));
            self.at = 0;
            match self.ready.recv() {
                Ok(piece) => self.piece = piece?,
                Err(_) => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len() - self.at);
        buffer[..length].copy_from_slice(&self.piece[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// Reads, hashes and sends pieces to the end, or until the receiver is dropped.
fn hash(
    file: Box<dyn Read + Send>,
    quote: u8,
    ready: &SyncSender<io::Result<Vec<u8>>>,
    returned: &Receiver<Vec<u8>>,
) -> StreamSummary {
    let (mut hasher, mut num_quotes) = (Sha256::new(), 0);
    let mut file = match unpacked(file) {
        Ok(file) => file,
        Err(error) => {
            let _ = ready.send(Err(error));
            return StreamSummary::default();
        }
    };
    loop {
        let mut piece = returned.try_recv().unwrap_or_default();
        piece.clear();
        match file.by_ref().take(PIECE as u64).read_to_end(&mut piece) {
            Ok(0) => break,
            Ok(_) => {
                hasher.update(&piece);
                num_quotes += count(&piece, quote);
                if ready.send(Ok(piece)).is_err() {
                    break;
                }
            }
            Err(error) => {
                let _ = ready.send(Err(error));
                break;
            }
        }
    }
    StreamSummary { sha256: hex(&hasher.finalize()), num_quotes }
}

/// Number of occurrences of a byte.
pub(crate) fn count(bytes: &[u8], wanted: u8) -> usize {
    bytes.iter().map(|byte| usize::from(*byte == wanted)).sum()
}
