//! Target leakage: columns from which the target nearly follows, and which are probably unknown at prediction.

use std::collections::HashMap;

use crate::tables::coded::coding::ColumnCoding;
use crate::tables::coded::rows::Targets;
use crate::tables::load::table::Table;

/// Explained share of the target at which a column counts as leakage.
const LEAKAGE: f64 = 0.995;

/// Fewest training rows for a statement.
const FEWEST: usize = 20;

/// A sentence about a column from which the target nearly follows; `None` otherwise.
pub(crate) fn leakage_finding(table: &Table, at: usize) -> Option<String> {
    let explained = explained(table, at).filter(|explained| *explained >= LEAKAGE)?;
    Some(format!(
        "column `{}` gives the target `{}` away: from it alone, {:.1} % of it follow; leave it out by data.ignore if \
         it is not known beforehand",
        table.coding.columns[at].name,
        table.coding.target_column,
        explained * 100.0
    ))
}

/// Values of a column in the training rows.
enum ColumnValues {
    Numbers(Vec<f32>),
    Codes(Vec<u32>),
}

/// Share of the target's variance, or of the errors of the most frequent class, that a column explains. `None` where
/// the share is meaningless, as for a category that is unique to each row.
fn explained(table: &Table, at: usize) -> Option<f64> {
    let indices = &table.parts.train;
    if indices.len() < FEWEST {
        return None;
    }
    let values = values(table, at);
    let groups = |codes: &[u32]| {
        let mut groups: HashMap<u32, Vec<usize>> = HashMap::new();
        for (row, &code) in codes.iter().enumerate() {
            groups.entry(code).or_default().push(row);
        }
        (groups.len() * 2 <= indices.len()).then_some(groups)
    };
    match &table.rows.targets {
        Targets::Unknown => None,
        Targets::Classes(labels) => {
            let labels: Vec<u16> = indices.iter().map(|&index| labels[index as usize]).collect();
            let errors = match values {
                ColumnValues::Codes(codes) => {
                    let of = |group: &Vec<usize>| errors(group.iter().map(|&row| labels[row]));
                    groups(&codes)?.values().map(of).sum()
                }
                ColumnValues::Numbers(numbers) => changes(&numbers, &labels),
            };
            // Without any column, the most frequent class is the best prediction.
            let before = errors_of_all(&labels);
            (before > 0).then(|| 1.0 - errors as f64 / before as f64)
        }
        Targets::Numbers(targets) => {
            let targets: Vec<f64> =
                indices.iter().map(|&index| f64::from(targets[index as usize])).collect();
            match values {
                ColumnValues::Numbers(numbers) => Some(correlation(&numbers, &targets).powi(2)),
                ColumnValues::Codes(codes) => {
                    let of = |group: &Vec<usize>| deviation(group.iter().map(|&row| targets[row]));
                    let within: f64 = groups(&codes)?.values().map(of).sum();
                    Some(1.0 - within / deviation(targets.iter().copied()))
                }
            }
        }
    }
}

fn values(table: &Table, at: usize) -> ColumnValues {
    let is_number =
        |at: usize| matches!(table.coding.columns[at].coding, ColumnCoding::Number { .. });
    let before = (0..at).filter(|&other| is_number(other) == is_number(at)).count();
    let (rows, indices) = (&*table.rows, table.parts.train.iter().map(|&index| index as usize));
    if is_number(at) {
        ColumnValues::Numbers(
            indices.map(|index| rows.numbers[index * rows.num_numbers + before]).collect(),
        )
    } else {
        ColumnValues::Codes(
            indices.map(|index| rows.codes[index * rows.num_categories + before]).collect(),
        )
    }
}

/// Number of rows of other classes than the most frequent one.
fn errors(labels: impl Iterator<Item = u16>) -> usize {
    let mut counts: HashMap<u16, usize> = HashMap::new();
    for label in labels {
        *counts.entry(label).or_default() += 1;
    }
    counts.values().sum::<usize>() - counts.values().max().copied().unwrap_or(0)
}

fn errors_of_all(labels: &[u16]) -> usize {
    errors(labels.iter().copied())
}

/// Number of changes between classes in rows sorted by a number, beyond those of one contiguous range per class. Rows
/// of equal numbers count by their most frequent class.
fn changes(numbers: &[f32], labels: &[u16]) -> usize {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]).then(labels[a].cmp(&labels[b])));
    let ties = order.chunk_by(|&a, &b| numbers[a].total_cmp(&numbers[b]).is_eq());
    let within: usize = ties.clone().map(|tie| errors(tie.iter().map(|&row| labels[row]))).sum();
    let firsts: Vec<u16> = ties.map(|tie| labels[tie[0]]).collect();
    let between = firsts.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let mut classes = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    within + between.saturating_sub(classes.len() - 1)
}

/// Sum of squared deviations from the mean.
fn deviation(numbers: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = numbers.clone().count().max(1) as f64;
    let mean = numbers.clone().sum::<f64>() / count;
    numbers.map(|number| (number - mean).powi(2)).sum()
}

/// Pearson's correlation coefficient.
fn correlation(numbers: &[f32], targets: &[f64]) -> f64 {
    let numbers = || numbers.iter().copied().map(f64::from);
    let count = targets.len() as f64;
    let means = (numbers().sum::<f64>() / count, targets.iter().sum::<f64>() / count);
    let products =
        numbers().zip(targets).map(|(number, target)| (number - means.0) * (target - means.1));
    let scale = (deviation(numbers()) * deviation(targets.iter().copied())).sqrt();
    if scale > 0.0 { products.sum::<f64>() / scale } else { 0.0 }
}
