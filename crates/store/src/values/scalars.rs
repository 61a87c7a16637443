//! Scalars as `state.json`.
//!
//! Integers have no point and floats have one or an exponent, so that each is restored with its type, bit for bit. NaN
//! and infinities, which JSON lacks, are written as `{"float_bits": "7ff0000000000000"}`.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::{StoreError, Value};

/// The version of the format that is written, and the newest that is read.
const FORMAT: u64 = 1;
const FLOAT_BITS: &str = "float_bits";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    format: u64,
    values: BTreeMap<String, Json>,
}

/// The version, read before the rest, which later formats may change.
#[derive(Deserialize)]
struct Header {
    format: u64,
}

/// Encodes the scalars among `values` as a file.
pub(crate) fn encode<'a>(
    values: impl IntoIterator<Item = (&'a str, &'a Value)>,
) -> Result<Vec<u8>, StoreError> {
    let values = values
        .into_iter()
        .filter_map(|(path, value)| Some((path.to_owned(), to_json(value)?)))
        .collect();
    let mut file = serde_json::to_vec_pretty(&State { format: FORMAT, values })
        .map_err(|error| StoreError::Encode { what: "the state", fault: error.to_string() })?;
    file.push(b'\n');
    Ok(file)
}

/// Decodes the scalars of `file`, which was read from `path`.
pub(crate) fn decode(path: &Path, file: &[u8]) -> Result<Vec<(String, Value)>, StoreError> {
    let damaged =
        |fault: String| StoreError::Damaged { file: path.to_owned(), fault, others: Vec::new() };
    let not_a_state = |error: serde_json::Error| damaged(format!("it is not a state: {error}"));

    let Header { format } = serde_json::from_slice(file).map_err(not_a_state)?;
    if format > FORMAT {
        return Err(StoreError::NewerFormat { file: path.to_owned(), format, supported: FORMAT });
    }
    let State { values, .. } = serde_json::from_slice(file).map_err(not_a_state)?;
    values
        .into_iter()
        .map(|(name, json)| match from_json(&json) {
            Some(value) => Ok((name, value)),
            None => Err(damaged(format!("`{name}` is {json}, which is nothing that is kept"))),
        })
        .collect()
}

fn to_json(value: &Value) -> Option<Json> {
    match value {
        Value::Tensor(_) => None,
        Value::Int(int) => Some(json!(int)),
        Value::Float(float) if float.is_finite() => Some(json!(float)),
        Value::Float(float) => Some(json!({ FLOAT_BITS: format!("{:016x}", float.to_bits()) })),
        Value::Text(text) => Some(json!(text)),
        Value::Bool(bool) => Some(json!(bool)),
    }
}

fn from_json(json: &Json) -> Option<Value> {
    match json {
        Json::Bool(bool) => Some(Value::Bool(*bool)),
        Json::String(text) => Some(Value::Text(text.clone())),
        Json::Number(number) if number.is_f64() => number.as_f64().map(Value::Float),
        Json::Number(number) => number.as_i64().map(Value::Int),
        Json::Object(object) if object.len() == 1 => {
            let bits = u64::from_str_radix(object.get(FLOAT_BITS)?.as_str()?, 16).ok()?;
            Some(Value::Float(f64::from_bits(bits)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_sorted_and_readable() -> Result<(), StoreError> {
        let values = BTreeMap::from([
            ("z", Value::Bool(true)),
            ("a.b", Value::Int(-3)),
            ("a.c", Value::Float(3.0)),
            ("inf", Value::Float(f64::INFINITY)),
            ("text", Value::from("a \"quoted\" text")),
        ]);
        let file = encode(values.iter().map(|(path, value)| (*path, value)))?;
        let expected = r#"{
  "format": 1,
  "values": {
    "a.b": -3,
    "a.c": 3.0,
    "inf": {
      "float_bits": "7ff0000000000000"
    },
    "text": "a \"quoted\" text",
    "z": true
  }
}
"#;
        assert_eq!(String::from_utf8_lossy(&file), expected);
        Ok(())
    }

    #[test]
    fn what_is_not_a_state_is_an_error() {
        let faults = [
            "",
            "{}",
            "null",
            r#"{"format": 1}"#,
            r#"{"format": -1, "values": {}}"#,
            r#"{"format": 1, "values": {}, "more": 1}"#,
            r#"{"format": 1, "values": {"a": null}}"#,
            r#"{"format": 1, "values": {"a": [1]}}"#,
            r#"{"format": 1, "values": {"a": 18446744073709551615}}"#,
            r#"{"format": 1, "values": {"a": {"float_bits": "nan"}}}"#,
            r#"{"format": 1, "values": {"a": {"float_bits": 1, "b": 2}}}"#,
        ];
        for file in faults {
            let error = decode(Path::new("state.json"), file.as_bytes());
            assert!(matches!(error, Err(StoreError::Damaged { .. })), "{file}");
        }
    }

    #[test]
    fn a_later_format_is_not_called_damage() {
        let file = br#"{"format": 2, "anything": []}"#;
        let error = decode(Path::new("state.json"), file);
        assert!(matches!(error, Err(StoreError::NewerFormat { format: 2, supported: 1, .. })));
    }
}
