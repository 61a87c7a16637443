//! The bytes of a pickle, and how many were read.

use std::io::{self, BufRead, Read as _};

use super::Fault;

/// The longest line that is read for its text.
const LINE: u64 = 4096;

/// The longest line that is an index.
const INDEX: u64 = 32;

/// Reads what stands behind opcodes.
pub(super) struct Bytes<'a, R> {
    source: &'a mut R,
    /// So many.
    pub read: u64,
}

impl<'a, R: BufRead> Bytes<'a, R> {
    pub fn new(source: &'a mut R) -> Self {
        Self { source, read: 0 }
    }

    /// A little-endian number of up to eight bytes.
    pub fn number(&mut self, size: usize) -> Result<u64, Fault> {
        let mut bytes = [0; 8];
        self.source.read_exact(&mut bytes[..size])?;
        self.read += size as u64;
        Ok(u64::from_le_bytes(bytes))
    }

    pub fn skip(&mut self, length: u64) -> Result<(), Fault> {
        let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
        self.read += skipped;
        if skipped == length { Ok(()) } else { Err(Fault::Broken) }
    }

    /// A text of so many bytes.
    pub fn text(&mut self, length: u64) -> Result<String, Fault> {
        let mut text = Vec::new();
        let read = self.source.by_ref().take(length).read_to_end(&mut text)? as u64;
        self.read += read;
        if read == length {
            Ok(String::from_utf8_lossy(&text).into_owned())
        } else {
            Err(Fault::Broken)
        }
    }

    /// A line without its end, and its length; of one that is very long, the text is left out.
    pub fn line(&mut self) -> Result<(String, u64), Fault> {
        let mut line = Vec::new();
        let mut length = self.source.by_ref().take(LINE).read_until(b'\n', &mut line)? as u64;
        if line.pop() != Some(b'\n') {
            line.clear();
            length += self.source.skip_until(b'\n')? as u64;
        }
        self.read += length;
        Ok((String::from_utf8_lossy(&line).into_owned(), length))
    }

    /// A line that is a place in the memo.
    pub fn index(&mut self) -> Result<u64, Fault> {
        let mut line = String::new();
        self.read += self.source.by_ref().take(INDEX).read_line(&mut line)? as u64;
        line.trim_end().parse().map_err(|_| Fault::Broken)
    }
}
