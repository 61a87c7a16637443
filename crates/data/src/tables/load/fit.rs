//! Statistics of the training rows, and coding of all rows by them.

use hearth_config::Missing;

use super::parts::Parts;
use crate::names::some_of;
use crate::tables::coded::coding::{Column, ColumnCoding, find, standardised};
use crate::tables::read::columns::{Columns, ValueKind};
use crate::tables::read::vocabulary::{NO_VALUE, Vocabulary};

/// Unseen values that a message names; the others are counted.
const MOST_NAMED: usize = 3;

/// Coded columns, and warnings about them.
pub(crate) struct Fitted {
    pub columns: Vec<Column>,
    pub numbers: Vec<f32>,
    pub codes: Vec<u32>,
    pub warnings: Vec<String>,
}

/// Cells of all rows, before coding.
pub(crate) struct Cells {
    pub numbers: Vec<f32>,
    pub codes: Vec<u32>,
    pub words: Vec<Vocabulary>,
}

/// Codes all rows by the statistics of the training rows. The error is the name of a column without values in the
/// training rows.
pub(crate) fn fit(
    cells: Cells,
    columns: &Columns,
    parts: &Parts,
    missing: Missing,
) -> Result<Fitted, String> {
    let Cells { mut numbers, mut codes, words } = cells;
    let mut warnings = Vec::new();
    let num_categories = words.len();
    let num_numbers = columns.used.len() - num_categories;
    let moments = moments(&numbers, num_numbers, &parts.train);
    let (mut at_number, mut at_category) = (0, 0);
    let mut coded = Vec::with_capacity(columns.used.len());
    let mut scales = Vec::with_capacity(num_numbers);
    for used in &columns.used {
        let name = used.name.clone();
        let coding = match used.kind {
            ValueKind::Number { offset, .. } => {
                let moment = moments[at_number];
                if moment.count == 0 {
                    return Err(name);
                }
                let scale = scale(&numbers, (num_numbers, at_number), parts, moment, missing);
                if moment.std == 0.0 {
                    warnings.push(format!(
                        "column `{name}`: all its numbers are the same in the training part"
                    ));
                }
                at_number += 1;
                scales.push(scale);
                ColumnCoding::Number {
                    mean: offset + scale.mean,
                    std: scale.std,
                    fill: (missing != Missing::Error).then_some(offset + scale.fill),
                    missing_flag: scale.has_flag,
                }
            }
            ValueKind::Category { .. } => {
                let column = (num_categories, at_category);
                let values =
                    CategoryValues::of(&codes, column, &words[at_category], parts, missing);
                if values.values.is_empty() {
                    return Err(name);
                }
                if values.values.len() == 1 {
                    warnings.push(format!(
                        "column `{name}`: all its values are the same in the training part"
                    ));
                }
                let unseen = values.apply(&mut codes, column, &words[at_category], parts);
                warnings.extend(unseen.map(|unseen| format!("column `{name}`: {unseen}")));
                if let Some((one, other)) = words[at_category].case_twins() {
                    warnings.push(format!(
                        "column `{name}`: `{one}` and `{other}` differ in case alone"
                    ));
                }
                at_category += 1;
                ColumnCoding::Category { values: values.values, fill: values.fill }
            }
        };
        coded.push(Column { name, coding });
    }
    numbers = standardised_rows(numbers, &scales);
    Ok(Fitted { columns: coded, numbers, codes, warnings })
}

/// Mean and population standard deviation of a column, and its missing cells.
#[derive(Clone, Copy, Default)]
struct ColumnMoments {
    count: usize,
    mean: f64,
    std: f64,
    has_missing: bool,
}

/// `[width]`: the moments of each column over these rows, without missing cells.
fn moments(numbers: &[f32], width: usize, indices: &[u32]) -> Vec<ColumnMoments> {
    let mut moments = vec![ColumnMoments::default(); width];
    let rows = || indices.iter().map(|&index| &numbers[index as usize * width..][..width]);
    for row in rows() {
        for (moment, &number) in moments.iter_mut().zip(row) {
            if number.is_nan() {
                moment.has_missing = true;
            } else {
                moment.mean += f64::from(number);
                moment.count += 1;
            }
        }
    }
    for moment in &mut moments {
        moment.mean /= moment.count.max(1) as f64;
    }
    for row in rows() {
        for (moment, &number) in moments.iter_mut().zip(row).filter(|(_, number)| !number.is_nan())
        {
            moment.std += (f64::from(number) - moment.mean).powi(2);
        }
    }
    for moment in &mut moments {
        moment.std = (moment.std / moment.count.max(1) as f64).sqrt();
    }
    moments
}

/// Parameters of a column's standardisation, relative to the column's offset.
#[derive(Clone, Copy)]
struct Standardization {
    mean: f64,
    std: f64,
    fill: f64,
    has_flag: bool,
}

