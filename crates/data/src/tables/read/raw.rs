//! One pass over the rows of a file: numbers and indices into vocabularies, not coded yet.

use hearth_config::Missing;

use super::columns::{Columns, Used, ValueKind, find};
use super::vocabulary::{NO_VALUE, ValueFault, Vocabulary};
use crate::error::DataError;
use crate::tables::MOST_VALUES;
use crate::tables::file::cell::{is_infinite, is_missing};
use crate::tables::file::first_rows::FirstRows;
use crate::tables::file::foreign;
use crate::tables::file::input::TableInput;
use crate::tables::file::number::NumberFormat;
use crate::tables::file::record::{Finished, Records};

/// Cells of all rows, before coding.
pub(crate) struct Raw {
    pub num_rows: usize,
    /// `[rows, numbers]`: numbers minus the column's offset; NaN for missing cells.
    pub numbers: Vec<f32>,
    /// `[rows, categories]`: indices into the column's vocabulary.
    pub codes: Vec<u32>,
    /// Vocabulary of each categorical column.
    pub words: Vec<Vocabulary>,
    pub target: RawTarget,
}

/// `[rows]`: target values.
pub(crate) enum RawTarget {
    /// Numbers; `are_whole` is true if all of them are integers.
    Numbers { numbers: Vec<f64>, are_whole: bool },
    /// Classes, as indices into a vocabulary.
    Classes { numbers: Vec<u32>, words: Vocabulary },
}

/// Destination of a cell.
#[derive(Clone, Copy)]
enum Slot {
    Ignored,
    Number { at: usize, column: usize, format: NumberFormat, offset: f64 },
    Category { at: usize, column: usize },
    Target { format: NumberFormat },
}

impl Raw {
    /// An empty table of these columns.
    pub fn of(columns: &Columns) -> Self {
        let categories =
            columns.used.iter().filter(|used| matches!(used.kind, ValueKind::Category { .. }));
        let target = match columns.target.kind {
            ValueKind::Number { .. } => RawTarget::Numbers { numbers: Vec::new(), are_whole: true },
            ValueKind::Category { .. } => {
                RawTarget::Classes { numbers: Vec::new(), words: Vocabulary::default() }
            }
        };
        Self {
            num_rows: 0,
            numbers: Vec::new(),
            codes: Vec::new(),
            words: categories.map(|_| Vocabulary::default()).collect(),
            target,
        }
    }

    /// Adds the rows of a file. `is_first` is true for the file that the columns were inferred from.
    pub fn read(
        &mut self,
        input: &TableInput,
        sample: &FirstRows,
        columns: &Columns,
        missing: Missing,
        is_first: bool,
    ) -> Result<Finished, DataError> {
        let slots = slots(input, sample, columns, is_first)?;
        let num_categories = self.words.len();
        let num_numbers = columns.used.len() - num_categories;
        self.reserve(input, sample, num_numbers)?;
        let mut records = Records::open(input, sample)?;
        while records.advance()? {
            let (first_number, first_code) = (self.numbers.len(), self.codes.len());
            self.numbers.resize(first_number + num_numbers, f32::NAN);
            self.codes.resize(first_code + num_categories, NO_VALUE);
            let numbers = &mut self.numbers[first_number..];
            let codes = &mut self.codes[first_code..];
            for (cell, slot) in records.record.iter().zip(&slots) {
                let read = match *slot {
                    Slot::Ignored => continue,
                    Slot::Number { at, column, format, offset } => {
                        number(cell.trim_ascii(), format, offset, missing)
                            .map(|number| numbers[at] = number)
                            .map_err(|fault| (&columns.used[column], fault))
                    }
                    Slot::Category { at, column } => {
                        word(cell.trim_ascii(), &mut self.words[at], missing)
                            .map(|word| codes[at] = word)
                            .map_err(|fault| (&columns.used[column], fault))
                    }
                    Slot::Target { format } => target(cell.trim_ascii(), &mut self.target, format)
                        .map_err(|fault| (&columns.target, fault)),
                };
                if let Err((used, fault)) = read {
                    return Err(records.fault(Some(&used.name), fault));
                }
            }
            self.num_rows += 1;
        }
        if u32::try_from(self.num_rows).is_err() {
            return Err(input.fault("it has more than 4294967295 rows"));
        }
        records.finish()
    }

