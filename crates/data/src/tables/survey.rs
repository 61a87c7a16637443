//! Survey of a table without settings: proposed settings for `hearth init`.

use std::collections::HashSet;

use hearth_config::{CsvConfig, Missing};

use super::coded::target::TargetHolds;
use super::file::first_rows::FirstRows;
use super::file::input::TableInput;
use super::load::table::{ReadTable, read};
use super::read::columns::ValueKind;
use super::read::raw::{Raw, RawTarget};
use super::read::vocabulary::NO_VALUE;
use crate::error::DataError;
use crate::names::composed;

/// Fewest rows at which consecutive numbers count as row numbers.
const FEWEST: usize = 10;

/// Words that identify the fault of a column with too many values.
const TOO_MANY: &str = "different values";

/// Result of [`survey`].
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// Settings for training on the table: target, ignored columns, and `missing` if cells are missing. Files are not
    /// named.
    pub settings: CsvConfig,
    /// Number of rows.
    pub num_rows: usize,
    /// Number of feature columns.
    pub num_columns: usize,
    /// Kind of values in the target column.
    pub holds: TargetHolds,
    /// Number of distinct values of the target.
    pub num_values: usize,
    /// Ignored columns, each with the reason.
    pub ignored: Vec<(String, String)>,
    /// Columns with missing cells.
    pub missing: Vec<String>,
}

/// Surveys a table whose target is the column of this name, or the last one. An error means that the table cannot be
/// trained on.
pub fn survey(input: &TableInput, target: Option<&str>) -> Result<Survey, DataError> {
    let sample = FirstRows::of(input)?;
    let target = match target {
        Some(target) => composed(target).into_owned(),
        // A first line of values has no names; it is an error later on.
        None if sample.has_no_names("") => String::new(),
        None => sample.header.last().cloned().unwrap_or_default(),
    };
    let mut settings = CsvConfig {
        path: None,
        train: None,
        test: None,
        test_fraction: None,
        split_seed: None,
        target,
        columns: None,
        ignore: Vec::new(),
        categories: Vec::new(),
        missing: Missing::Category,
    };
    let mut ignored = Vec::new();
    let read = loop {
        match read(input, None, &settings, None) {
            Err(DataError::Table { line, column: Some(column), fault, .. })
                if (line.is_none() || fault.contains(TOO_MANY))
                    && column != settings.target
                    && !settings.ignore.contains(&column) =>
            {
                // The remedy follows the semicolon.
                let fault = fault.split(';').next().unwrap_or_default().to_owned();
                settings.ignore.push(column.clone());
                ignored.push((column, fault));
            }
            read => break read?,
        }
    };
    for column in counting(&read) {
        if settings.ignore.len() + 1 < sample.header.len() - 1 {
            settings.ignore.push(column.clone());
            ignored.push((column, "its numbers count the rows".to_owned()));
        }
    }
    let mut missing = missing(&read);
    missing.retain(|column| !settings.ignore.contains(column));
    if missing.is_empty() {
        settings.missing = Missing::Error;
    }
    let (holds, num_values) = match &read.raw.target {
        RawTarget::Classes { numbers, .. } => {
            (TargetHolds::Text, numbers.iter().collect::<HashSet<_>>().len())
        }
        RawTarget::Numbers { numbers, are_whole } => {
            let values: HashSet<_> = numbers.iter().map(|number| number.to_bits()).collect();
            let holds = if *are_whole { TargetHolds::WholeNumbers } else { TargetHolds::Fractions };
            (holds, values.len())
        }
    };
    let is_used = |name: &String| !settings.ignore.contains(name);
    let num_columns = read.columns.used.iter().filter(|used| is_used(&used.name)).count();
    Ok(Survey {
        num_rows: read.raw.num_rows,
        num_columns,
        settings,
        holds,
        num_values,
        ignored,
        missing,
    })
}

/// Names of the numeric or the categorical columns, in order.
fn names(read: &ReadTable, are_numbers: bool) -> Vec<&String> {
    let used = read.columns.used.iter();
    used.filter(|used| matches!(used.kind, ValueKind::Number { .. }) == are_numbers)
        .map(|used| &used.name)
        .collect()
}

