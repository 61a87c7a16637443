//! Data card: a description of a run's data.

use std::collections::BTreeMap;

use hearth_config::EnvironmentConfig;

use crate::images::FolderLayout;

/// Data card: a description of a run's data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataCard {
    /// The `kind` in `[data]` or `[environment]`.
    pub name: String,
    /// Noun for the samples, in the plural: `images`, `rows`, `pairs`; `environments` where there are none.
    pub unit: &'static str,
    /// Size of a sample in words: `1x28x28`.
    pub sample: String,
    /// Channels, height and width of a sample that is an image.
    pub dims: Option<[usize; 3]>,
    /// Inputs of a network per sample.
    pub inputs: usize,
    /// Counts of training, validation and test samples.
    pub samples: [usize; 3],
    /// Class names; empty for regression.
    pub classes: Vec<String>,
    /// For each class, counts of training, validation and test samples.
    pub class_counts: Vec<[usize; 3]>,
    /// Folders of the splits, for a folder of images.
    pub layout: Option<FolderLayout>,
    /// Further facts: name and value, as vocabulary and lengths of texts.
    pub facts: Vec<(&'static str, String)>,
    /// File -> SHA-256 of its contents.
    pub checksums: BTreeMap<String, String>,
    /// Notes for the user on how the files were read.
    pub notes: Vec<String>,
    /// Warnings: faults that do not prevent training.
    pub warnings: Vec<String>,
    /// Bytes of all samples in memory.
    pub bytes: usize,
}

impl DataCard {
    /// The card of environments, which have no samples.
    pub fn of_environment(environment: &EnvironmentConfig) -> Self {
        let count = ("environments", environment.copies.count.to_string());
        Self {
            name: environment.kind.name().to_owned(),
            unit: "environments",
            facts: vec![count],
            ..Self::default()
        }
    }

    /// The counts of samples in words, such as `2000 training, 500 validation and 1000 test images, 1x28x28`; `shown`
    /// writes a count.
    pub fn counts(&self, shown: impl Fn(u64) -> String) -> String {
        let Self { unit, sample, samples, facts, .. } = self;
        let [train, valid, test] = samples.map(|count| shown(count as u64));
        match facts.first() {
            Some((name, count)) if name == unit => format!("{count} {unit} in step"),
            _ => format!("{train} training, {valid} validation and {test} test {unit}, {sample}"),
        }
    }
}
