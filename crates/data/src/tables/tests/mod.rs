//! Tests of whole tables, from text to coded rows.

use std::sync::Arc;

use hearth_config::{BatchConfig, CsvConfig, Missing, TaskKind};

use super::*;
use crate::error::DataError;

mod checks;
mod coding;
mod faults;
mod loading;
mod shown;

/// Settings for this target.
fn config(target: &str) -> CsvConfig {
    CsvConfig { path: Some("t.csv".into()), target: target.into(), ..CsvConfig::default() }
}

fn batches() -> BatchConfig {
    BatchConfig { valid_samples: 0, ..BatchConfig::default() }
}

fn load_bytes(
    bytes: impl Into<Arc<[u8]>>,
    config: &CsvConfig,
    task: Option<TaskKind>,
) -> Result<Table, DataError> {
    load_input(&TableInput::bytes("t.csv", bytes), None, config, &batches(), task, 7)
}

/// Loads a table from text; the task is inferred.
fn table(text: &str, config: &CsvConfig) -> Table {
    load_bytes(text.as_bytes(), config, None).unwrap()
}
