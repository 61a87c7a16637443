//! `[data] kind = "csv"`: a table, each row of which is a sample.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BatchConfig, Samples, SourceSettings};
use crate::checks::Checks;
use crate::models::{ClassifierConfig, ModelConfig};
use crate::syntax::diagnostic::Diagnostic;

/// The default share of one file that becomes the test set.
const TEST_FRACTION: f64 = 0.2;

/// The two ways to name the files.
const FILES: &str =
    "write path = \"table.csv\", which is split, or train = \"train.csv\" and test = \"test.csv\"";

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
    /// Checks that there is one file or two, and that the settings of one file are not given for two.
    fn check_files(&self, checks: &mut Checks<'_>) {
        let parts = [("data.train", &self.train), ("data.test", &self.test)];
        let (key, message) = match (&self.path, &self.train, &self.test) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => ("", ""),
            (None, None, None) => ("data", "`data.path` is missing"),
            (Some(_), _, _) => {
                ("data.path", "`data.path` is given together with `data.train` or `data.test`")
            }
            (None, None, Some(_)) => {
                ("data.test", "`data.test` goes with `data.train`, which is missing")
            }
            (None, Some(_), None) => {
                ("data.train", "`data.train` goes with `data.test`, which is missing")
            }
        };
        if !message.is_empty() {
            let diagnostic = Diagnostic::new(message).at(Some(&checks.root.location_of(key)));
            checks.diagnostics.push(diagnostic.help(FILES));
        }
        for (key, path) in [("data.path", &self.path)].into_iter().chain(parts) {
            checks.require(key, "\"\"", path.as_deref() != Some(""), "the path of a file");
        }
        let of_one = [
            ("data.test_fraction", self.test_fraction.is_some()),
            ("data.split_seed", self.split_seed.is_some()),
        ];
        for (key, found) in of_one {
            checks.contradiction(
                found && self.path.is_none() && self.test.is_some(),
                key,
                &format!("`{key}` is for one file, and `data.test` names the test part"),
            );
        }
    }

    /// Checks that no column is named twice or for two purposes.
    fn check_columns(&self, checks: &mut Checks<'_>) {
        let Self { target, ignore, categories, .. } = self;
        let columns = self.columns.as_deref().unwrap_or_default();
        let none = self.columns.is_some() && columns.is_empty();
        checks.contradiction(none, "data.columns", "`data.columns` names no column to learn from");
        let lists = [
            ("data.columns", columns),
            ("data.ignore", &ignore[..]),
            ("data.categories", &categories[..]),
        ];
        for (key, names) in lists {
            let mut known = BTreeSet::new();
            let twice = names.iter().filter(|name| !known.insert(*name));
            for name in twice.collect::<BTreeSet<_>>() {
                checks.contradiction(true, key, &format!("`{key}` names \"{name}\" twice"));
            }
            let help = match key {
                "data.categories" => {
                    ": for classes that are numbers, write [task] kind = \"classify\""
                }
                _ => "",
            };
            let message = format!("`{key}` names \"{target}\", which is the target{help}");
            checks.contradiction(names.contains(target), key, &message);
        }
        for name in ignore {
            for (key, names) in [("data.columns", columns), ("data.categories", categories)] {
                let message = format!("`{key}` and `data.ignore` both name \"{name}\"");
                checks.contradiction(names.contains(name), "data.ignore", &message);
            }
        }
        for name in categories.iter().filter(|name| *name != target) {
            checks.contradiction(
                self.columns.is_some() && !columns.contains(name),
                "data.categories",
                &format!("`data.categories` names \"{name}\", which is not in `data.columns`"),
            );
        }
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

impl SourceSettings for CsvConfig {
    fn samples(&self) -> Samples {
        Samples::Rows
    }

    fn valid_samples(&self) -> usize {
        0
    }

    fn complete(&mut self) {
        if self.path.is_some() {
            self.test_fraction.get_or_insert(TEST_FRACTION);
        }
    }

    fn paths_mut(&mut self) -> Vec<(&'static str, &mut String)> {
        let files = [
            ("data.path", &mut self.path),
            ("data.train", &mut self.train),
            ("data.test", &mut self.test),
        ];
        files.into_iter().filter_map(|(key, path)| Some((key, path.as_mut()?))).collect()
    }

    fn check(&self, _: &BatchConfig, checks: &mut Checks<'_>) {
        self.check_files(checks);
        if let Some(share) = self.test_fraction {
            let good = 0.0 < share && share < 1.0;
            checks.require("data.test_fraction", share, good, "above 0 and below 1");
        }
        if let Some(seed) = self.split_seed {
            checks.seed("data.split_seed", seed);
        }
        checks.require("data.target", "\"\"", !self.target.is_empty(), "the name of a column");
        self.check_columns(checks);
    }
}

/// Reports settings of images, and networks of images, for a table.
pub(super) fn check_fit(
    batches: &BatchConfig,
    model: Option<&ModelConfig>,
    checks: &mut Checks<'_>,
) {
    let found = checks.root.find("augment").is_some();
    checks.contradiction(found, "augment", "[augment] changes images, and the data are a table");
    let of_images = [("data.mean", batches.mean.is_some()), ("data.std", batches.std.is_some())];
    for (key, found) in of_images {
        let message = format!(
            "`{key}` is for images: each column of numbers is normalised by the training part's mean and \
                 standard deviation"
        );
        checks.contradiction(found, key, &message);
    }
    let takes = match model {
        None | Some(ModelConfig::Classifier { network: ClassifierConfig::Mlp(_), .. }) => {
            return;
        }
        Some(ModelConfig::Classifier { .. } | ModelConfig::Gan(_)) => "images",
        Some(ModelConfig::Translator(_)) => "pairs of texts",
        Some(ModelConfig::Agent(_)) => "an environment's observations",
    };
    checks.unfit_network(takes, "a table", "kind = \"mlp\" takes rows of a table");
}

#[cfg(test)]
mod tests;
