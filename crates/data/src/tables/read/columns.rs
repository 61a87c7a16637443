//! Choice of feature columns and of their kinds.

use std::collections::HashMap;

use hearth_config::{CsvConfig, TaskKind, nearest};

use super::infer::InferredType;
use crate::error::DataError;
use crate::names::{composed, some_of};
use crate::tables::file::cell::is_missing;
use crate::tables::file::first_rows::FirstRows;
use crate::tables::file::input::TableInput;
use crate::tables::file::number::NumberFormat;
use crate::tables::file::record::Records;

/// Columns that a message names; the others are counted.
const MOST_NAMED: usize = 12;

/// Number of cells that a numeric column is inferred from, if the first rows have none.
const ENOUGH: usize = 100;

/// A feature column, or the target.
#[derive(Clone, Debug)]
pub(crate) struct Used {
    pub name: String,
    pub kind: ValueKind,
}

/// Kind of a column's values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ValueKind {
    /// Numbers in this format. An offset near the median is subtracted, so that an f32 is accurate enough.
    Number { format: NumberFormat, offset: f64 },
    /// Categories; `chosen` is true if the user named the column, false if the kind was inferred.
    Category { chosen: bool },
}

/// Columns of a table in the order of its first file, and their indices there.
pub(crate) struct Columns {
    pub used: Vec<Used>,
    pub target: Used,
    pub notes: Vec<String>,
}

impl Columns {
    /// Chooses columns by the settings, and infers their kinds from the first rows of the training file.
    pub fn of(
        input: &TableInput,
        sample: &FirstRows,
        config: &CsvConfig,
        task: Option<TaskKind>,
    ) -> Result<Self, DataError> {
        let mut notes = Vec::new();
        let target = composed(&config.target).into_owned();
        if sample.has_no_names(&target) {
            let fault = "its first line has numbers and no names of columns; begin the file with a line of names";
            return Err(input.fault_at(Some(sample.dialect.lines_before + 1), None, fault));
        }
        find(input, sample, &target, "data.target")?;
        let names = |names: &[String]| {
            names.iter().map(|name| composed(name).into_owned()).collect::<Vec<_>>()
        };
        let (ignored, categories) = (names(&config.ignore), names(&config.categories));
        for (key, names) in [("data.ignore", &ignored), ("data.categories", &categories)] {
            names.iter().try_for_each(|name| find(input, sample, name, key).map(drop))?;
        }
        let chosen = if let Some(columns) = &config.columns {
            names(columns)
        } else {
            let rest = sample.header.iter();
            rest.filter(|name| !name.is_empty() && **name != target && !ignored.contains(name))
                .cloned()
                .collect()
        };
        let unnamed = sample.header.iter().filter(|name| name.is_empty()).count();
        if unnamed > 0 && config.columns.is_none() {
            let s = if unnamed == 1 { "" } else { "s" };
            let path = hearth_config::shown(input.path());
            notes.push(format!("{path}: {unnamed} column{s} without a name left out"));
        }
        if chosen.is_empty() {
            return Err(input
                .fault("it has no column to learn from, besides the target and what is ignored"));
        }
        let mut indices = Vec::with_capacity(chosen.len() + 1);
        for name in &chosen {
            indices.push(find(input, sample, name, "data.columns")?);
        }
        indices.push(find(input, sample, &target, "data.target")?);
        let mut types = infer_types(input, sample, &indices)?;
        let target_type = types.pop().unwrap_or(InferredType::Nothing);
        let is_code = |name: &String| categories.contains(name);
        let used = chosen.into_iter().zip(types).map(|(name, inferred)| {
            let kind = kind(input, &name, inferred, is_code(&name), &mut notes)?;
            Ok(Used { name, kind })
        });
        let used = used.collect::<Result<Vec<_>, DataError>>()?;
        let kind = target_kind(input, &target, target_type, task)?;
        Ok(Self { used, target: Used { name: target, kind }, notes })
    }
}

/// Index of a column in a file; `key` is the setting that names it.
pub(crate) fn find(
    input: &TableInput,
    sample: &FirstRows,
    name: &str,
    key: &str,
) -> Result<usize, DataError> {
    let mut indices = (0..sample.header.len()).filter(|&index| sample.header[index] == name);
    match (indices.next(), indices.next()) {
        (Some(index), None) => Ok(index),
        (Some(first), Some(second)) => {
            let fault = format!(
                "its columns {} and {} are both named `{name}`; give each a name of its own",
                first + 1,
                second + 1
            );
            Err(input.fault_at(Some(sample.dialect.lines_before + 1), None, fault))
        }
        (None, _) => Err(input.fault(absent(sample, name, key))),
    }
}