fn scale(
    numbers: &[f32],
    (width, at): (usize, usize),
    parts: &Parts,
    moment: ColumnMoments,
    missing: Missing,
) -> Standardization {
    let sorted = || {
        let column = parts.train.iter().map(|&index| numbers[index as usize * width + at]);
        let mut column: Vec<f32> = column.filter(|number| !number.is_nan()).collect();
        column.sort_unstable_by(f32::total_cmp);
        column
    };
    let fill = match missing {
        Missing::Error | Missing::Mean | Missing::Category => moment.mean,
        Missing::Median => median(&sorted()),
        Missing::MostFrequent => most_frequent(&sorted()),
    };
    let std = if moment.std > 0.0 { moment.std } else { 1.0 };
    let has_flag = missing == Missing::Category && moment.has_missing;
    Standardization { mean: moment.mean, std, fill, has_flag }
}

/// Median of sorted numbers.
fn median(sorted: &[f32]) -> f64 {
    let half = sorted.len() / 2;
    let at = |index: usize| f64::from(sorted[index]);
    if sorted.len() % 2 == 1 { at(half) } else { f64::midpoint(at(half - 1), at(half)) }
}

/// Most frequent of sorted numbers; of equally frequent ones, the smallest.
fn most_frequent(sorted: &[f32]) -> f64 {
    let runs = sorted.chunk_by(|a, b| a.total_cmp(b).is_eq()).rev();
    runs.max_by_key(|run| run.len()).map_or(0.0, |run| f64::from(run[0]))
}

/// Standardises all rows, and appends the missing flags to the numbers of each row.
fn standardised_rows(mut numbers: Vec<f32>, scales: &[Standardization]) -> Vec<f32> {
    let width = scales.len();
    let num_flags = scales.iter().filter(|scale| scale.has_flag).count();
    let standardise = |row: &mut [f32]| {
        for (number, scale) in row.iter_mut().zip(scales) {
            let value = if number.is_nan() { scale.fill } else { f64::from(*number) };
            *number = standardised(value, scale.mean, scale.std);
        }
    };
    if width == 0 || num_flags == 0 {
        numbers.chunks_exact_mut(width.max(1)).for_each(standardise);
        return numbers;
    }
    let mut wide = Vec::with_capacity(numbers.len() / width * (width + num_flags));
    for row in numbers.chunks_exact(width) {
        let start = wide.len();
        wide.extend_from_slice(row);
        let flags = row.iter().zip(scales).filter(|(_, scale)| scale.has_flag);
        wide.extend(flags.map(|(number, _)| f32::from(u8::from(number.is_nan()))));
        standardise(&mut wide[start..start + width]);
    }
    wide
}

/// Values of a categorical column.
struct CategoryValues {
    values: Vec<String>,
    fill: Option<String>,
}

impl CategoryValues {
    /// The values in the training rows.
    fn of(
        codes: &[u32],
        (width, at): (usize, usize),
        words: &Vocabulary,
        parts: &Parts,
        missing: Missing,
    ) -> Self {
        let mut counts = vec![0_usize; words.texts.len()];
        let mut num_missing = 0;
        for &index in &parts.train {
            match codes[index as usize * width + at] {
                NO_VALUE => num_missing += 1,
                word => counts[word as usize] += 1,
            }
        }
        let present = || words.texts.iter().zip(&counts).filter(|(_, count)| **count > 0);
        let mut values: Vec<String> = present().map(|(word, _)| word.clone()).collect();
        let fill = match missing {
            Missing::Error => None,
            Missing::MostFrequent => {
                let most = present().max_by(|(a, n), (b, m)| n.cmp(m).then_with(|| b.cmp(a)));
                Some(most.map_or_else(String::new, |(word, _)| word.clone()))
            }
            Missing::Mean | Missing::Median | Missing::Category => Some(String::new()),
        };
        if num_missing > 0 && fill.as_deref() == Some("") && !values.is_empty() {
            values.push(String::new());
        }
        values.sort_unstable();
        Self { values, fill }
    }

    /// Replaces indices into the vocabulary by codes. Returns a warning about values of validation and test rows that
    /// do not occur in the training rows.
    fn apply(
        &self,
        codes: &mut [u32],
        (width, at): (usize, usize),
        words: &Vocabulary,
        parts: &Parts,
    ) -> Option<String> {
        let code = |word: &str| find(&self.values, word).map_or(0, |index| index as u32 + 1);
        let map: Vec<u32> = words.texts.iter().map(|word| code(word)).collect();
        let fill = self.fill.as_deref().map_or(0, code);
        let mut unseen = Vec::new();
        for &index in parts.valid.iter().chain(&parts.test) {
            let word = codes[index as usize * width + at];
            if word != NO_VALUE && map[word as usize] == 0 {
                unseen.push(word);
            }
        }
        for row in codes.chunks_exact_mut(width) {
            row[at] = if row[at] == NO_VALUE { fill } else { map[row[at] as usize] };
        }
        let count = unseen.len();
        unseen.sort_unstable();
        unseen.dedup();
        let named = some_of(
            unseen.iter().map(|&word| format!("`{}`", words.texts[word as usize])),
            MOST_NAMED,
        );
        let rows = if count == 1 { "1 row has".to_owned() } else { format!("{count} rows have") };
        (count > 0).then(|| {
            format!("{rows} a value that the training part does not have, and that counts as unknown: {named}")
        })
    }
}
