//! Rows of a table in a request's body.

use std::fmt;

use hearth_data::tables::{CellFault, Coding, Column, ColumnCoding, EncodedRow};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::serve::error::ApiError;

/// Maximum number of rows in one request.
pub const MAX_ROWS: usize = 1024;

/// Maximum length of a name in an error, in characters.
const MAX_NAME: usize = 60;

/// Reads and encodes the rows of a JSON body, at least one.
///
/// # Errors
/// 422 with the row and the column that cannot be read.
pub fn read_rows(body: &[u8], coding: &Coding) -> Result<Vec<EncodedRow>, ApiError> {
    let Body { rows: RowList(rows) } = serde_json::from_slice(body).map_err(|fault| {
        ApiError::unprocessable(format!("{fault}; a body is JSON, as {}", example(coding)))
    })?;
    if rows.is_empty() {
        return Err(ApiError::unprocessable(format!(
            "there is no row in the body; send {}",
            example(coding)
        )));
    }
    let coded = rows.iter().enumerate().map(|(place, row)| {
        coding.encode_json(row).map_err(|CellFault { column, fault }| {
            let column: String = column.chars().take(MAX_NAME).collect();
            ApiError::unprocessable(format!("row {}: column `{column}`: {fault}", place + 1))
        })
    });
    coded.collect()
}

/// The beginning of a valid body, for errors.
pub fn example(coding: &Coding) -> String {
    let Some(Column { name, coding }) = coding.columns.first() else {
        return "{\"rows\": [{...}]}".to_owned();
    };
    let value = match coding {
        ColumnCoding::Number { mean, .. } => format!("{mean:.1}"),
        ColumnCoding::Category { values, .. } => {
            Value::from(values.last().cloned().unwrap_or_default()).to_string()
        }
    };
    format!("{{\"rows\": [{{{}: {value}, ...}}]}}", Value::from(name.clone()))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with a list of rows")]
struct Body {
    rows: RowList,
}

/// The rows of a body: at most [`MAX_ROWS`], each cell a scalar, so that their memory is a small multiple of the
/// text's.
struct RowList(Vec<Map<String, Value>>);

impl<'de> Deserialize<'de> for RowList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RowsVisitor;

        impl<'de> Visitor<'de> for RowsVisitor {
            type Value = RowList;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of rows")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<RowList, A::Error> {
                let mut sent = Vec::new();
                while let Some(row) = rows.next_element_seed(RowVisitor(sent.len() + 1))? {
                    if sent.len() == MAX_ROWS {
                        let fault = format!("at most {MAX_ROWS} rows in one request");
                        return Err(de::Error::custom(fault));
                    }
                    sent.push(row);
                }
                Ok(RowList(sent))
            }
        }

        deserializer.deserialize_seq(RowsVisitor)
    }
}

/// Reads a row; the field is its number, from 1.
struct RowVisitor(usize);

impl<'de> de::DeserializeSeed<'de> for RowVisitor {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Map<String, Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object with a value for each column in row {}", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut cells: A) -> Result<Self::Value, A::Error> {
        let mut row = Map::new();
        while let Some(name) = cells.next_key::<String>()? {
            let shown: String = name.chars().take(MAX_NAME).collect();
            let value = cells.next_value_seed(CellVisitor { row: self.0, column: &shown })?;
            if row.insert(name, value).is_some() {
                let fault = format!("row {}: column `{shown}`: it is there twice", self.0);
                return Err(de::Error::custom(fault));
            }
        }
        Ok(row)
    }
}

/// Reads the scalar of a cell.
struct CellVisitor<'a> {
    row: usize,
    column: &'a str,
}

impl<'de> de::DeserializeSeed<'de> for CellVisitor<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for CellVisitor<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, column } = self;
        write!(formatter, "a number, a text, true, false or null in row {row}, column `{column}`")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value);
        number.map(Value::Number).ok_or_else(|| E::custom("a number is finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
}

#[cfg(test)]
mod tests {
    use hearth_data::tables::Target;

    use super::*;

    fn coding() -> Coding {
        let number = |fill| ColumnCoding::Number { mean: 2.0, std: 0.5, fill, missing_flag: false };
        let values = vec!["blue".to_owned(), "red".to_owned()];
        let columns = [
            ("length", number(None)),
            ("width", number(Some(2.5))),
            ("colour", ColumnCoding::Category { values, fill: None }),
        ];
        Coding {
            columns: columns.map(|(name, coding)| Column { name: name.into(), coding }).into(),
            target_column: "kind".into(),
            target: Target::Number { mean: 0.0, std: 1.0 },
        }
    }

    #[test]
    fn rows_are_coded_in_their_order() {
        let body = br#"{"rows": [
            {"length": 3, "width": 2.0, "colour": "red"},
            {"colour": "green", "width": null, "length": "2.5", "kind": 7}
        ]}"#;
        let rows = read_rows(body, &coding()).unwrap();
        assert_eq!((&rows[0].numbers[..], &rows[0].codes[..]), (&[2.0, 0.0][..], &[2][..]));
        assert_eq!((&rows[1].numbers[..], &rows[1].codes[..]), (&[1.0, 1.0][..], &[0][..]));
        assert_eq!(rows[1].unseen, [("colour".to_owned(), "green".to_owned())]);
    }

    #[test]
    fn errors_name_the_row_and_the_column() {
        let fine = r#"{"length": 3, "width": 2, "colour": "red"}"#;
        let error = |second: &str| {
            let body = format!("{{\"rows\": [{fine}, {second}]}}");
            read_rows(body.as_bytes(), &coding()).unwrap_err()
        };
        for (second, wanted) in [
            (r#"{"width": 2, "colour": "red"}"#, "row 2: column `length`: it is not there"),
            (r#"{"length": 3, "lenght": 2}"#, "did you mean `length`?"),
            (r#"{"length": null, "width": 2, "colour": "red"}"#, "row 2: column `length`"),
            (r#"{"length": true, "width": 2, "colour": "red"}"#, "true is no number"),
            (r#"{"length": "long", "width": 2, "colour": "red"}"#, "`long` is no number"),
            (r#"{"length": 1e39, "width": 2, "colour": "red"}"#, "row 2: column `length`"),
            (
                r#"{"length": [1]}"#,
                "a number, a text, true, false or null in row 2, column `length`",
            ),
            (r#"{"length": {}}"#, "row 2, column `length`"),
            (r#"{"length": 1, "length": 2}"#, "row 2: column `length`: it is there twice"),
            ("[3, 2]", "an object with a value for each column in row 2"),
        ] {
            let error = error(second);
            assert_eq!(error.status.as_u16(), 422);
            assert!(error.reason.contains(wanted), "{second}: {}", error.reason);
        }
        let long = format!("{{\"{}\": 1}}", "x".repeat(1 << 20));
        assert!(error(&long).reason.len() < 500);
    }

    #[test]
    fn bodies_without_rows_and_with_too_many_are_refused() {
        let many = |count: usize| format!("{{\"rows\": [{}]}}", vec!["{}"; count].join(","));
        for (body, wanted) in [
            ("", "as {\"rows\": [{\"length\": 2.0, ...}]}"),
            ("{}", "missing field `rows`"),
            ("{\"rows\": {}}", "a list of rows"),
            ("{\"rows\": []}", "no row"),
            ("{\"row\": []}", "unknown field `row`"),
            (&many(1025), "at most 1024 rows"),
            (&many(1024), "row 1: column `length`"),
        ] {
            let error = read_rows(body.as_bytes(), &coding()).unwrap_err();
            assert!(error.reason.contains(wanted), "{}", error.reason);
        }
    }
}
