//! Check of a folder of images before training: broken files, duplicates, small classes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::error::DataError;
use crate::images::classes::Labels;
use crate::images::classes::{classes_have, nothing_to_train_on};
use crate::images::decode::{Bounds, read_file, read_image_bytes};
use crate::images::folder::layout::{FolderLayout, FolderSplit};
use crate::images::folder::listing::BrokenFile;
use crate::images::folder::load::{Folder, fault};
use crate::names::is_image;
use crate::samples::ImageShape;

/// A class with fewer training images is reported as small.
pub const FEW: usize = 20;

/// Fewest images whose fifth, rounded, is at least one.
const FEWEST: usize = 3;

/// Size that images are decoded to: the check needs only success or failure.
const SHAPE: ImageShape = ImageShape { channels: 1, height: 8, width: 8 };

/// Start of a note on faults that concern only classifiers.
const ENOUGH: &str = "enough for a generator, which needs no classes; for a classifier";

/// Result of [`check_folder`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderReport {
    /// The folder of each split; without splits, all images count as training images.
    pub layout: FolderLayout,
    /// Notes on how the folder was read, and on tasks that it does not suffice for.
    pub notes: Vec<String>,
    /// All classes, in the byte order of their names.
    pub classes: Vec<ClassCount>,
    /// Files that cannot be decoded.
    pub broken: Vec<BrokenFile>,
    /// Groups of files with equal contents within one split.
    pub duplicates: Vec<Vec<PathBuf>>,
    /// Groups of files with equal contents in several splits: leakage from training to evaluation.
    pub shared: Vec<Vec<PathBuf>>,
    /// Classes with fewer than [`FEW`] training images.
    pub small: Vec<String>,
    /// True if the folder suffices for a generator but not for a classifier; the notes give the reason.
    pub generates_only: bool,
    /// Faults that prevent training: classes without training images, splits without images, ...
    pub faults: Vec<String>,
    /// Classes without validation or test images.
    pub untested: Vec<String>,
    /// Files outside of class folders.
    pub loose: Vec<PathBuf>,
}

/// Counts of the images of a class that can be decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassCount {
    /// Name of the class.
    pub class: String,
    /// Training images.
    pub train: usize,
    /// Validation images.
    pub valid: usize,
    /// Test images.
    pub test: usize,
}

impl FolderReport {
    /// True if there is nothing to report apart from notes and files outside of class folders.
    pub fn is_sound(&self) -> bool {
        let Self { broken, duplicates, shared, small, faults, untested, loose, .. } = self;
        broken.is_empty()
            && duplicates.is_empty()
            && shared.is_empty()
            && small.is_empty()
            && faults.is_empty()
            && untested.is_empty()
            && !loose.iter().any(|path| is_image(path))
    }
}

/// Decodes every image of a folder as `kind = "image-folder"` does, and counts them.
///
/// Returns an error only if the folder itself cannot be read; other faults are in the report.
pub fn check_folder(path: &Path) -> Result<FolderReport, DataError> {
    let folder = Folder::of(path)?;
    let mut report = FolderReport { notes: folder.layout.notes.clone(), ..FolderReport::default() };
    report.notes.extend(folder.train.case_warning());
    if let Err(error) = folder.train.check_count(Labels::Unused) {
        report.faults.push(error.to_string());
    } else if let Err(error) = folder.train.check_count(Labels::Needed) {
        report.notes.push(format!("{ENOUGH}, {error}"));
    }
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut same: BTreeMap<[u8; 32], Vec<(FolderSplit, PathBuf)>> = BTreeMap::new();
    for (part, listing) in folder.parts() {
        if part != FolderSplit::Train {
            let root = listing.root.display();
            let faults = listing.class_faults(&folder.train).into_iter();
            report.notes.extend(faults.map(|fault| format!("{ENOUGH}, {root}: {fault}")));
        }
        for class in &listing.classes {
            counts.entry(class.clone()).or_default();
        }
        report.broken.extend(listing.broken.iter().cloned());
        report.loose.extend(listing.loose.iter().cloned());
        let opened: Vec<_> = listing.images.par_iter().map(|(path, _)| open(path)).collect();
        for ((path, label), opened) in listing.images.iter().zip(opened) {
            match opened {
                Ok(sum) => {
                    let class = listing.classes[usize::from(*label)].clone();
                    counts.entry(class).or_default()[part as usize] += 1;
                    same.entry(sum).or_default().push((part, path.clone()));
                }
                Err(error) => {
                    report.broken.push(BrokenFile { fault: fault(&error), path: path.clone() });
                }
            }
        }
    }
    report.generates_only = report.notes.iter().any(|note| note.starts_with(ENOUGH));
    without_images(&folder, &counts, &mut report);
    let files = folder.train.images.len();
    if folder.test.is_none() && files < FEWEST {
        let root = folder.train.root.display();
        report.faults.push(format!("{root}: {files} images are too few to cut a test set from"));
    }
    for files in same.into_values().filter(|files| files.len() > 1) {
        let (first, _) = files[0];
        let in_one_part = files.iter().all(|&(part, _)| part == first);
        let groups = if in_one_part { &mut report.duplicates } else { &mut report.shared };
        groups.push(files.into_iter().map(|(_, path)| path).collect());
    }
    report.duplicates.sort();
    report.shared.sort();
    report.small =
        counts.iter().filter(|(_, count)| count[0] < FEW).map(|(class, _)| class.clone()).collect();
    report.classes = counts
        .into_iter()
        .map(|(class, [train, valid, test])| ClassCount { class, train, valid, test })
        .collect();
    report.layout = folder.layout;
    Ok(report)
}

