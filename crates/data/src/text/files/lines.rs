//! The lines of a file as checked text.

use std::io::{BufRead as _, BufReader, Read};
use std::ops::Range;

use sha2::{Digest as _, Sha256};

use super::input::TextFile;
use crate::digest::hex;
use crate::error::DataError;

/// Maximum length of a line, in bytes.
const MAX_LINE: usize = 1 << 20;

/// The byte order mark in UTF-8, which editors of Windows write.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Lines of a file, read one after the other.
pub(super) struct Lines<'a> {
    input: &'a TextFile,
    reader: BufReader<Box<dyn Read>>,
    hasher: Sha256,
    line: Vec<u8>,
    /// The text in `line`, which is UTF-8.
    text: Range<usize>,
    /// Number of the line, from 1.
    pub number: u64,
}

impl<'a> Lines<'a> {
    pub fn open(input: &'a TextFile) -> Result<Self, DataError> {
        let reader = BufReader::with_capacity(1 << 16, input.open()?);
        Ok(Self { input, reader, hasher: Sha256::new(), line: Vec::new(), text: 0..0, number: 0 })
    }

    /// The text of the line, without its end and without space around it; empty after the last.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.line[self.text.clone()]).unwrap_or_default()
    }

    /// Reads the next line; false after the last.
    pub fn advance(&mut self) -> Result<bool, DataError> {
        self.line.clear();
        self.text = 0..0;
        // One byte more, to tell a line that is too long.
        let mut part = self.reader.by_ref().take(MAX_LINE as u64 + 1);
        let length = part.read_until(b'\n', &mut self.line);
        if length.map_err(|error| self.input.unreadable(error))? == 0 {
            return Ok(false);
        }
        self.number += 1;
        let fault = |fault: String| self.input.fault(Some(self.number), fault);
        if self.line.len() > MAX_LINE {
            return Err(fault("it is longer than 1 MB; expected is one text in each line".into()));
        }
        self.hasher.update(&self.line);
        let mut bytes = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let mut start = 0;
        if self.number == 1 {
            if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
                return Err(fault("the file is written in UTF-16; save it as UTF-8".into()));
            }
            if let Some(rest) = bytes.strip_prefix(MARK) {
                (bytes, start) = (rest, MARK.len());
            }
        }
        if bytes.contains(&0) {
            let help = "the file is no text, or text in UTF-16; save it as UTF-8";
            return Err(fault(format!("it has a byte 0: {help}")));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                // A tab separates source and target, and is no space here.
                let is_space = |c: char| c.is_whitespace() && c != '\t';
                let trimmed = text.trim_start_matches(is_space);
                start += text.len() - trimmed.len();
                self.text = start..start + trimmed.trim_end_matches(is_space).len();
                Ok(true)
            }
            Err(error) => {
                // In Latin-1, each byte is the letter's code point.
                let start = error.valid_up_to().saturating_sub(20);
                let shown = bytes[start..].iter().take(40).map(|&byte| char::from(byte));
                let shown = hearth_config::one_line(&shown.collect::<String>()).into_owned();
                Err(fault(format!(
                    "it is not UTF-8, and is perhaps Latin-1 or Windows-1252 (`{shown}`); save the file as UTF-8"
                )))
            }
        }
    }

    /// SHA-256 of the lines that were read.
    pub fn sha256(self) -> String {
        hex(&self.hasher.finalize())
    }
}
