//! What is worth knowing about a folder of pictures before learning from it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::error::DataError;
use crate::examples::PictureShape;
use crate::folder::fault;
use crate::listing::{Broken, Layout, Listing};
use crate::picture::{Bounds, read_file, read_picture_bytes};

/// A class with fewer pictures to train on is reported as small.
pub const FEW: usize = 20;

/// Pictures are decoded to this size: whether they can be is what matters.
const SHAPE: PictureShape = PictureShape { channels: 1, height: 8, width: 8 };

/// The result of [`check_folder`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderReport {
    /// Whether there are `train/` and `test/`; otherwise all pictures count as `train`.
    pub has_parts: bool,
    /// Every class, in the byte order of the names.
    pub classes: Vec<ClassCount>,
    /// Files that no picture can be read from.
    pub broken: Vec<Broken>,
    /// Files with the same contents, all of one part.
    pub duplicates: Vec<Vec<PathBuf>>,
    /// Files with the same contents, of both parts: what is learned by heart counts as understood.
    pub shared: Vec<Vec<PathBuf>>,
    /// Classes with fewer than [`FEW`] pictures to train on.
    pub small: Vec<String>,
    /// What prevents learning: classes that only one part has, fewer than two classes, ...
    pub faults: Vec<String>,
    /// Files that are in no class folder.
    pub loose: Vec<PathBuf>,
}

/// How many pictures of a class can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassCount {
    /// The class's name.
    pub class: String,
    /// Pictures to train on.
    pub train: usize,
    /// Pictures to test with.
    pub test: usize,
}

impl FolderReport {
    /// Whether there is nothing to report.
    pub fn is_sound(&self) -> bool {
        let Self { broken, duplicates, shared, small, faults, loose, .. } = self;
        broken.is_empty()
            && duplicates.is_empty()
            && shared.is_empty()
            && small.is_empty()
            && faults.is_empty()
            && loose.is_empty()
    }
}

/// Opens every picture of a folder as `kind = "image-folder"` would, and counts.
///
/// An error means that the folder itself cannot be read; everything else is in the report.
pub fn check_folder(path: &Path) -> Result<FolderReport, DataError> {
    let mut report = FolderReport::default();
    let parts = match Layout::of(path)? {
        Layout::Parts { train, test } => {
            report.has_parts = true;
            vec![Listing::of(&train)?, Listing::of(&test)?]
        }
        Layout::Whole(folder) => vec![Listing::of(&folder)?],
    };
    report.faults = class_faults(&parts);
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut same: BTreeMap<[u8; 32], Vec<(usize, PathBuf)>> = BTreeMap::new();
    for (part, listing) in parts.into_iter().enumerate() {
        for class in &listing.classes {
            counts.entry(class.clone()).or_default();
        }
        report.broken.extend(listing.broken);
        report.loose.extend(listing.loose);
        let opened: Vec<_> = listing.pictures.par_iter().map(|(path, _)| open(path)).collect();
        for ((path, label), opened) in listing.pictures.into_iter().zip(opened) {
            match opened {
                Ok(sum) => {
                    counts.entry(listing.classes[usize::from(label)].clone()).or_default()[part] +=
                        1;
                    same.entry(sum).or_default().push((part, path));
                }
                Err(error) => report.broken.push(Broken { fault: fault(&error), path }),
            }
        }
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
        .map(|(class, [train, test])| ClassCount { class, train, test })
        .collect();
    Ok(report)
}

/// Decodes a picture; gives the SHA-256 of its file.
fn open(path: &Path) -> Result<[u8; 32], DataError> {
    let bytes = read_file(path)?;
    read_picture_bytes(path, &bytes, SHAPE, false, Bounds::FILE)?;
    Ok(Sha256::digest(&bytes).into())
}

fn class_faults(parts: &[Listing]) -> Vec<String> {
    let mut faults = Vec::new();
    for (here, listing) in parts.iter().enumerate() {
        let root = listing.root.display();
        if listing.classes.len() < 2 {
            faults.push(format!(
                "{root}: {} class folders; a classifier needs two or more",
                listing.classes.len()
            ));
        }
        let mut counts = vec![0; listing.classes.len()];
        listing.pictures.iter().for_each(|(_, label)| counts[usize::from(*label)] += 1);
        for (name, count) in listing.classes.iter().zip(counts) {
            if count == 0 {
                faults.push(format!("{root}: no file in the class folder {name}"));
            }
            if let Some(other) = parts
                .iter()
                .enumerate()
                .find(|(there, part)| *there != here && part.classes.binary_search(name).is_err())
            {
                faults.push(format!(
                    "{}: the class folder {name} is missing",
                    other.1.root.display()
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::tests::Pictures;

    #[test]
    fn a_sound_folder_is_counted() {
        let pictures = Pictures::parts(20, 2);
        let report = check_folder(pictures.0.path()).unwrap();
        assert!(report.is_sound() && report.has_parts, "{report:?}");
        let count = |class: &str| ClassCount { class: class.to_owned(), train: 20, test: 2 };
        assert_eq!(report.classes, [count("cat"), count("dog")]);
    }

    #[test]
    fn each_kind_of_fault_is_found() {
        let pictures = Pictures::parts(20, 2);
        pictures.add("train/cat/again.png", [0, 3, 5]);
        pictures.add("test/dog/leak.png", [100, 7, 5]);
        pictures.write("train/dog/broken.jpg", b"nothing");
        pictures.write("loose.txt", b"ignored: beside the parts");
        pictures.write("test/loose.txt", b"beside the classes");
        pictures.add("test/fox/0.png", [1, 1, 1]);
        let report = check_folder(pictures.0.path()).unwrap();
        let paths = |names: [&str; 2]| names.map(|name| pictures.path(name)).to_vec();
        assert_eq!(report.duplicates, [paths(["train/cat/3.png", "train/cat/again.png"])]);
        assert_eq!(report.shared, [paths(["train/dog/7.png", "test/dog/leak.png"])]);
        assert_eq!(report.broken.len(), 1);
        assert_eq!(report.broken[0].path, pictures.path("train/dog/broken.jpg"));
        assert_eq!(report.loose, [pictures.path("test/loose.txt")]);
        assert_eq!(report.small, ["fox"]);
        assert_eq!(report.faults.len(), 1, "{:?}", report.faults);
        assert!(
            report.faults[0].ends_with("train: the class folder fox is missing"),
            "{:?}",
            report.faults
        );
        assert!(!report.is_sound());
    }

    #[test]
    fn one_folder_counts_as_pictures_to_train_on() {
        let pictures = Pictures::new();
        pictures.add("cat/0.png", [1; 3]);
        std::fs::create_dir(pictures.path("dog")).unwrap();
        let report = check_folder(pictures.0.path()).unwrap();
        assert!(!report.has_parts);
        assert_eq!(report.classes[0], ClassCount { class: "cat".to_owned(), train: 1, test: 0 });
        assert_eq!(report.small, ["cat", "dog"]);
        assert!(report.faults[0].contains("no file in the class folder dog"));
        assert!(check_folder(&pictures.path("none")).is_err());
    }
}
