//! Coding of rows: from cells to the inputs of a network, by the statistics of the training rows.

use hearth_config::{composed, nearest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::target::Target;
use crate::names::some_of;
use crate::tables::file::cell::is_missing;
use crate::tables::file::number::NumberFormat;
use crate::tables::read::raw::no_number;

/// The coding of a table: names, kinds and statistics of its columns.
///
/// The inputs of a network are the standardised numbers in the order of the columns, then a missing flag, 0 or 1, for
/// each column with `missing_flag`, and the codes of the categories in the order of the columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coding {
    /// Feature columns.
    pub columns: Vec<Column>,
    /// Name of the target column.
    pub target_column: String,
    /// Target.
    pub target: Target,
}

/// A feature column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Name of the column.
    pub name: String,
    /// Coding of its cells.
    pub coding: ColumnCoding,
}

/// Coding of a column's cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ColumnCoding {
    /// Standardised number, (number - mean) / std.
    Number {
        /// Mean over the training rows.
        mean: f64,
        /// Population standard deviation over the training rows, or 1 where it is 0.
        std: f64,
        /// Number that replaces a missing cell; `None` if a missing cell is an error.
        fill: Option<f64>,
        /// True if a further input flags a missing cell by 1.
        missing_flag: bool,
    },
    /// Code of a category: the index of the value among `values`, from 1, or 0 for an unseen value.
    Category {
        /// Values of the training rows in Unicode's composed form, in byte order. The empty value stands for missing
        /// cells.
        values: Vec<String>,
        /// Value that replaces a missing cell; `None` if a missing cell is an error.
        fill: Option<String>,
    },
}

/// A cell that cannot be coded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column `{column}`: {fault}")]
pub struct CellFault {
    /// Name of the column.
    pub column: String,
    /// The fault and its remedy.
    pub fault: String,
}

/// A coded row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EncodedRow {
    /// `[num_numbers]`, as in [`Rows`](super::rows::Rows).
    pub numbers: Vec<f32>,
    /// `[num_categories]`, as in [`Rows`](super::rows::Rows).
    pub codes: Vec<u32>,
    /// Columns and values of unseen categories.
    pub unseen: Vec<(String, String)>,
}

/// A cell of a row.
pub(crate) enum CellValue<'a> {
    Missing,
    Number(f64),
    Text(&'a str),
}

impl Coding {
    /// Number of numeric inputs of a row, missing flags included.
    pub fn num_numbers(&self) -> usize {
        let of = |column: &Column| match column.coding {
            ColumnCoding::Number { missing_flag, .. } => 1 + usize::from(missing_flag),
            ColumnCoding::Category { .. } => 0,
        };
        self.columns.iter().map(of).sum()
    }

    /// Number of values of each categorical column; its codes are 0 to this number.
    pub fn categories(&self) -> Vec<usize> {
        let of = |column: &Column| match &column.coding {
            ColumnCoding::Category { values, .. } => Some(values.len()),
            ColumnCoding::Number { .. } => None,
        };
        self.columns.iter().filter_map(of).collect()
    }

    /// Codes a row of (column name, cell) pairs, in any order.
    pub fn encode(&self, row: &[(&str, &str)]) -> Result<EncodedRow, CellFault> {
        self.known(row.iter().map(|(name, _)| *name))?;
        self.encode_with(&mut EncodedRow::default(), |column| {
            let (_, cell) = row.iter().find(|(name, _)| composed(name) == column.name)?;
            Some(cell_of(cell))
        })
    }

    /// Codes a row from a JSON object: a number, a string or a boolean for each column, and null for a missing cell.
    pub fn encode_json(&self, row: &Map<String, Value>) -> Result<EncodedRow, CellFault> {
        self.known(row.keys().map(String::as_str))?;
        let mut words = Vec::new();
        for column in &self.columns {
            let value = row.get(&column.name).or_else(|| {
                row.iter().find(|(name, _)| composed(name) == column.name).map(|(_, value)| value)
            });
            let Some(value) = value else { return Err(lacks(column)) };
            words.push((value, word_of(column, value)?));
        }
        let mut cells = words.iter();
        self.encode_with(&mut EncodedRow::default(), |_| {
            let (value, word) = cells.next()?;
            Some(match value {
                Value::Null => CellValue::Missing,
                Value::Number(number) if word.is_none() => CellValue::Number(number.as_f64()?),
                Value::String(text) => cell_of(text),
                _ => cell_of(word.as_deref().unwrap_or_default()),
            })
        })
    }

    /// Checks that all names are columns of the coding; the target is allowed.
    fn known<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<(), CellFault> {
        for name in names {
            let plain = composed(name);
            if plain == self.target_column || self.columns.iter().any(|column| column.name == plain)
            {
                continue;
            }
            let all = || self.columns.iter().map(|column| column.name.as_str());
            let help = match nearest(&plain, all()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", some_of(all(), 12)),
            };
            return Err(CellFault {
                column: name.to_owned(),
                fault: format!("it is not known; {help}"),
            });
        }
        Ok(())
    }