/// The fault of a missing column, and the most similar name.
fn absent(sample: &FirstRows, name: &str, key: &str) -> String {
    let header = sample.header.iter().map(String::as_str).filter(|name| !name.is_empty());
    let same = header.clone().find(|other| other.to_lowercase() == name.to_lowercase());
    let near = same
        .or_else(|| nearest(name, header.clone()))
        .map(|near| format!("did you mean `{near}`? "));
    let lone = if sample.header.len() == 1 {
        " (cells are separated by a comma, a semicolon, a tab or |)"
    } else {
        ""
    };
    let known = some_of(header, MOST_NAMED);
    format!(
        "{key} names `{name}`, and it has no such column; {}it has {known}{lone}",
        near.unwrap_or_default()
    )
}

/// Infers the types of the columns with these indices.
fn infer_types(
    input: &TableInput,
    sample: &FirstRows,
    indices: &[usize],
) -> Result<Vec<InferredType>, DataError> {
    let decimal_comma = sample.dialect.decimal_comma;
    let of = |&index: &usize| {
        let cells = sample.rows.iter().filter_map(|row| row.get(index));
        InferredType::of(cells, decimal_comma)
    };
    let mut types: Vec<InferredType> = indices.iter().map(of).collect();
    let is_open = |at: &usize| types[*at] == InferredType::Nothing;
    let mut open: HashMap<usize, Vec<Vec<u8>>> =
        (0..indices.len()).filter(is_open).map(|at| (at, Vec::new())).collect();
    if open.is_empty() {
        return Ok(types);
    }
    // Columns without values in the first rows are inferred from later rows.
    let mut records = Records::open(input, sample)?;
    while open.values().any(|cells| cells.len() < ENOUGH) && records.advance()? {
        for (&at, cells) in &mut open {
            let cell = records.record[indices[at]].trim_ascii();
            if cells.len() < ENOUGH && !is_missing(cell) {
                cells.push(cell.to_vec());
            }
        }
    }
    for (at, cells) in open {
        types[at] = InferredType::of(cells.iter().map(Vec::as_slice), decimal_comma);
    }
    Ok(types)
}

fn kind(
    input: &TableInput,
    name: &str,
    inferred: InferredType,
    is_code: bool,
    notes: &mut Vec<String>,
) -> Result<ValueKind, DataError> {
    let ignore = format!("leave it out by ignore = [{}]", hearth_config::toml_string(name));
    let fault = |fault: String| Err(input.fault_at(None, Some(name), fault));
    match inferred {
        InferredType::Nothing => fault(format!("it has no value; {ignore}")),
        _ if is_code => Ok(ValueKind::Category { chosen: true }),
        InferredType::Numbers(format, offset) => Ok(ValueKind::Number { format, offset }),
        InferredType::Text => Ok(ValueKind::Category { chosen: false }),
        InferredType::Codes => {
            notes.push(format!(
                "column `{name}` has numbers with zeros in front: read as codes, not as numbers"
            ));
            Ok(ValueKind::Category { chosen: false })
        }
        InferredType::Dates => fault(format!(
            "it has dates or times, which are not learned from as they are; {ignore}, or write numbers instead, \
             such as the month"
        )),
        InferredType::Marked => fault(format!(
            "its numbers have a sign beside them, as % or $; write the numbers alone, or {ignore}"
        )),
    }
}

fn target_kind(
    input: &TableInput,
    name: &str,
    inferred: InferredType,
    task: Option<TaskKind>,
) -> Result<ValueKind, DataError> {
    let fault = |fault: &str| Err(input.fault_at(None, Some(name), fault));
    match (inferred, task) {
        (InferredType::Nothing, _) => fault("it is the target, and has no value"),
        (_, Some(TaskKind::Classify)) => Ok(ValueKind::Category { chosen: true }),
        (InferredType::Numbers(format, offset), _) => Ok(ValueKind::Number { format, offset }),
        (InferredType::Marked, _) => fault(
            "it is the target, and its numbers have a sign beside them, as % or $; write the numbers alone",
        ),
        (InferredType::Dates, None) => fault(
            "it is the target, and has dates or times; write numbers, such as days from a day on",
        ),
        (_, Some(TaskKind::Regress)) => fault(
            "it is the target, and most of its values are no numbers; for classes, write [task] kind = \"classify\"",
        ),
        (InferredType::Text | InferredType::Codes | InferredType::Dates, _) => {
            Ok(ValueKind::Category { chosen: false })
        }
    }
}
