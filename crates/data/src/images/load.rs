//! Image datasets: `[data]` of the config -> checked training and test images in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hearth_config::{DataSource, IdxConfig, shown};

use crate::catalog::Entry;
use crate::error::DataError;
use crate::fetch::present;
use crate::images::classes::Labels;
use crate::images::dataset::Dataset;
use crate::images::folder::load as folder;
use crate::images::idx::{self, Idx, ImageArray};
use crate::images::labels;
use crate::samples::{Examples, ImageShape};

/// Loads the images of `[data]`; `root` is the datasets folder.
///
/// A dataset of the catalog is fetched if files are missing, and `notice` receives a line for the user. Every file is
/// compared with its published SHA-256.
pub fn load(
    source: &DataSource,
    labels: Labels,
    root: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<Dataset, DataError> {
    match source {
        DataSource::FashionMnist(_) => known("fashion-mnist", root, notice),
        DataSource::FashionMnistMini(_) => known("fashion-mnist-mini", root, notice),
        DataSource::Mnist(_) => known("mnist", root, notice),
        DataSource::Idx(config) => idx_files(config, labels),
        DataSource::ImageFolder(config) => folder::load(config, labels),
        DataSource::Csv(config) => {
            let path = config.path.as_ref().or(config.train.as_ref());
            let fault = "it is a table, and this needs images";
            Err(DataError::set(Path::new(path.map_or("", String::as_str)), fault))
        }
        DataSource::TextRules(config) => {
            let fault = "it is a rule of texts, and this needs images";
            Err(DataError::set(Path::new(config.rule.name()), fault))
        }
        DataSource::BibleEs(_) => {
            let fault = "it holds pairs of texts, and this needs images";
            Err(DataError::set(&root.join("bible-es"), fault))
        }
        DataSource::TextPairs(config) => {
            let path = config.path.as_ref().or(config.source.as_ref());
            let fault = "it holds pairs of texts, and this needs images";
            Err(DataError::set(Path::new(path.map_or("", String::as_str)), fault))
        }
    }
}

/// Loads a dataset of the catalog.
pub(crate) fn known(
    name: &str,
    root: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<Dataset, DataError> {
    let entry = present(name, root, notice)?;
    let paths: Vec<PathBuf> =
        entry.files.iter().map(|file| file.locate(&entry.folder(root))).collect();
    let files = read(paths.try_into().expect("a set of images has four files"))?;
    for (file, (path, idx)) in entry.files.iter().zip(&files) {
        file.compare(path, entry.name, &idx.sha256)?;
    }
    assemble(name, files, class_names(entry), entry.checksums(), None)
}

fn class_names(entry: &Entry) -> Vec<String> {
    entry.classes.iter().map(|&class| class.to_owned()).collect()
}

/// Loads the four IDX files of `kind = "idx"`.
fn idx_files(config: &IdxConfig, labels: Labels) -> Result<Dataset, DataError> {
    let names =
        [&config.train_images, &config.train_labels, &config.test_images, &config.test_labels];
    let files = read(names.map(PathBuf::from))?;
    let checksums =
        keys(names).into_iter().zip(&files).map(|(key, (_, idx))| (key, idx.sha256.clone()));
    let checksums = checksums.collect();
    let classes = config.classes.clone().unwrap_or_else(|| {
        let [_, train, _, test] = &files;
        // Faults of labels are reported after those of the images that they belong to.
        let last = |(path, labels): &(PathBuf, Idx)| {
            labels.labels(path).unwrap_or_default().into_iter().max().unwrap_or_default()
        };
        let last = match labels {
            Labels::Needed => last(train),
            Labels::Unused => last(train).max(last(test)),
        };
        (0..=last).map(|label| label.to_string()).collect()
    });
    let rules = (labels == Labels::Needed).then_some(config);
    assemble("idx", files, classes, checksums, rules)
}

/// Keys of the four checksums: file names, so that data may move. Relative paths, which earlier runs recorded, and
/// files of equal names keep their paths.
fn keys(paths: [&String; 4]) -> [String; 4] {
    let names = paths.map(|path| Path::new(path).file_name().and_then(|name| name.to_str()));
    let differ = (1..4).all(|at| !names[..at].contains(&names[at]));
    let mut keys = paths.map(String::clone);
    for (key, name) in keys.iter_mut().zip(names) {
        if let Some(name) = name.filter(|_| differ && Path::new(paths[0]).is_absolute()) {
            name.clone_into(key);
        }
    }
    keys
}

type Files = [(PathBuf, Idx); 4];

/// Reads the files in parallel; of several faults, the first file's is reported.
fn read(paths: [PathBuf; 4]) -> Result<Files, DataError> {
    let [train_images, train_labels, test_images, test_labels] = paths;
    let pair = |images: PathBuf, labels: PathBuf| {
        let read = rayon::join(|| idx::read(&images), || idx::read(&labels));
        Ok(((images, read.0?), (labels, read.1?)))
    };
    let (train, test) =
        rayon::join(|| pair(train_images, train_labels), || pair(test_images, test_labels));
    let ((train_images, train_labels), (test_images, test_labels)) = (train?, test?);
    Ok([train_images, train_labels, test_images, test_labels])
}

/// Assembles a dataset of its four files. `rules`, if given, are the settings of the user's files, whose labels are
/// checked for classes without images.
fn assemble(
    name: &str,
    files: Files,
    classes: Vec<String>,
    checksums: BTreeMap<String, String>,
    rules: Option<&IdxConfig>,
) -> Result<Dataset, DataError> {
    let [train_images, train_labels, test_images, test_labels] = files;
    let test_path = test_images.0.clone();
    let (train, train_note) = examples(train_images, &train_labels, classes.len())?;
    rules.map_or(Ok(()), |config| labels::check(config, &classes, &train))?;
    let (test, test_note) = examples(test_images, &test_labels, classes.len())?;
    if train.shape != test.shape {
        let size = |ImageShape { channels, height, width }| format!("{channels}x{height}x{width}");
        let (test, train) = (size(test.shape), size(train.shape));
        let fault =
            format!("its images are {test}, those to train on {train}; both must be of one size");
        return Err(DataError::set(&test_path, fault));
    }
    let untested = rules.and_then(|config| labels::untested(config, &classes, &test));
    Ok(Dataset {
        name: name.to_owned(),
        classes,
        train: Arc::new(train),
        valid: None,
        test: Arc::new(test),
        layout: None,
        checksums,
        notes: train_note.or(test_note).into_iter().collect(),
        warnings: untested.into_iter().collect(),
    })
}

/// Images with their labels, and a note on the layout of the images' file.
fn examples(
    (image_path, images): (PathBuf, Idx),
    (label_path, labels): &(PathBuf, Idx),
    num_classes: usize,
) -> Result<(Examples, Option<String>), DataError> {
    let images = images.images(&image_path)?;
    let count = images.count();
    let labels = labels.labels(label_path)?;
    if labels.len() != count {
        let fault = format!(
            "it has {} labels for the {count} images of {}; do the two files belong together?",
            labels.len(),
            shown(&image_path)
        );
        return Err(DataError::set(label_path, fault));
    }
    if let Some(place) = labels.iter().position(|&label| usize::from(label) >= num_classes) {
        let fault = format!(
            "label number {place} is {}, but there are {num_classes} classes; {}",
            labels[place],
            labels::remedy(&labels, num_classes)
        );
        return Err(DataError::set(label_path, fault));
    }
    let ImageArray { pixels, shape, notice } = images;
    Ok((Examples { pixels, labels, shape, augment: None }, notice))
}

#[cfg(test)]
mod tests;
