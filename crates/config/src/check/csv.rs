//! Checks of a table: its files, its columns, and settings that contradict rows.

use std::collections::BTreeSet;

use crate::checks::Checks;
use crate::models::{ClassifierConfig, ModelConfig};
use crate::sections::{CsvConfig, DataConfig};
use crate::syntax::diagnostic::Diagnostic;

/// The two ways to name the files.
const FILES: &str =
    "write path = \"table.csv\", which is split, or train = \"train.csv\" and test = \"test.csv\"";

impl Checks<'_> {
    /// Checks the settings of a table by themselves.
    pub(super) fn csv(&mut self, csv: &CsvConfig) {
        self.files(csv);
        if let Some(share) = csv.test_fraction {
            let good = 0.0 < share && share < 1.0;
            self.require("data.test_fraction", share, good, "above 0 and below 1");
        }
        if let Some(seed) = csv.split_seed {
            let good = i64::try_from(seed).is_ok();
            self.require("data.split_seed", seed, good, "0 to 2^63 - 1");
        }
        self.require("data.target", "\"\"", !csv.target.is_empty(), "the name of a column");
        self.columns(csv);
    }

    /// Checks that there is one file or two, and that the settings of one file are not given for two.
    fn files(&mut self, csv: &CsvConfig) {
        let parts = [("data.train", &csv.train), ("data.test", &csv.test)];
        let (key, message) = match (&csv.path, &csv.train, &csv.test) {
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
            let diagnostic = Diagnostic::new(message).at(Some(&self.root.location_of(key)));
            self.diagnostics.push(diagnostic.help(FILES));
        }
        for (key, path) in [("data.path", &csv.path)].into_iter().chain(parts) {
            self.require(key, "\"\"", path.as_deref() != Some(""), "the path of a file");
        }
        let of_one = [
            ("data.test_fraction", csv.test_fraction.is_some()),
            ("data.split_seed", csv.split_seed.is_some()),
        ];
        for (key, found) in of_one {
            self.contradiction(
                found && csv.path.is_none() && csv.test.is_some(),
                key,
                &format!("`{key}` is for one file, and `data.test` names the test part"),
            );
        }
    }

    /// Checks that no column is named twice or for two purposes.
    fn columns(&mut self, csv: &CsvConfig) {
        let CsvConfig { target, ignore, categories, .. } = csv;
        let columns = csv.columns.as_deref().unwrap_or_default();
        let none = csv.columns.is_some() && columns.is_empty();
        self.contradiction(none, "data.columns", "`data.columns` names no column to learn from");
        let lists = [
            ("data.columns", columns),
            ("data.ignore", &ignore[..]),
            ("data.categories", &categories[..]),
        ];
        for (key, names) in lists {
            let mut known = BTreeSet::new();
            let twice = names.iter().filter(|name| !known.insert(*name));
            for name in twice.collect::<BTreeSet<_>>() {
                self.contradiction(true, key, &format!("`{key}` names \"{name}\" twice"));
            }
            let help = match key {
                "data.categories" => {
                    ": for classes that are numbers, write [task] kind = \"classify\""
                }
                _ => "",
            };
            let message = format!("`{key}` names \"{target}\", which is the target{help}");
            self.contradiction(names.contains(target), key, &message);
        }
        for name in ignore {
            for (key, names) in [("data.columns", columns), ("data.categories", categories)] {
                let message = format!("`{key}` and `data.ignore` both name \"{name}\"");
                self.contradiction(names.contains(name), "data.ignore", &message);
            }
        }
        for name in categories.iter().filter(|name| *name != target) {
            self.contradiction(
                csv.columns.is_some() && !columns.contains(name),
                "data.categories",
                &format!("`data.categories` names \"{name}\", which is not in `data.columns`"),
            );
        }
    }

    /// Reports settings of images, and networks of images, for a table.
    pub(super) fn table(&mut self, data: &DataConfig, model: Option<&ModelConfig>) {
        let found = self.root.find("augment").is_some();
        self.contradiction(found, "augment", "[augment] changes images, and the data are a table");
        let of_images =
            [("data.mean", data.batches.mean.is_some()), ("data.std", data.batches.std.is_some())];
        for (key, found) in of_images {
            let message = format!(
                "`{key}` is for images: each column of numbers is normalised by the training part's mean and \
                 standard deviation"
            );
            self.contradiction(found, key, &message);
        }
        let takes = match model {
            None | Some(ModelConfig::Classifier { network: ClassifierConfig::Mlp(_), .. }) => {
                return;
            }
            Some(ModelConfig::Classifier { .. } | ModelConfig::Gan(_)) => "images",
            Some(ModelConfig::Translator(_)) => "pairs of texts",
        };
        self.unfit_network(takes, "a table", "kind = \"mlp\" takes rows of a table");
    }

    /// Reports settings of a table for images.
    pub(super) fn images(&mut self, model: Option<&ModelConfig>) {
        match model {
            Some(ModelConfig::Classifier { network: ClassifierConfig::Mlp(mlp), .. }) => self
                .contradiction(
                    mlp.embedding.is_some(),
                    "model.embedding",
                    "`model.embedding` is for categories of a table, and the data are images",
                ),
            Some(ModelConfig::Translator(_)) => {
                let help = "kind = \"text-rules\", \"text-pairs\" and \"bible-es\" in [data] are pairs of texts";
                self.unfit_network("pairs of texts", "images", help);
            }
            _ => {}
        }
    }

    /// Reports a network that takes other samples than the data has.
    pub(super) fn unfit_network(&mut self, takes: &str, data: &str, help: &str) {
        let kind = self.root.find("model.kind").map(|node| node.to_value().to_string());
        let kind = kind.unwrap_or_default();
        let message =
            format!("`model.kind` is {kind}, which takes {takes}, and the data are {data}");
        let diagnostic = Diagnostic::new(message).at(Some(&self.root.location_of("model.kind")));
        self.diagnostics.push(diagnostic.help(help));
    }
}

#[cfg(test)]
mod tests;
