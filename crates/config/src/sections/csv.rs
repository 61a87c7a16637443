//! `[data] kind = "csv"`: a table, whose rows are learned from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The share of one file that becomes the test part when no other is written.
pub(crate) const TEST_FRACTION: f64 = 0.2;

/// `[data] kind = "csv"`: one file (`path`), whose test part is drawn, or two (`train` and `test`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvConfig {
    /// The table in one file, of which a part is drawn for the test. Its first line names the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The rows to train on, where they are a file of their own; it goes with `test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<String>,
    /// The rows to test with, of the same columns in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// The share of one file that becomes the test part, the same of each class; 0.2 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub test_fraction: Option<f64>,
    /// The seed that the test part is drawn by; `run.seed` when absent. With it, runs of several seeds have the
    /// same test part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_seed: Option<u64>,
    /// The column that is predicted.
    #[schemars(length(min = 1))]
    pub target: String,
    /// The columns that are learned from; all but the target when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub columns: Option<Vec<String>>,
    /// Columns that are left out: names, numbers of rows, dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Columns of numbers that are codes, such as a postcode: their order means nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// What becomes of a cell without a value.
    #[serde(default)]
    pub missing: Missing,
}

impl CsvConfig {
    /// The share of one file that becomes the test part.
    pub fn test_fraction(&self) -> f64 {
        self.test_fraction.unwrap_or(TEST_FRACTION)
    }
}

/// What becomes of a cell without a value. Every statistic is one of the training part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Name it and stop.
    #[default]
    Error,
    /// A number is the column's mean; a missing category is a category of its own.
    Mean,
    /// A number is the column's median; a missing category is a category of its own.
    Median,
    /// The most frequent value of the column; of equally frequent ones the smallest.
    MostFrequent,
    /// A missing category is a category of its own; a number is the column's mean, and a second column of 0 and 1
    /// says that it was missing.
    Category,
}
