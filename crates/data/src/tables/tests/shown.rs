//! Tables as a line of text, for comparison.

use super::*;

/// The values of each column, and of the target at the end.
fn shown(table: &Table) -> String {
    let (rows, coding) = (&table.rows, &table.coding);
    let (mut at_number, mut at_category) = (0, 0);
    let mut shown = Vec::new();
    for column in &coding.columns {
        let values: Vec<String> = table
            .parts
            .train
            .iter()
            .map(|&index| index as usize)
            .map(|row| match &column.coding {
                ColumnCoding::Number { mean, std, .. } => {
                    number(rows.numbers[row * rows.num_numbers + at_number], *mean, *std)
                }
                ColumnCoding::Category { values, .. } => {
                    let code = rows.codes[row * rows.num_categories + at_category] as usize;
                    format!("'{}'", values[code - 1])
                }
            })
            .collect();
        match column.coding {
            ColumnCoding::Number { .. } => at_number += 1,
            ColumnCoding::Category { .. } => at_category += 1,
        }
        shown.push(format!("{}: {}", column.name, values.join(" ")));
    }
    let target: Vec<String> = table
        .parts
        .train
        .iter()
        .map(|&index| index as usize)
        .map(|row| match (&rows.targets, &coding.target) {
            (Targets::Classes(labels), Target::Classes { names }) => {
                format!("'{}'", names[usize::from(labels[row])])
            }
            (Targets::Numbers(numbers), Target::Number { mean, std }) => {
                number(numbers[row], *mean, *std)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    shown.push(format!("{}: {}", coding.target_column, target.join(" ")));
    shown.join("; ")
}

/// A number before standardisation, rounded to three digits.
fn number(standardised: f32, mean: f64, std: f64) -> String {
    let number = f64::from(standardised) * std + mean;
    let text = format!("{number:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The values of a table whose rows are all training rows, or the error's message.
pub(super) fn told(bytes: &[u8], config: &CsvConfig) -> String {
    let input = TableInput::bytes("t.csv", bytes);
    let config = CsvConfig { path: None, test: Some("t.csv".into()), ..config.clone() };
    match load_input(&input, Some(&input), &config, &batches(), None, 7) {
        Ok(table) => shown(&table),
        Err(error) => error.to_string(),
    }
}