/// Reports classes and splits without an image that can be decoded.
fn without_images(
    folder: &Folder,
    counts: &BTreeMap<String, [usize; 3]>,
    report: &mut FolderReport,
) {
    for (part, listing) in folder.parts() {
        let (root, name) = (listing.root.display(), part.name());
        let empty: Vec<_> =
            listing.classes.iter().filter(|class| counts[*class][part as usize] == 0).collect();
        let files = listing.classes.iter().zip(listing.num_files()).collect::<BTreeMap<_, _>>();
        if empty.len() == listing.classes.len() {
            report.faults.push(format!("{root}: no image is left for the {name} set"));
        } else if part == FolderSplit::Train {
            let lacks =
                |class: &&String| format!("{root}: {}", nothing_to_train_on(class, files[*class]));
            report.faults.extend(empty.iter().map(lacks));
        } else if !empty.is_empty() {
            let lacking = classes_have(&empty);
            report.untested.push(format!("{root}: {lacking} no image in the {name} set"));
        }
    }
}

/// Decodes an image; returns the SHA-256 of its file.
fn open(path: &Path) -> Result<[u8; 32], DataError> {
    let bytes = read_file(path)?;
    read_image_bytes(path, &bytes, SHAPE, false, Bounds::FILE)?;
    Ok(Sha256::digest(&bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::folder::load::tests::TempImages;

    #[test]
    fn a_sound_folder_is_counted() {
        let images = TempImages::parts(20, 2);
        let report = check_folder(images.0.path()).unwrap();
        assert!(report.is_sound() && report.layout.test.is_some(), "{report:?}");
        let count =
            |class: &str| ClassCount { class: class.to_owned(), train: 20, valid: 0, test: 2 };
        assert_eq!(report.classes, [count("cat"), count("dog")]);
    }

    #[test]
    fn each_kind_of_fault_is_found() {
        let images = TempImages::parts(20, 2);
        images.add("train/cat/again.png", [0, 3, 5]);
        images.add("test/dog/leak.png", [100, 7, 5]);
        images.write("train/dog/broken.jpg", b"nothing");
        images.write("loose.txt", b"ignored: beside the parts");
        images.write("test/loose.txt", b"beside the classes");
        images.add("test/fox/0.png", [1, 1, 1]);
        let report = check_folder(images.0.path()).unwrap();
        let paths = |names: [&str; 2]| names.map(|name| images.path(name)).to_vec();
        assert_eq!(report.duplicates, [paths(["train/cat/3.png", "train/cat/again.png"])]);
        assert_eq!(report.shared, [paths(["train/dog/7.png", "test/dog/leak.png"])]);
        assert_eq!(report.broken.len(), 1);
        assert_eq!(report.broken[0].path, images.path("train/dog/broken.jpg"));
        assert_eq!(report.loose, [images.path("test/loose.txt")]);
        assert_eq!(report.small, ["fox"]);
        assert!(report.faults.is_empty() && report.generates_only, "{:?}", report.faults);
        let [note] = &report.notes[..] else { panic!("{:?}", report.notes) };
        assert!(
            note.contains("for a classifier, ") && note.contains("no class folder fox"),
            "{note}"
        );
        assert!(!report.is_sound());
    }

    #[test]
    fn one_folder_counts_as_images_to_train_on() {
        let images = TempImages::new();
        images.add("cat/0.png", [1; 3]);
        std::fs::create_dir(images.path("dog")).unwrap();
        let report = check_folder(images.0.path()).unwrap();
        assert_eq!(report.layout.train, report.layout.root);
        let count = |class: &str, train| ClassCount {
            class: class.to_owned(),
            train,
            ..ClassCount::default()
        };
        assert_eq!(report.classes, [count("cat", 1), count("dog", 0)]);
        assert_eq!(report.small, ["cat", "dog"]);
        assert!(report.faults[0].contains("class dog has no image to train on"), "{report:?}");
        let images = TempImages::parts(20, 2);
        images.add("train/fox/0.png", [1; 3]);
        std::fs::create_dir(images.path("test/fox")).unwrap();
        let report = check_folder(images.0.path()).unwrap();
        assert!(report.faults.is_empty() && !report.is_sound(), "{report:?}");
        assert!(report.untested[0].contains("class fox has no image in the test set"));
        assert!(check_folder(&images.path("none")).is_err());
    }
}
