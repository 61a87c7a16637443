//! `[data] kind = "csv"`: a table, each row of which is a sample.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The default share of one file that becomes the test set.
pub(crate) const TEST_FRACTION: f64 = 0.2;

/// `[data] kind = "csv"`: one file (`path`), which is split into training and test set, or two (`train` and `test`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvConfig {
    /// The table in one file, a random part of which becomes the test set. Its first line names the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The file of the training set; requires `test`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<String>,
    /// The file of the test set, with the same columns in any order; requires `train`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// The share of one file that becomes the test set, stratified by class; 0.2 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub test_fraction: Option<f64>,
    /// The seed of the split; `run.seed` when absent. With it, runs of several seeds share a test set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_seed: Option<u64>,
    /// The column to predict.
    #[schemars(length(min = 1))]
    pub target: String,
    /// The input columns; all but the target when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub columns: Option<Vec<String>>,
    /// Columns to leave out, such as names, row numbers and dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Numeric columns to treat as categories, such as postcodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The treatment of missing values.
    #[serde(default)]
    pub missing: Missing,
}

impl CsvConfig {
    /// The share of one file that becomes the test set.
    pub fn test_fraction(&self) -> f64 {
        self.test_fraction.unwrap_or(TEST_FRACTION)
    }
}

/// The treatment of missing values. Statistics are those of the training set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// A missing value is an error.
    #[default]
    Error,
    /// A missing number becomes the column's mean; a missing category is a category of its own.
    Mean,
    /// A missing number becomes the column's median; a missing category is a category of its own.
    Median,
    /// A missing value becomes the column's most frequent one; the smallest of equally frequent ones.
    MostFrequent,
    /// A missing number becomes the column's mean, and an indicator column is 1; a missing category is a category of
    /// its own.
    Category,
}
