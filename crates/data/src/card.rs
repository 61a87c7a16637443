//! Data card: a description of a run's data.

use std::collections::BTreeMap;

use crate::images::FolderLayout;

/// Data card: a description of a run's data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataCard {
    /// The `kind` in `[data]`.
    pub name: String,
    /// Noun for the samples, in the plural: `images`, `rows`, `pairs`.
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
