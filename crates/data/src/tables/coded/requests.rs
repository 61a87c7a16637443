//! Rows of a CSV file for prediction.

use hearth_config::shown;

use super::coding::{CellValue, Coding, ColumnCoding, EncodedRow};
use super::rows::{Rows, Targets};
use crate::error::DataError;
use crate::names::some_of;
use crate::tables::file::cell::is_missing;
use crate::tables::file::first_rows::FirstRows;
use crate::tables::file::input::TableInput;
use crate::tables::file::record::Records;
use crate::tables::read::columns::find;
use crate::tables::read::raw::no_number;

/// Columns that a note names; the others are counted.
const MOST_NAMED: usize = 5;

/// Coded rows of a file, without targets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowFile {
    /// Coded rows.
    pub rows: Rows,
    /// Notes on how the file was read: its dialect, and ignored columns.
    pub notes: Vec<String>,
    /// Values that do not occur in the training rows.
    pub unseen: Vec<Unseen>,
}

/// A value that does not occur in the training rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Index of the row, from 0.
    pub row: usize,
    /// Name of the column.
    pub column: String,
    /// The value.
    pub value: String,
}

/// Reads rows for prediction. Columns are found by name, in any order; other columns are ignored.
pub fn read_rows(input: &TableInput, coding: &Coding) -> Result<RowFile, DataError> {
    let sample = FirstRows::of(input)?;
    let mut indices = Vec::with_capacity(coding.columns.len());
    for column in &coding.columns {
        let index = find(input, &sample, &column.name, "the network")?;
        indices.push((index, sample.format(index)));
    }
    let mut file = RowFile::default();
    file.notes.push(format!("{}: {}", shown(input.path()), sample.dialect));
    let used = |name: &&String| {
        !name.is_empty()
            && **name != coding.target_column
            && !coding.columns.iter().any(|column| column.name == **name)
    };
    let extra: Vec<_> = sample.header.iter().filter(used).map(|name| format!("`{name}`")).collect();
    if !extra.is_empty() {
        let (s, names) = (if extra.len() == 1 { "" } else { "s" }, some_of(extra, MOST_NAMED));
        file.notes.push(format!("{}: column{s} {names} left out", shown(input.path())));
    }
    let rows = &mut file.rows;
    (rows.num_numbers, rows.num_categories) = (coding.num_numbers(), coding.categories().len());
    rows.targets = Targets::Unknown;
    let mut records = Records::open(input, &sample)?;
    while records.advance()? {
        let mut cells = Vec::with_capacity(indices.len());
        for (column, &(index, format)) in coding.columns.iter().zip(&indices) {
            let cell = records.record[index].trim_ascii();
            let is_number = matches!(column.coding, ColumnCoding::Number { .. });
            let cell = match (is_missing(cell), is_number) {
                (true, _) => Ok(CellValue::Missing),
                (false, true) => format
                    .parse(cell)
                    .map(CellValue::Number)
                    .ok_or_else(|| no_number(cell, "or write NA where it is not known")),
                (false, false) => std::str::from_utf8(cell)
                    .map(CellValue::Text)
                    .map_err(|_| crate::tables::file::foreign::not_utf_8(cell)),
            };
            cells.push(cell.map_err(|fault| records.fault(Some(&column.name), fault))?);
        }
        let mut cells = cells.into_iter();
        let row = coding.encode_with(&mut EncodedRow::default(), |_| cells.next());
        let row = row.map_err(|fault| records.fault(Some(&fault.column), fault.fault.clone()))?;
        file.unseen.extend(row.unseen.iter().map(|(column, value)| Unseen {
            row: file.rows.num_rows,
            column: column.clone(),
            value: value.clone(),
        }));
        file.rows.push(&row);
    }
    file.notes.extend(records.finish()?.notes);
    Ok(file)
}

impl Rows {
    /// The coded row at an index, without its target.
    pub fn row(&self, index: usize) -> EncodedRow {
        let numbers = &self.numbers[index * self.num_numbers..][..self.num_numbers];
        let codes = &self.codes[index * self.num_categories..][..self.num_categories];
        EncodedRow { numbers: numbers.to_vec(), codes: codes.to_vec(), unseen: Vec::new() }
    }

    /// Adds a coded row without a target.
    pub fn push(&mut self, row: &EncodedRow) {
        (self.num_numbers, self.num_categories) = (row.numbers.len(), row.codes.len());
        self.numbers.extend_from_slice(&row.numbers);
        self.codes.extend_from_slice(&row.codes);
        self.num_rows += 1;
    }
}
