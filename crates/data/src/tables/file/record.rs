//! Reader of a table's rows, which checks that each has as many cells as the header.

use std::io::{self, Read};

use csv::{ByteRecord, Reader};

use super::dialect::Dialect;
use super::first_rows::FirstRows;
use super::input::{HashedStream, TableInput};
use crate::error::DataError;

/// Reader of a table's rows; blank rows are skipped.
pub(crate) struct Records<'a> {
    input: &'a TableInput,
    dialect: Dialect,
    reader: Reader<HashedStream>,
    width: usize,
    /// The last row read.
    pub record: ByteRecord,
    /// Offset of the row, after the bytes before the header.
    at: u64,
    /// True if a cell of the row has several lines.
    has_lines: bool,
    num_blank: usize,
    has_extra: bool,
}

/// Results over all rows.
pub(crate) struct Finished {
    pub sha256: String,
    pub notes: Vec<String>,
}

impl<'a> Records<'a> {
    /// Opens a table at its first row after the header.
    pub fn open(input: &'a TableInput, sample: &FirstRows) -> Result<Self, DataError> {
        let dialect = sample.dialect;
        let mut stream = input.stream(dialect.quote)?;
        let before = io::copy(&mut stream.by_ref().take(dialect.skip as u64), &mut io::sink());
        before.map_err(|error| input.unread(error.into()))?;
        let mut reader = dialect.reader().from_reader(stream);
        let mut record = ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(|error| input.unread(error))?;
        let width = sample.header.len();
        let (at, has_lines, num_blank, has_extra) = (0, false, 0, false);
        Ok(Self { input, dialect, reader, width, record, at, has_lines, num_blank, has_extra })
    }

    /// Reads the next row; false after the last.
    pub fn advance(&mut self) -> Result<bool, DataError> {
        loop {
            let at = self.reader.position().byte();
            let read = self.reader.read_byte_record(&mut self.record);
            if !read.map_err(|error| self.input.unread(error))? {
                return Ok(false);
            }
            self.at = at;
            self.has_lines = self.record.as_slice().contains(&b'\n');
            if self.record.len() == self.width {
                // Fast path: a row that begins with a value is not blank.
                if !self.record[0].is_empty() || !self.is_blank(0) {
                    return Ok(true);
                }
            } else if self.record.len() > self.width && self.is_blank(self.width) {
                self.has_extra = true;
                if !self.is_blank(0) {
                    return Ok(true);
                }
            } else if !self.is_blank(0) {
                return Err(self.ragged());
            }
            self.num_blank += 1;
        }
    }

    /// True if the cells from this index on are empty.
    fn is_blank(&self, from: usize) -> bool {
        self.record.iter().skip(from).all(|cell| cell.trim_ascii().is_empty())
    }

    fn ragged(&self) -> DataError {
        let (found, wanted) = (self.record.len(), self.width);
        let help = if self.has_lines {
            "a quotation mark in it may not be closed"
        } else if found > wanted {
            "put cells with a separator in them into quotation marks, or give each column a name"
        } else {
            "add what is missing; a cell without a value is left empty between its separators"
        };
        let s = if found == 1 { "" } else { "s" };
        self.fault(None, format!("it has {found} cell{s}, and there are {wanted} names; {help}"))
    }

    /// A fault of the last row read.
    pub fn fault(&self, column: Option<&str>, fault: impl Into<String>) -> DataError {
        self.input.fault_at(self.line().ok(), column, fault)
    }

    /// First line of the last row read, from 1, counted from the start of the file.
    fn line(&self) -> Result<u64, DataError> {
        let mut stream = self.input.stream(self.dialect.quote)?;
        let (mut newlines, mut returns, mut last) = (0, 0, 0);
        let mut left = self.dialect.skip as u64 + self.at;
        let mut piece = vec![0; 1 << 16];
        loop {
            let read = stream.read(&mut piece).map_err(|error| self.input.unread(error.into()))?;
            for &byte in &piece[..read] {
                // Blank lines before the row are counted with it.
                if left == 0 && byte != b'\n' && byte != b'\r' {
                    return Ok(1 + if newlines > 0 { newlines } else { returns });
                }
                left = left.saturating_sub(1);
                newlines += u64::from(byte == b'\n');
                returns += u64::from(byte == b'\r' && last != b'\n');
                last = byte;
            }
            if read == 0 {
                return Ok(1 + newlines.max(returns));
            }
        }
    }

    /// Ends reading; an error if a quotation mark is not closed.
    pub fn finish(self) -> Result<Finished, DataError> {
        let unclosed = self.has_lines.then(|| {
            self.fault(None, "a quotation mark in it is not closed, so the rest of the file is one cell; close it")
        });
        let summed = self.reader.into_inner().summary();
        if let Some(fault) = unclosed.filter(|_| summed.num_quotes % 2 == 1) {
            return Err(fault);
        }
        let mut notes = Vec::new();
        let path = hearth_config::shown(self.input.path());
        if self.num_blank > 0 {
            let s = if self.num_blank == 1 { "" } else { "s" };
            notes.push(format!("{path}: {} row{s} without any value left out", self.num_blank));
        }
        if self.has_extra {
            notes.push(format!("{path}: separators behind the last column left out"));
        }
        Ok(Finished { sha256: summed.sha256, notes })
    }
}
