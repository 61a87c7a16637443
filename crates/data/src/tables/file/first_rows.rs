//! First rows of a table, from which dialect and columns are inferred.

use csv::ByteRecord;

use super::dialect::Dialect;
use super::foreign;
use super::input::TableInput;
use super::number::NumberFormat;
use crate::error::DataError;
use crate::names::composed;

/// Bytes that are read at first.
const HEAD: usize = 1 << 20;

/// Most bytes that are read, if the first lines are long.
const LONGEST: usize = 64 << 20;

/// Largest number of rows in the sample.
const ROWS: usize = 2000;

/// First rows of a table.
pub(crate) struct FirstRows {
    pub dialect: Dialect,
    /// Column names, trimmed and in Unicode's composed form, without empty trailing ones.
    pub header: Vec<String>,
    pub rows: Vec<ByteRecord>,
}

impl FirstRows {
    /// Reads the first rows.
    pub fn of(input: &TableInput) -> Result<Self, DataError> {
        let mut most = HEAD;
        loop {
            let head = input.head(most)?;
            let is_whole = head.len() < most;
            match Self::of_head(input, &head, is_whole)? {
                Some(sample) => return Ok(sample),
                None if most < LONGEST => most *= 8,
                None => {
                    let most = LONGEST >> 20;
                    return Err(input.fault(format!(
                        "its first two lines are longer than {most} MB: is it a CSV file?"
                    )));
                }
            }
        }
    }

    /// Parses the first bytes of a file; `None` if they hold no complete row.
    fn of_head(input: &TableInput, head: &[u8], is_whole: bool) -> Result<Option<Self>, DataError> {
        if let Some(fault) = foreign::fault(head) {
            return Err(input.fault(fault));
        }
        if head.trim_ascii().is_empty() && is_whole {
            return Err(
                input.fault("it is empty; its first line names the columns, and rows follow")
            );
        }
        let dialect = Dialect::of(head, is_whole);
        let mut records = Vec::new();
        let mut reader = dialect.reader().from_reader(head.get(dialect.skip..).unwrap_or_default());
        let mut record = ByteRecord::new();
        while records.len() <= ROWS
            && reader.read_byte_record(&mut record).map_err(|error| input.unread(error))?
        {
            records.push(record.clone());
        }
        if !is_whole && reader.is_done() {
            // The last row may be incomplete.
            records.pop();
        }
        if records.len() < 2 && !is_whole {
            return Ok(None);
        }
        if records.is_empty() {
            return Err(input.fault("it has no line of names and no rows; is it a CSV file?"));
        }
        let first = records.remove(0);
        let mut header = Vec::with_capacity(first.len());
        for cell in &first {
            let text = std::str::from_utf8(cell).map_err(|_| {
                input.fault_at(Some(dialect.lines_before + 1), None, foreign::not_utf_8(cell))
            })?;
            header.push(composed(text.trim()).into_owned());
        }
        while header.last().is_some_and(String::is_empty) {
            header.pop();
        }
        if header.is_empty() {
            let fault = "its first line names no column; begin the file with a line of names";
            return Err(input.fault_at(Some(dialect.lines_before + 1), None, fault));
        }
        if records.is_empty() {
            return Err(input.fault("it has a line of names and no rows"));
        }
        Ok(Some(Self { dialect, header, rows: records }))
    }

    /// Number format of the column with this index.
    pub fn format(&self, index: usize) -> NumberFormat {
        let cells = self.rows.iter().filter_map(|row| row.get(index)).map(<[u8]>::trim_ascii);
        NumberFormat::of(&cells.collect::<Vec<_>>(), self.dialect.decimal_comma).0
    }

    /// True if the first line holds values instead of names: one is a number, and none is `wanted`.
    pub fn has_no_names(&self, wanted: &str) -> bool {
        let format = NumberFormat { decimal_comma: self.dialect.decimal_comma, thousands: None };
        let numbers = self.header.iter().filter(|name| format.parse(name.as_bytes()).is_some());
        let is_named = self.header.iter().any(|name| name == wanted);
        !is_named && numbers.count() * 2 >= self.header.len()
    }
}
