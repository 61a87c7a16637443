//! The byte reader of a pickle, with a count.

use std::io::{self, BufRead, Read as _};

use super::ScanError;

/// The maximum line whose text is kept, in bytes.
const LINE: u64 = 4096;

/// The maximum line of an index, in bytes.
const INDEX: u64 = 32;

/// Reads opcodes and their operands.
pub(super) struct Bytes<'a, R> {
    source: &'a mut R,
    /// The number of bytes read.
    pub read: u64,
}

impl<'a, R: BufRead> Bytes<'a, R> {
    pub fn new(source: &'a mut R) -> Self {
        Self { source, read: 0 }
    }

    /// Reads a little-endian number of up to eight bytes.
    pub fn number(&mut self, size: usize) -> Result<u64, ScanError> {
        let mut bytes = [0; 8];
        self.source.read_exact(&mut bytes[..size])?;
        self.read += size as u64;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Skips `length` bytes; fewer are an error.
    pub fn skip(&mut self, length: u64) -> Result<(), ScanError> {
        let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
        self.read += skipped;
        if skipped == length { Ok(()) } else { Err(ScanError::Broken) }
    }

    /// Reads a text of `length` bytes.
    pub fn text(&mut self, length: u64) -> Result<String, ScanError> {
        let mut text = Vec::new();
        let read = self.source.by_ref().take(length).read_to_end(&mut text)? as u64;
        self.read += read;
        if read == length {
            Ok(String::from_utf8_lossy(&text).into_owned())
        } else {
            Err(ScanError::Broken)
        }
    }

    /// Reads a line: its text without the line feed, and its length. The text of a line above the maximum is empty.
    pub fn line(&mut self) -> Result<(String, u64), ScanError> {
        let mut line = Vec::new();
        let mut length = self.source.by_ref().take(LINE).read_until(b'\n', &mut line)? as u64;
        if line.pop() != Some(b'\n') {
            line.clear();
            length += self.source.skip_until(b'\n')? as u64;
        }
        self.read += length;
        Ok((String::from_utf8_lossy(&line).into_owned(), length))
    }

    /// Reads a line that is a memo index.
    pub fn index(&mut self) -> Result<u64, ScanError> {
        let mut line = String::new();
        self.read += self.source.by_ref().take(INDEX).read_line(&mut line)? as u64;
        line.trim_end().parse().map_err(|_| ScanError::Broken)
    }
}
