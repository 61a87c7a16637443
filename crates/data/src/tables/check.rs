//! What is worth knowing about a table before learning from it.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::Path;

use hearth_config::{BatchConfig, CsvConfig, TaskKind, shown};

use super::coding::ColumnCoding;
use super::input::Input;
use super::load::{Table, load_from};
use super::rows::{Rows, Targets};
use super::target::Target;
use crate::error::DataError;

/// A column that explains so much of the target gives it away.
const GIVEN_AWAY: f64 = 0.999;

/// Rows that are looked at for what gives the target away; fewer say nothing.
const FEWEST: usize = 20;

/// The result of [`check`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableReport {
    /// The task.
    pub task: Option<TaskKind>,
    /// Rows of the training and the test part.
    pub num_rows: [usize; 2],
    /// Rows of each class in them, by the classes' names; empty where a number is predicted.
    pub classes: Vec<(String, [usize; 2])>,
    /// How the files were read.
    pub notes: Vec<String>,
    /// A sentence for each thing that speaks against learning from the table as it is.
    pub findings: Vec<String>,
}

impl TableReport {
    /// Whether there is nothing to report.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Reads a table as the training would, and looks for rows that stand in it twice and columns that say nothing or
/// everything. An error means that it cannot be learned from at all.
pub fn check(
    config: &CsvConfig,
    task: Option<TaskKind>,
    seed: u64,
) -> Result<TableReport, DataError> {
    let first = config.path.as_ref().or(config.train.as_ref());
    let input = Input::file(first.map_or("", String::as_str));
    let test = config.test.as_ref().map(Input::file);
    let batches = BatchConfig { valid_samples: 0, ..BatchConfig::default() };
    let table = load_from(&input, test.as_ref(), config, &batches, task, seed)?;
    Ok(report(&table, config))
}

/// The findings of a table.
pub(crate) fn report(table: &Table, config: &CsvConfig) -> TableReport {
    let mut findings = table.warnings.clone();
    findings.extend(repeated(table, config));
    for at in 0..table.coding.columns.len() {
        findings.extend(given_away(table, at));
    }
    let parts = [&table.parts.train, &table.parts.test];
    let classes = match (&table.coding.target, &table.rows.targets) {
        (Target::Classes { names }, Targets::Classes(labels)) => {
            let count = |part: &Vec<u32>, label: usize| {
                part.iter().filter(|place| usize::from(labels[**place as usize]) == label).count()
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

/// Rows with the same values in all columns that are learned from, and in the target.
fn repeated(table: &Table, config: &CsvConfig) -> Vec<String> {
    let rows = &*table.rows;
    let is_test = |place: u32| table.parts.test.binary_search(&place).is_ok();
    // Of equal hashes, the rows themselves decide.
    let mut seen: HashMap<u64, Vec<u32>> = HashMap::with_capacity(rows.num_rows);
    let (mut doubles, mut shared) = (Vec::new(), Vec::new());
    for place in table.parts.train.iter().chain(&table.parts.test).copied() {
        let same = seen.entry(hash(rows, place)).or_default();
        match same.iter().find(|&&other| are_equal(rows, place, other)) {
            Some(&other) if is_test(place) && !is_test(other) => shared.push((other, place)),
            Some(&other) => doubles.push((other, place)),
            None => same.push(place),
        }
    }
    let num_first =
        table.rows.num_rows - if config.test.is_some() { table.parts.test.len() } else { 0 };
    let row = |place: u32| match (place as usize).checked_sub(num_first) {
        Some(place) => format!("row {} of {}", place + 1, name(config.test.as_deref())),
        None => format!(
            "row {} of {}",
            place + 1,
            name(config.path.as_deref().or(config.train.as_deref()))
        ),
    };
    let mut findings = Vec::new();
    if let Some(&(first, second)) = shared.first() {
        let (count, first, second) = (shared.len(), row(first), row(second));
        let s =
            if count == 1 { "row of the test part stands" } else { "rows of the test part stand" };
        findings.push(format!(
            "{count} {s} in the training part as well, as {second} does in {first}: what is learned by heart counts \
             as understood"
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

/// The numbers, codes and target of a row.
fn row(rows: &Rows, place: u32) -> (&[f32], &[u32], u32) {
    let at = place as usize;
    let target = match &rows.targets {
        Targets::Unknown => 0,
        Targets::Classes(labels) => u32::from(labels[at]),
        Targets::Numbers(numbers) => numbers[at].to_bits(),
    };
    let numbers = &rows.numbers[at * rows.num_numbers..][..rows.num_numbers];
    (numbers, &rows.codes[at * rows.num_categories..][..rows.num_categories], target)
}

fn hash(rows: &Rows, place: u32) -> u64 {
    let (numbers, codes, target) = row(rows, place);
    let mut hasher = DefaultHasher::new();
    numbers.iter().for_each(|number| number.to_bits().hash(&mut hasher));
    (codes, target).hash(&mut hasher);
    hasher.finish()
}

fn are_equal(rows: &Rows, one: u32, other: u32) -> bool {
    row(rows, one) == row(rows, other)
}

/// What a column says of the target, where it says nearly all.
fn given_away(table: &Table, at: usize) -> Option<String> {
    let places = &table.parts.train;
    if places.len() < FEWEST {
        return None;
    }
    let rows = &*table.rows;
    let column = &table.coding.columns[at];
    let is_number = |coding: &ColumnCoding| matches!(coding, ColumnCoding::Number { .. });
    let same_kind = is_number(&column.coding);
    let before =
        table.coding.columns[..at].iter().filter(|column| is_number(&column.coding) == same_kind);
    let before = before.count();
    let value = |place: u32| match same_kind {
        true => rows.numbers[place as usize * rows.num_numbers + before].to_bits(),
        false => rows.codes[place as usize * rows.num_categories + before],
    };
    // Rows by the value of the column: one that nearly all rows have for themselves says nothing.
    let mut groups: HashMap<u32, Vec<u32>> = HashMap::new();
    places.iter().for_each(|&place| groups.entry(value(place)).or_default().push(place));
    let explained = match &rows.targets {
        Targets::Unknown => return None,
        Targets::Classes(labels) if groups.len() * 2 > places.len() => {
            if !same_kind {
                return None;
            }
            separated(places, labels, |place| f32::from_bits(value(place)))
        }
        Targets::Classes(labels) => {
            let most = groups.values().map(|group| {
                let mut counts: HashMap<u16, usize> = HashMap::new();
                group
                    .iter()
                    .for_each(|&place| *counts.entry(labels[place as usize]).or_default() += 1);
                counts.into_values().max().unwrap_or(0)
            });
            most.sum::<usize>() as f64 / places.len() as f64
        }
        Targets::Numbers(targets) if same_kind => {
            let pairs = places.iter().map(|&place| {
                (f64::from(f32::from_bits(value(place))), f64::from(targets[place as usize]))
            });
            correlation(pairs).powi(2)
        }
        Targets::Numbers(targets) if groups.len() * 2 > places.len() => {
            let _ = targets;
            return None;
        }
        Targets::Numbers(targets) => {
            let within: f64 = groups
                .values()
                .map(|group| {
                    let mean = group.iter().map(|&p| f64::from(targets[p as usize])).sum::<f64>()
                        / group.len() as f64;
                    group
                        .iter()
                        .map(|&p| (f64::from(targets[p as usize]) - mean).powi(2))
                        .sum::<f64>()
                })
                .sum();
            // Of the training part, the variance of a standardised target is 1.
            1.0 - within / places.len() as f64
        }
    };
    (explained >= GIVEN_AWAY).then(|| {
        format!(
            "column `{}` gives the target `{}` away: it alone says {:.1} % of it; leave it out by data.ignore if it \
             will not be known beforehand",
            column.name,
            table.coding.target_column,
            explained * 100.0
        )
    })
}

/// The share of rows whose class is that of their neighbour in the order of a number, where there are fewer changes
/// from class to class than twice the classes: a number whose ranges are the classes.
fn separated(places: &[u32], labels: &[u16], number: impl Fn(u32) -> f32) -> f64 {
    let mut order = places.to_vec();
    order.sort_by(|&a, &b| number(a).total_cmp(&number(b)));
    let changes = order
        .windows(2)
        .filter(|pair| labels[pair[0] as usize] != labels[pair[1] as usize])
        .count();
    1.0 - changes as f64 / places.len() as f64
}

/// Pearson's coefficient.
fn correlation(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = pairs.clone().count() as f64;
    let sums = pairs.clone().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (x_mean, y_mean) = (sums.0 / count, sums.1 / count);
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        xy += (x - x_mean) * (y - y_mean);
        xx += (x - x_mean).powi(2);
        yy += (y - y_mean).powi(2);
    }
    if xx * yy > 0.0 { xy / (xx * yy).sqrt() } else { 0.0 }
}
