//! Fuzz target for prediction requests about rows of a table: a body in JSON.

use axum::http::StatusCode;
use hearth_data::tables::{Coding, Column, ColumnCoding, Target};

use crate::serve::body::rows::{MAX_ROWS, read_rows};

/// Codes the rows of the body, and asserts that each has all its numbers and codes.
pub fn run(input: &[u8]) {
    let coding = coding();
    match read_rows(input, &coding) {
        Ok(rows) => {
            assert!((1..=MAX_ROWS).contains(&rows.len()), "{} rows", rows.len());
            for row in rows {
                assert_eq!(row.numbers.len(), coding.num_numbers());
                assert!(row.numbers.iter().all(|number| number.is_finite()), "{:?}", row.numbers);
                let counts = coding.categories();
                assert_eq!(row.codes.len(), counts.len());
                let known = |(code, count): (&u32, usize)| *code as usize <= count;
                assert!(row.codes.iter().zip(counts).all(known), "{:?}", row.codes);
            }
        }
        Err(error) => {
            assert_eq!(error.status, StatusCode::UNPROCESSABLE_ENTITY);
            let length = error.reason.chars().count();
            assert!((1..1000).contains(&length), "a reason of {length} letters");
        }
    }
}

/// A coding with a column of each kind.
fn coding() -> Coding {
    let number =
        |fill, missing_flag| ColumnCoding::Number { mean: 2.0, std: 0.5, fill, missing_flag };
    let values = ["blue", "réd", "true", ""].map(str::to_owned).to_vec();
    let category = |fill| ColumnCoding::Category { values: values.clone(), fill };
    let columns = [
        ("length", number(None, false)),
        ("width", number(Some(2.5), true)),
        ("colour", category(None)),
        ("sky", category(Some("blue".to_owned()))),
    ];
    Coding {
        columns: columns.map(|(name, coding)| Column { name: name.into(), coding }).into(),
        target_column: "kind".into(),
        target: Target::Number { mean: 0.0, std: 1.0 },
    }
}
