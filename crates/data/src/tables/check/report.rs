//! Check of a table before training: duplicates, constant columns, target leakage.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::Path;

use hearth_config::{BatchConfig, CsvConfig, TaskKind, shown};

use super::leakage::leakage_finding;
use crate::error::DataError;
use crate::tables::coded::rows::{Rows, Targets};
use crate::tables::coded::target::Target;
use crate::tables::file::input::TableInput;
use crate::tables::load::table::{Table, load_input};

/// Result of [`check()`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableReport {
    /// The task.
    pub task: Option<TaskKind>,
    /// Counts of training and test rows.
    pub num_rows: [usize; 2],
    /// For each class, counts of training and test rows; empty for regression.
    pub classes: Vec<(String, [usize; 2])>,
    /// Notes on how the files were read.
    pub notes: Vec<String>,
    /// Findings that speak against training on the table as it is, a sentence each.
    pub findings: Vec<String>,
}

impl TableReport {
    /// True if there are no findings.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Loads a table as training does, and looks for duplicate rows, constant columns and target leakage. An error means
/// that the table cannot be trained on.
pub fn check(
    config: &CsvConfig,
    task: Option<TaskKind>,
    seed: u64,
) -> Result<TableReport, DataError> {
    let first = config.path.as_ref().or(config.train.as_ref());
    let input = TableInput::file(first.map_or("", String::as_str));
    let test = config.test.as_ref().map(TableInput::file);
    let batches = BatchConfig { valid_samples: 0, ..BatchConfig::default() };
    let table = load_input(&input, test.as_ref(), config, &batches, task, seed)?;
    Ok(report(&table, config))
}

/// Checks a loaded table.
pub(crate) fn report(table: &Table, config: &CsvConfig) -> TableReport {
    let mut findings = table.warnings.clone();
    findings.extend(repeated(table, config));
    for at in 0..table.coding.columns.len() {
        findings.extend(leakage_finding(table, at));
    }
    let parts = [&table.parts.train, &table.parts.test];
    let classes = match (&table.coding.target, &table.rows.targets) {
        (Target::Classes { names }, Targets::Classes(labels)) => {
            let count = |part: &Vec<u32>, label: usize| {
                part.iter().filter(|index| usize::from(labels[**index as usize]) == label).count()
            };
            let named = names.iter().cloned().enumerate();
            named.map(|(label, name)| (name, parts.map(|part| count(part, label)))).collect()
        }
        _ => Vec::new(),
    };
    TableReport {
        task: Some(table.task),
        num_rows: parts.map(Vec::len),
        classes,
        notes: table.notes.clone(),
        findings,
    }
}

/// Findings on rows with equal values in all feature columns and in the target.
fn repeated(table: &Table, config: &CsvConfig) -> Vec<String> {
    let rows = &*table.rows;
    let is_test = |index: u32| table.parts.test.binary_search(&index).is_ok();
    // Equal hashes are resolved by comparing the rows.
    let mut seen: HashMap<u64, Vec<u32>> = HashMap::with_capacity(rows.num_rows);
    let (mut doubles, mut shared) = (Vec::new(), Vec::new());
    for index in table.parts.train.iter().chain(&table.parts.test).copied() {
        let same = seen.entry(hash(rows, index)).or_default();
        match same.iter().find(|&&other| are_equal(rows, index, other)) {
            Some(&other) if is_test(index) && !is_test(other) => shared.push((other, index)),
            Some(&other) => doubles.push((other, index)),
            None => same.push(index),
        }
    }
    let num_first =
        table.rows.num_rows - if config.test.is_some() { table.parts.test.len() } else { 0 };
    let row = |index: u32| match (index as usize).checked_sub(num_first) {
        Some(index) => format!("row {} of {}", index + 1, name(config.test.as_deref())),
        None => format!(
            "row {} of {}",
            index + 1,
            name(config.path.as_deref().or(config.train.as_deref()))
        ),
    };
    let mut findings = Vec::new();
    if let Some(&(first, second)) = shared.first() {
        let (count, first, second) = (shared.len(), row(first), row(second));
        let s =
            if count == 1 { "row of the test part stands" } else { "rows of the test part stand" };
        findings.push(format!(
            "{count} {s} in the training part as well, as {second} does in {first}: memorised rows raise \
             the test results"
        ));
    }
    if let Some(&(first, second)) = doubles.first() {
        let (count, first, second) = (doubles.len(), row(first), row(second));
        let s = if count == 1 { "row repeats" } else { "rows repeat" };
        findings.push(format!("{count} {s} one of the same part, as {second} does {first}"));
    }
    findings
}

fn name(path: Option<&str>) -> String {
    shown(Path::new(path.unwrap_or_default())).to_string()
}

/// Numbers, codes and target of a row.
fn row(rows: &Rows, index: u32) -> (&[f32], &[u32], u32) {
    let at = index as usize;
    let target = match &rows.targets {
        Targets::Unknown => 0,
        Targets::Classes(labels) => u32::from(labels[at]),
        Targets::Numbers(numbers) => numbers[at].to_bits(),
    };
    let numbers = &rows.numbers[at * rows.num_numbers..][..rows.num_numbers];
    (numbers, &rows.codes[at * rows.num_categories..][..rows.num_categories], target)
}

fn hash(rows: &Rows, index: u32) -> u64 {
    let (numbers, codes, target) = row(rows, index);
    let mut hasher = DefaultHasher::new();
    for number in numbers {
        number.to_bits().hash(&mut hasher);
    }
    (codes, target).hash(&mut hasher);
    hasher.finish()
}

fn are_equal(rows: &Rows, one: u32, other: u32) -> bool {
    row(rows, one) == row(rows, other)
}
