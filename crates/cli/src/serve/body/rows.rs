//! Rows out of a request's body.

use std::fmt;

use hearth_data::tables::{CellFault, Coding, Column, ColumnCoding, EncodedRow};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::serve::refusal::Refusal;

/// The most rows in one request.
pub const MOST_ROWS: usize = 1024;

/// The longest name that a refusal repeats, in letters.
const LONGEST: usize = 60;

/// The coded rows of a body of JSON, one at least.
pub fn rows(body: &[u8], coding: &Coding) -> Result<Vec<EncodedRow>, Refusal> {
    let Body { rows: Sent(rows) } = serde_json::from_slice(body).map_err(|fault| {
        Refusal::unfit(format!("{fault}; a body is JSON, as {}", example(coding)))
    })?;
    if rows.is_empty() {
        return Err(Refusal::unfit(format!(
            "there is no row in the body; send {}",
            example(coding)
        )));
    }
    let coded = rows.iter().enumerate().map(|(place, row)| {
        coding.encode_json(row).map_err(|CellFault { column, fault }| {
            let column: String = column.chars().take(LONGEST).collect();
            Refusal::unfit(format!("row {}: column `{column}`: {fault}", place + 1))
        })
    });
    coded.collect()
}

/// The beginning of a body of these columns.
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
    rows: Sent,
}

/// Rows as they were sent: so many at most, and of each cell a single value, so that they take no more memory than
/// their text does by a small factor.
struct Sent(Vec<Map<String, Value>>);

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;

        impl<'de> Visitor<'de> for Rows {
            type Value = Sent;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of rows")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Sent, A::Error> {
                let mut sent = Vec::new();
                while let Some(row) = rows.next_element_seed(Row(sent.len() + 1))? {
                    if sent.len() == MOST_ROWS {
                        let fault = format!("at most {MOST_ROWS} rows in one request");
                        return Err(de::Error::custom(fault));
                    }
                    sent.push(row);
                }
                Ok(Sent(sent))
            }
        }

        deserializer.deserialize_seq(Rows)
    }
}

/// A row by its number, from 1.
struct Row(usize);

impl<'de> de::DeserializeSeed<'de> for Row {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row {
    type Value = Map<String, Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object with a value for each column in row {}", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut cells: A) -> Result<Self::Value, A::Error> {
        let mut row = Map::new();
        while let Some(name) = cells.next_key::<String>()? {
            let shown: String = name.chars().take(LONGEST).collect();
            let value = cells.next_value_seed(Cell { row: self.0, column: &shown })?;
            if row.insert(name, value).is_some() {
                let fault = format!("row {}: column `{shown}`: it is there twice", self.0);
                return Err(de::Error::custom(fault));
            }
        }
        Ok(row)
    }
}

/// The value of a cell, which is no list and no object.
struct Cell<'a> {
    row: usize,
    column: &'a str,
}

impl<'de> de::DeserializeSeed<'de> for Cell<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Cell<'_> {
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
        let rows = rows(body, &coding()).unwrap();
        assert_eq!((&rows[0].numbers[..], &rows[0].codes[..]), (&[2.0, 0.0][..], &[2][..]));
        assert_eq!((&rows[1].numbers[..], &rows[1].codes[..]), (&[1.0, 1.0][..], &[0][..]));
        assert_eq!(rows[1].unseen, [("colour".to_owned(), "green".to_owned())]);
    }

    #[test]
    fn refusals_name_the_row_and_the_column() {
        let fine = r#"{"length": 3, "width": 2, "colour": "red"}"#;
        let refusal = |second: &str| {
            let body = format!("{{\"rows\": [{fine}, {second}]}}");
            rows(body.as_bytes(), &coding()).unwrap_err()
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
            let refusal = refusal(second);
            assert_eq!(refusal.status.as_u16(), 422);
            assert!(refusal.reason.contains(wanted), "{second}: {}", refusal.reason);
        }
        let long = format!("{{\"{}\": 1}}", "x".repeat(1 << 20));
        assert!(refusal(&long).reason.len() < 500);
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
            let refusal = rows(body.as_bytes(), &coding()).unwrap_err();
            assert!(refusal.reason.contains(wanted), "{}", refusal.reason);
        }
    }
}