    /// Codes a row whose cells `find_cell` returns for each column in order; reuses the buffers of `row`.
    pub(crate) fn encode_with<'a>(
        &self,
        row: &mut EncodedRow,
        mut find_cell: impl FnMut(&Column) -> Option<CellValue<'a>>,
    ) -> Result<EncodedRow, CellFault> {
        row.numbers.clear();
        row.codes.clear();
        row.unseen.clear();
        let mut flags = Vec::new();
        for column in &self.columns {
            let cell = find_cell(column).ok_or_else(|| lacks(column))?;
            match &column.coding {
                ColumnCoding::Number { mean, std, fill, missing_flag } => {
                    let (number, is_missing) = match number(column, &cell)? {
                        Some(number) => (number, false),
                        None => (fill.ok_or_else(|| no_value(column))?, true),
                    };
                    row.numbers.push(standardised(number, *mean, *std));
                    if *missing_flag {
                        flags.push(f32::from(u8::from(is_missing)));
                    }
                }
                ColumnCoding::Category { values, fill } => {
                    let word = match &cell {
                        CellValue::Text(text) => composed(text.trim()),
                        CellValue::Number(number) => number.to_string().into(),
                        CellValue::Missing => fill.as_ref().ok_or_else(|| no_value(column))?.into(),
                    };
                    let index = find(values, &word);
                    if index.is_none() {
                        row.unseen.push((column.name.clone(), word.to_string()));
                    }
                    row.codes.push(index.map_or(0, |index| index as u32 + 1));
                }
            }
        }
        row.numbers.append(&mut flags);
        Ok(std::mem::take(row))
    }
}

/// The category of a JSON value in a categorical column: 5.0 is `5`, unless there is a value `5.0`.
fn word_of(column: &Column, value: &Value) -> Result<Option<String>, CellFault> {
    let ColumnCoding::Category { values, .. } = &column.coding else {
        return match value {
            Value::Null | Value::Number(_) | Value::String(_) => Ok(None),
            _ => Err(fault(column, format!("{value} is no number"))),
        };
    };
    let has = |word: &String| find(values, word).is_some();
    match value {
        Value::Null | Value::String(_) => Ok(None),
        Value::Number(number) => {
            let whole = number.as_f64().filter(|number| number.fract() == 0.0);
            let whole = whole.map(|number| format!("{number:.0}")).filter(has);
            Ok(Some(Some(number.to_string()).filter(has).or(whole).unwrap_or(number.to_string())))
        }
        Value::Bool(truth) => {
            let word = truth.to_string();
            let other = values.iter().find(|value| value.to_lowercase() == word);
            Ok(Some(other.cloned().unwrap_or(word)))
        }
        _ => Err(fault(column, format!("{value} is no value of a cell; write a number or a text"))),
    }
}

/// The fault of a row that lacks a column.
fn lacks(column: &Column) -> CellFault {
    let help = match &column.coding {
        ColumnCoding::Number { fill: None, .. } | ColumnCoding::Category { fill: None, .. } => {
            "the network needs a value of it"
        }
        _ => "where its value is not known, say that it is missing",
    };
    fault(column, format!("it is not there; {help}"))
}

/// Standardised number, (number - mean) / std, clamped to the range of an f32.
pub(crate) fn standardised(number: f64, mean: f64, std: f64) -> f32 {
    let most = f64::from(f32::MAX);
    ((number - mean) / std).clamp(-most, most) as f32
}

/// Index of a value in a sorted list.
pub(crate) fn find(values: &[String], word: &str) -> Option<usize> {
    values.binary_search_by(|value| value.as_str().cmp(word)).ok()
}

/// A cell from text, which may be a word for a missing value.
fn cell_of(text: &str) -> CellValue<'_> {
    let text = text.trim();
    if is_missing(text.as_bytes()) { CellValue::Missing } else { CellValue::Text(text) }
}

fn number(column: &Column, cell: &CellValue<'_>) -> Result<Option<f64>, CellFault> {
    let (number, text) = match cell {
        CellValue::Missing => return Ok(None),
        CellValue::Number(number) => (Some(*number), number.to_string()),
        CellValue::Text(text) => {
            (NumberFormat::default().parse(text.as_bytes()), (*text).to_owned())
        }
    };
    match number.filter(|number| number.abs() <= f64::from(f32::MAX)) {
        Some(number) => Ok(Some(number)),
        None => Err(fault(column, no_number(text.as_bytes(), "or say that it is missing"))),
    }
}

fn fault(column: &Column, fault: impl Into<String>) -> CellFault {
    CellFault { column: column.name.clone(), fault: fault.into() }
}

fn no_value(column: &Column) -> CellFault {
    fault(
        column,
        "it has no value, and the network was trained without missing ones (see data.missing)",
    )
}