/// Columns whose numbers increase by one from row to row.
fn counting(read: &ReadTable) -> Vec<String> {
    let Raw { num_rows, numbers, .. } = &read.raw;
    let names = names(read, true);
    if *num_rows < FEWEST {
        return Vec::new();
    }
    let counts = |&(at, _): &(usize, &&String)| {
        let column = || numbers.iter().skip(at).step_by(names.len());
        column()
            .zip(column().skip(1))
            .all(|(number, next)| (next - number - 1.0).abs() < f32::EPSILON)
    };
    names.iter().enumerate().filter(counts).map(|(_, name)| (*name).clone()).collect()
}

/// Columns with missing cells.
fn missing(read: &ReadTable) -> Vec<String> {
    let Raw { numbers, codes, .. } = &read.raw;
    let [with_numbers, with_codes] = [true, false].map(|are_numbers| names(read, are_numbers));
    let lacks = |cells: &mut dyn Iterator<Item = bool>, width: usize, at: usize| {
        cells.skip(at).step_by(width).any(|is_missing| is_missing)
    };
    let is_nan = || numbers.iter().map(|number| number.is_nan());
    let is_none = || codes.iter().map(|code| *code == NO_VALUE);
    let mut missing = Vec::new();
    for (at, name) in with_numbers.iter().enumerate() {
        missing.extend(lacks(&mut is_nan(), with_numbers.len(), at).then(|| (*name).clone()));
    }
    for (at, name) in with_codes.iter().enumerate() {
        missing.extend(lacks(&mut is_none(), with_codes.len(), at).then(|| (*name).clone()));
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(header: &str, row: impl Fn(usize) -> String) -> TableInput {
        let rows: Vec<_> = (0..40).map(row).collect();
        TableInput::bytes("table.csv", format!("{header}\n{}\n", rows.join("\n")).into_bytes())
    }

    #[test]
    fn the_last_column_is_the_target_and_unfit_columns_are_ignored() {
        let input = table("id,name,day,price,size,colour,kind", |row| {
            let size = if row == 30 { String::new() } else { format!("{}.5", row % 7) };
            let colour = ["red", "blue", "NA"][row % 3];
            let day = row % 28 + 1;
            format!("{},n{row},2024-01-{day:02},${row},{size},{colour},{}", row + 5, row % 2)
        });
        let survey = survey(&input, None).unwrap();
        assert_eq!(survey.settings.target, "kind");
        let ignored: Vec<_> = survey.ignored.iter().map(|(column, _)| column.as_str()).collect();
        assert_eq!(ignored, ["day", "price", "name", "id"]);
        assert_eq!(survey.settings.ignore, ignored);
        assert_eq!(survey.missing, ["size", "colour"]);
        assert_eq!(survey.settings.missing, Missing::Category);
        assert_eq!((survey.num_rows, survey.num_columns), (40, 2));
        assert_eq!((survey.holds, survey.num_values), (TargetHolds::WholeNumbers, 2));
        assert!(survey.ignored.iter().all(|(_, fault)| !fault.contains("ignore")));
    }

    #[test]
    fn a_column_of_too_many_values_is_ignored() {
        let row = |row: usize| format!("w{},{},{}\n", row / 2, row % 3, ["a", "b"][row % 2]);
        let rows: String = (0..25_000).map(row).collect();
        let input = TableInput::bytes("table.csv", format!("word,size,kind\n{rows}").into_bytes());
        let survey = survey(&input, None).unwrap();
        assert_eq!(survey.settings.ignore, ["word"]);
        assert_eq!((survey.holds, survey.num_values), (TargetHolds::Text, 2));
        assert_eq!(survey.settings.missing, Missing::Error);
    }

    #[test]
    fn a_table_without_names_and_an_unfit_target_are_refused() {
        let numbers = table("1,2,3", |row| format!("{row},2,3"));
        let fault = survey(&numbers, None).unwrap_err().to_string();
        assert!(fault.contains("no names of columns"), "{fault}");
        let dates = table("size,day", |row| format!("{row},2024-01-{:02}", row % 28 + 1));
        let fault = survey(&dates, None).unwrap_err().to_string();
        assert!(fault.contains("column `day`"), "{fault}");
        let fault = survey(&dates, Some("size")).unwrap_err().to_string();
        assert!(fault.contains("no column to learn from"), "{fault}");
    }
}
