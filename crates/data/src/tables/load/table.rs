//! Loading: `[data] kind = "csv"` -> coded rows in splits.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hearth_config::{BatchConfig, CsvConfig, TaskKind, shown};

use super::fit::{Cells, Fitted, fit};
use super::labels::ClassLabels;
use super::parts::{Labelled, Parts};
use crate::error::DataError;
use crate::tables::coded::coding::{Coding, standardised};
use crate::tables::coded::rows::{Rows, Targets};
use crate::tables::coded::target::{Target, TargetHolds, task_of};
use crate::tables::file::first_rows::FirstRows;
use crate::tables::file::input::TableInput;
use crate::tables::read::columns::{Columns, ValueKind};
use crate::tables::read::raw::{Raw, RawTarget};

/// Coded rows of a table, and their splits.
#[derive(Clone, Debug)]
pub struct Table {
    /// The `kind` in `[data]`.
    pub name: String,
    /// All rows: those of the single or training file, then those of the test file.
    pub rows: Arc<Rows>,
    /// Row indices of the splits.
    pub parts: Parts,
    /// Coding of rows.
    pub coding: Coding,
    /// The task of the config, or the one that follows from the target.
    pub task: TaskKind,
    /// Notes on how the files were read: dialects, and ignored columns.
    pub notes: Vec<String>,
    /// Warnings: faults that do not prevent training.
    pub warnings: Vec<String>,
    /// File -> SHA-256 of its contents, decompressed.
    pub checksums: BTreeMap<String, String>,
}

/// Loads the table of `[data] kind = "csv"`; `task` is the task of the config, if it names one.
pub fn load(
    config: &CsvConfig,
    batches: &BatchConfig,
    task: Option<TaskKind>,
    seed: u64,
) -> Result<Table, DataError> {
    let first = config.path.as_ref().or(config.train.as_ref());
    let input = TableInput::file(first.map_or("", String::as_str));
    let test = config.test.as_ref().map(TableInput::file);
    load_input(&input, test.as_ref(), config, batches, task, seed)
}

/// Loads a table from inputs, which may be bytes in memory, as [`load()`](load) does; `test` is the input of the test
/// rows, if they are a file of their own.
pub fn load_input(
    input: &TableInput,
    test: Option<&TableInput>,
    config: &CsvConfig,
    batches: &BatchConfig,
    task: Option<TaskKind>,
    seed: u64,
) -> Result<Table, DataError> {
    let ReadTable { raw, columns, num_first, mut notes, checksums } =
        read(input, test, config, task)?;
    let mut warnings = Vec::new();
    let column = columns.target.name.clone();
    let (labels, numbers, task) = match raw.target {
        RawTarget::Classes { numbers, words } => {
            let labels = ClassLabels::of(input, &column, &numbers, &words)?;
            if let Some((one, other)) = words.case_twins() {
                warnings.push(format!(
                    "column `{column}`: the classes `{one}` and `{other}` differ in case alone"
                ));
            }
            (Some(labels), Vec::new(), TaskKind::Classify)
        }
        RawTarget::Numbers { numbers, are_whole } => {
            let holds = if are_whole { TargetHolds::WholeNumbers } else { TargetHolds::Fractions };
            let task = task.map_or_else(|| task_of(input, &column, holds), Ok)?;
            (None, numbers, task)
        }
    };
    let labelled = Labelled {
        num_rows: raw.num_rows,
        num_first,
        labels: labels.as_ref().map(|labels| &labels.labels[..]),
        num_classes: labels.as_ref().map_or(1, |labels| labels.names.len()),
    };
    let parts = Parts::of(input, &labelled, config, batches, seed)?;
    let (targets, target) = match labels {
        Some(labels) => {
            // A limited training set need not contain every class.
            if batches.limit_train.is_none() && batches.overfit_batches.is_none() {
                labels.check(input, &column, &parts)?;
            }
            warnings.extend(labels.untested(&column, &parts));
            (Targets::Classes(labels.labels), Target::Classes { names: labels.names })
        }
        None => standardised_target(input, &column, &numbers, &parts)?,
    };
    let cells = Cells { numbers: raw.numbers, codes: raw.codes, words: raw.words };
    let fitted = fit(cells, &columns, &parts, config.missing).map_err(|name| {
        input.fault_at(
            None,
            Some(&name),
            "it has no value in the training part; leave it out by data.ignore",
        )
    })?;
    let Fitted { columns: coded, numbers, codes, warnings: others } = fitted;
    warnings.extend(others);
    let coding = Coding { columns: coded, target_column: column, target };
    let rows = Rows {
        num_rows: labelled_rows(&targets),
        num_numbers: coding.num_numbers(),
        num_categories: coding.categories().len(),
        numbers,
        codes,
        targets,
    };
    notes.extend(columns.notes);
    Ok(Table {
        name: "csv".to_owned(),
        rows: Arc::new(rows),
        parts,
        coding,
        task,
        notes,
        warnings,
        checksums,
    })
}

