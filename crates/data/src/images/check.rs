//! What is worth knowing about a folder of images before learning from it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::error::DataError;
use crate::images::dataset::Labels;
use crate::images::decode::{Bounds, read_file, read_image_bytes};
use crate::images::examples::PictureShape;
use crate::images::folder::{Folder, classes_have, fault, nothing_to_train_on};
use crate::images::layout::{Layout, Part};
use crate::images::listing::Broken;
use crate::names::is_image;

/// A class with fewer images to train on is reported as small.
pub const FEW: usize = 20;

/// A fifth of fewer images than these, rounded, is none.
const FEWEST: usize = 3;

/// Images are decoded to this size: whether they can be is what matters.
const SHAPE: PictureShape = PictureShape { channels: 1, height: 8, width: 8 };

/// The start of a note on what a classifier alone needs.
const ENOUGH: &str = "enough for a generator, which needs no classes; for a classifier";

/// The result of [`check_folder`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderReport {
    /// The folder of each part; without parts, all images count as training images.
    pub layout: Layout,
    /// How the folder was read, where that could surprise, and what it is not enough for.
    pub notes: Vec<String>,
    /// Every class, in the byte order of the names.
    pub classes: Vec<ClassCount>,
    /// Files that no image can be read from.
    pub broken: Vec<Broken>,
    /// Files with the same contents, all of one part.
    pub duplicates: Vec<Vec<PathBuf>>,
    /// Files with the same contents, of several parts: what is learned by heart counts as understood.
    pub shared: Vec<Vec<PathBuf>>,
    /// Classes with fewer than [`FEW`] images to train on.
    pub small: Vec<String>,
    /// It is enough for a generator, and not for a classifier; the notes say why.
    pub generates_only: bool,
    /// What prevents training: classes without training images, parts without images, ...
    pub faults: Vec<String>,
    /// Classes without images to validate or test with.
    pub untested: Vec<String>,
    /// Files that are in no class folder.
    pub loose: Vec<PathBuf>,
}

/// How many images of a class can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassCount {
    /// The class's name.
    pub class: String,
    /// Images to train on.
    pub train: usize,
    /// Images to validate with.
    pub valid: usize,
    /// Images to test with.
    pub test: usize,
}

impl FolderReport {
    /// Whether there is nothing to report. Notes are no faults, nor are files that are no images.
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

/// Opens every image of a folder as `kind = "image-folder"` would, and counts.
///
/// An error means that the folder itself cannot be read; everything else is in the report.
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
    let mut same: BTreeMap<[u8; 32], Vec<(Part, PathBuf)>> = BTreeMap::new();
    for (part, listing) in folder.parts() {
        if part != Part::Train {
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
                    report.broken.push(Broken { fault: fault(&error), path: path.clone() });
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

/// Notes classes and parts without an image that can be read.
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
        } else if part == Part::Train {
            let lacks =
                |class: &&String| format!("{root}: {}", nothing_to_train_on(class, files[*class]));
            report.faults.extend(empty.iter().map(lacks));
        } else if !empty.is_empty() {
            let lacking = classes_have(&empty);
            report.untested.push(format!("{root}: {lacking} no image in the {name} set"));
        }
    }
}

/// Decodes an image; gives the SHA-256 of its file.
fn open(path: &Path) -> Result<[u8; 32], DataError> {
    let bytes = read_file(path)?;
    read_image_bytes(path, &bytes, SHAPE, false, Bounds::FILE)?;
    Ok(Sha256::digest(&bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::folder::tests::ImageFolder;

    #[test]
    fn a_sound_folder_is_counted() {
        let images = ImageFolder::parts(20, 2);
        let report = check_folder(images.0.path()).unwrap();
        assert!(report.is_sound() && report.layout.test.is_some(), "{report:?}");
        let count =
            |class: &str| ClassCount { class: class.to_owned(), train: 20, valid: 0, test: 2 };
        assert_eq!(report.classes, [count("cat"), count("dog")]);
    }

    #[test]
    fn each_kind_of_fault_is_found() {
        let images = ImageFolder::parts(20, 2);
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
        let images = ImageFolder::new();
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
        let images = ImageFolder::parts(20, 2);
        images.add("train/fox/0.png", [1; 3]);
        std::fs::create_dir(images.path("test/fox")).unwrap();
        let report = check_folder(images.0.path()).unwrap();
        assert!(report.faults.is_empty() && !report.is_sound(), "{report:?}");
        assert!(report.untested[0].contains("class fox has no image in the test set"));
        assert!(check_folder(&images.path("none")).is_err());
    }
}