    /// Reserves memory for the rows of a file, by the length of its first rows.
    fn reserve(
        &mut self,
        input: &TableInput,
        sample: &FirstRows,
        num_numbers: usize,
    ) -> Result<(), DataError> {
        let bytes: usize = sample.rows.iter().map(|row| row.as_slice().len() + row.len()).sum();
        let Some(length) = input.length() else { return Ok(()) };
        let rows = length as f64 / bytes.max(1) as f64 * sample.rows.len() as f64 * 1.02;
        let numbers = (rows as usize).saturating_mul(num_numbers);
        self.numbers.try_reserve_exact(numbers).map_err(|_| {
            input.fault(format!(
                "its numbers need {} MB of memory; choose fewer columns or rows",
                numbers >> 18
            ))
        })
    }
}

/// Destinations of the cells of a row in this file.
fn slots(
    input: &TableInput,
    sample: &FirstRows,
    columns: &Columns,
    is_first: bool,
) -> Result<Vec<Slot>, DataError> {
    let mut slots = vec![Slot::Ignored; sample.header.len()];
    let format = |index: usize, used: &Used| match used.kind {
        ValueKind::Number { format, .. } if is_first => format,
        _ => sample.format(index),
    };
    let (mut num_numbers, mut num_categories) = (0, 0);
    for (column, used) in columns.used.iter().enumerate() {
        let index = find(input, sample, &used.name, "data.columns")?;
        let next = match used.kind {
            ValueKind::Number { .. } => &mut num_numbers,
            ValueKind::Category { .. } => &mut num_categories,
        };
        let at = *next;
        *next += 1;
        slots[index] = match used.kind {
            ValueKind::Number { offset, .. } => {
                Slot::Number { at, column, format: format(index, used), offset }
            }
            ValueKind::Category { .. } => Slot::Category { at, column },
        };
    }
    let index = find(input, sample, &columns.target.name, "data.target")?;
    slots[index] = Slot::Target { format: format(index, &columns.target) };
    Ok(slots)
}

/// The number of a cell minus the column's offset; NaN for a missing cell.
fn number(cell: &[u8], format: NumberFormat, offset: f64, missing: Missing) -> Result<f32, String> {
    let distance = format.parse(cell).map(|number| (number - offset) as f32);
    match distance {
        Some(distance) if distance.is_finite() => Ok(distance),
        _ if is_missing(cell) => refused(missing).map(|()| f32::NAN),
        _ => Err(no_number(
            cell,
            "or, where its numbers are codes, name the column in data.categories",
        )),
    }
}

/// The index of a cell's value in the vocabulary.
fn word(cell: &[u8], words: &mut Vocabulary, missing: Missing) -> Result<u32, String> {
    if is_missing(cell) {
        return refused(missing).map(|()| NO_VALUE);
    }
    words.number(cell).map_err(|fault| match fault {
        ValueFault::Encoding(fault) => fault,
        ValueFault::TooMany => format!(
            "it has more than {MOST_VALUES} different values, as names have; leave it out by data.ignore"
        ),
    })
}

fn refused(missing: Missing) -> Result<(), String> {
    if missing != Missing::Error {
        return Ok(());
    }
    Err("it has no value; fill it in, or let data.missing be \"mean\", \"median\", \"most-frequent\" or \"category\""
        .to_owned())
}

/// Adds the target value of a row.
fn target(cell: &[u8], target: &mut RawTarget, format: NumberFormat) -> Result<(), String> {
    if is_missing(cell) {
        return Err(
            "it is the target, and this row has no value of it; fill it in or remove the row"
                .to_owned(),
        );
    }
    match target {
        RawTarget::Numbers { numbers, are_whole } => {
            let number = format.parse(cell).ok_or_else(|| {
                no_number(cell, "or, for classes, write [task] kind = \"classify\"")
            })?;
            *are_whole &= number.fract() == 0.0;
            numbers.push(number);
        }
        RawTarget::Classes { numbers, words } => {
            let number = words.number(cell).map_err(|fault| match fault {
                ValueFault::Encoding(fault) => fault,
                ValueFault::TooMany => {
                    format!("it is the target, and has more than {MOST_VALUES} classes")
                }
            })?;
            numbers.push(number);
        }
    }
    Ok(())
}

/// The fault of a cell that is no number, and its remedy.
pub(crate) fn no_number(cell: &[u8], otherwise: &str) -> String {
    let Ok(text) = std::str::from_utf8(cell) else { return foreign::not_utf_8(cell) };
    let shown: String = text.chars().take(40).collect();
    let shown = hearth_config::one_line(&shown);
    if is_infinite(text) {
        return format!("`{shown}` is no finite number; correct it, or leave the cell empty");
    }
    if text.parse::<f64>().is_ok_and(|number| number.abs() > 1.0) {
        return format!("`{shown}` is too large; numbers go up to 3.4e38");
    }
    format!(
        "`{shown}` is no number, and most of the column are; correct it, leave the cell empty (see data.missing), {otherwise}"
    )
}
