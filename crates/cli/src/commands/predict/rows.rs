//! `hearth predict` for rows of a table.

use std::path::Path;

use hearth_config::shown;
use hearth_data::tables::{Coding, TableInput, Target, Unseen, read_rows};
use hearth_report::{Guess, Input, Predictor, fixed};
use serde::Serialize;

use crate::args::PredictArgs;
use crate::failure::Failure;
use crate::results::optional;
use crate::terminal::{csv, print, print_json, say};

/// The name of standard input.
pub(super) const STDIN: &str = "-";

/// Rows that are handed over at once.
const BATCH: usize = 4096;

/// Maximum number of values named in a warning.
const MAX_NAMED: usize = 3;

#[derive(Serialize)]
struct RowsOutput {
    predictions: Vec<CsvPrediction>,
}

/// The prediction for a row: classes or a number.
#[derive(Serialize)]
struct CsvPrediction {
    file: String,
    /// The number of the row, from 1.
    row: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    top: Option<Vec<Guess>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
}

/// Predicts the target of the rows of CSV files, in their order.
pub fn run(args: &PredictArgs, predictor: &dyn Predictor, coding: &Coding) -> Result<(), Failure> {
    let mut predictions = Vec::new();
    for file in &args.files {
        let input = input(file)?;
        let read = read_rows(&input, coding)?;
        read.notes.iter().for_each(|note| say(note));
        warn(file, &read.unseen);
        let rows = &read.rows;
        for start in (0..rows.num_rows).step_by(BATCH) {
            let batch = start..rows.num_rows.min(start + BATCH);
            let inputs = batch.clone().map(|row| Input::Row(rows.row(row)));
            let outputs = batch.zip(predictor.predict(inputs.collect()));
            predictions.extend(outputs.map(|(row, output)| CsvPrediction {
                file: file.display().to_string(),
                row: row + 1,
                value: output.number(),
                top: output.top(args.top),
            }));
        }
    }
    if args.trained.json {
        return print_json(&RowsOutput { predictions });
    }
    print(&table(&coding.target_column, &coding.target, &predictions))
}

/// A file, or standard input.
fn input(file: &Path) -> Result<TableInput, Failure> {
    if file != Path::new(STDIN) {
        return Ok(TableInput::file(file));
    }
    Ok(TableInput::bytes("standard input", standard_input()?))
}

/// All bytes of standard input.
pub(super) fn standard_input() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes);
    read.map_err(|error| Failure::Other(format!("standard input cannot be read: {error}")))?;
    Ok(bytes)
}

/// Warns of values that are not in the training rows.
fn warn(file: &Path, unseen: &[Unseen]) {
    if unseen.is_empty() {
        return;
    }
    let named = unseen.iter().take(MAX_NAMED).map(|Unseen { row, column, value }| {
        format!("`{value}` in column `{column}` of row {}", row + 1)
    });
    let named: Vec<_> = named.collect();
    let more = match unseen.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let file = shown(file);
    say(&format!("warning: {file}: training has not seen {}{more}", named.join(", ")));
}

/// The predictions as CSV: a line for each row, under the name of the target.
fn table(name: &str, target: &Target, predictions: &[CsvPrediction]) -> String {
    let mut header = vec![name.to_owned()];
    if matches!(target, Target::Classes { .. }) {
        header.push("probability".to_owned());
    }
    let lines = predictions.iter().map(|prediction| {
        let best = prediction.top.iter().flatten().next();
        let class = best.map(|guess| [guess.class.clone(), fixed(guess.probability, 4)]);
        class.map_or_else(|| vec![optional(prediction.value)], Vec::from)
    });
    csv(&header, lines).trim_end().to_owned()
}
