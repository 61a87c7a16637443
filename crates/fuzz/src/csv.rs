//! Fuzz target for tables, plain or gzip, read for training and for prediction.

use hearth_config::{BatchConfig, CsvConfig, Missing, TaskKind};
use hearth_data::DataError;
use hearth_data::tables::{Rows, Table, TableInput, Targets, load_input, read_rows};

/// Loads the table for each task, and reads its rows again by the table's coding.
pub fn run(input: &[u8]) {
    let file = TableInput::bytes("table.csv", input);
    for (task, missing) in [
        (None, Missing::Error),
        (Some(TaskKind::Classify), Missing::Category),
        (Some(TaskKind::Regress), Missing::MostFrequent),
    ] {
        let config = CsvConfig { target: "y".to_owned(), missing, ..CsvConfig::default() };
        let batches = BatchConfig { valid_samples: 1, ..BatchConfig::default() };
        match load_input(&file, None, &config, &batches, task, 0) {
            Ok(table) => {
                is_whole(&table);
                match read_rows(&file, &table.coding) {
                    Ok(read) => are_same(&read.rows, &table.rows),
                    Err(error) => is_named(&error),
                }
            }
            Err(error) => is_named(&error),
        }
    }
}

/// Asserts that every row is in one split and has the numbers and codes of the coding.
fn is_whole(table: &Table) {
    let (rows, coding) = (&table.rows, &table.coding);
    assert_eq!(rows.numbers.len(), rows.num_rows * coding.num_numbers());
    assert!(rows.numbers.iter().all(|number| number.is_finite()), "a number is none");
    let categories = coding.categories();
    assert_eq!(rows.codes.len(), rows.num_rows * categories.len());
    for row in rows.codes.chunks_exact(categories.len().max(1)) {
        assert!(row.iter().zip(&categories).all(|(code, count)| *code as usize <= *count));
    }
    let mut places = [&table.parts.train[..], &table.parts.valid, &table.parts.test].concat();
    places.sort_unstable();
    assert!(places.iter().copied().eq(0..rows.num_rows as u32));
}

/// Asserts that the rows read for prediction equal the loaded ones, apart from targets.
fn are_same(read: &Rows, loaded: &Rows) {
    assert_eq!((read.num_rows, &read.targets), (loaded.num_rows, &Targets::Unknown));
    assert_eq!(read.codes, loaded.codes);
    for (one, other) in read.numbers.iter().zip(&loaded.numbers) {
        assert!((one - other).abs() <= 1e-3 * one.abs().max(1.0), "{one} {other}");
    }
}

fn is_named(error: &DataError) {
    assert!(error.to_string().starts_with("table.csv"), "{error}");
}