fn labelled_rows(targets: &Targets) -> usize {
    match targets {
        Targets::Unknown => 0,
        Targets::Classes(labels) => labels.len(),
        Targets::Numbers(numbers) => numbers.len(),
    }
}

/// All rows of a table's files, before coding.
pub(crate) struct ReadTable {
    pub raw: Raw,
    pub columns: Columns,
    /// Number of rows of the first file.
    pub num_first: usize,
    pub notes: Vec<String>,
    pub checksums: BTreeMap<String, String>,
}

/// Reads the files of a table; dialect and columns are inferred from the first one.
pub(crate) fn read(
    input: &TableInput,
    test: Option<&TableInput>,
    config: &CsvConfig,
    task: Option<TaskKind>,
) -> Result<ReadTable, DataError> {
    let sample = FirstRows::of(input)?;
    let columns = Columns::of(input, &sample, config, task)?;
    let mut raw = Raw::of(&columns);
    let (mut notes, mut checksums) = (Vec::new(), BTreeMap::new());
    let mut note = |input: &TableInput, sample: &FirstRows| {
        notes.push(format!("{}: {}", shown(input.path()), sample.dialect));
    };
    note(input, &sample);
    let finished = raw.read(input, &sample, &columns, config.missing, true)?;
    let num_first = raw.num_rows;
    check_names(input, &columns, &raw)?;
    let mut more = finished.notes;
    checksums.insert(key(input, None), finished.sha256);
    if let Some(test) = test {
        let sample = FirstRows::of(test)?;
        note(test, &sample);
        let finished = raw.read(test, &sample, &columns, config.missing, false)?;
        more.extend(finished.notes);
        checksums.insert(key(test, Some(input)), finished.sha256);
    }
    for (input, num_rows) in [(Some(input), num_first), (test, raw.num_rows - num_first)] {
        if let Some(input) = input.filter(|_| num_rows == 0) {
            return Err(input.fault("it has a line of names and no rows"));
        }
    }
    notes.extend(more);
    Ok(ReadTable { raw, columns, num_first, notes, checksums })
}

/// Key of a file's checksum: its name, so that data may move, or its path if the other file has the same name.
fn key(input: &TableInput, other: Option<&TableInput>) -> String {
    let name = |input: &TableInput| {
        input.path().file_name().map(|name| Path::new(name).display().to_string())
    };
    let own = name(input).filter(|_| other.is_none_or(|other| name(other) != name(input)));
    own.unwrap_or_else(|| input.path().display().to_string())
}

/// Checks that no inferred categorical column has nearly unique values, as names have.
fn check_names(input: &TableInput, columns: &Columns, raw: &Raw) -> Result<(), DataError> {
    let guessed = columns.used.iter().filter_map(|used| match used.kind {
        ValueKind::Category { chosen } => Some((used, chosen)),
        ValueKind::Number { .. } => None,
    });
    for ((used, chosen), words) in guessed.zip(&raw.words) {
        if !chosen && words.are_names() {
            let fault = format!(
                "it has {} different values in {} rows, as names and numbers of rows have; leave it out by ignore = \
                 [{}]",
                words.texts.len(),
                words.count,
                hearth_config::toml_string(&used.name)
            );
            return Err(input.fault_at(None, Some(&used.name), fault));
        }
    }
    let RawTarget::Classes { words, .. } = &raw.target else { return Ok(()) };
    if words.are_names() {
        let fault = format!(
            "it is the target, and has {} different values in {} rows; a class needs several rows to learn from",
            words.texts.len(),
            words.count
        );
        return Err(input.fault_at(None, Some(&columns.target.name), fault));
    }
    Ok(())
}

/// Standardises a numeric target by mean and standard deviation of the training rows.
fn standardised_target(
    input: &TableInput,
    column: &str,
    numbers: &[f64],
    parts: &Parts,
) -> Result<(Targets, Target), DataError> {
    let train = || parts.train.iter().map(|&index| numbers[index as usize]);
    let count = parts.train.len() as f64;
    let mean = train().sum::<f64>() / count;
    let std = (train().map(|number| (number - mean).powi(2)).sum::<f64>() / count).sqrt();
    let (least, most) = train()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), number| {
            (least.min(number), most.max(number))
        });
    // A single training row has no variance.
    if parts.train.len() > 1 && least >= most {
        let fault = format!(
            "it is the target, and all its numbers are {least} in the training part: there is nothing to predict"
        );
        return Err(input.fault_at(None, Some(column), fault));
    }
    let std = if std > 0.0 { std } else { 1.0 };
    let targets = numbers.iter().map(|number| standardised(*number, mean, std)).collect();
    Ok((Targets::Numbers(targets), Target::Number { mean, std }))
}
