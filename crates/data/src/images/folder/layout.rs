//! Layout of a folder of images: the folders of the training, validation and test images.
//!
//! ```text
//! train/CLASS, valid/CLASS, test/CLASS     parts, by any usual name; train/ at least
//! CLASS                                    the class folders themselves
//! ```
//! A folder with the name of a split counts as a split only if it holds subfolders and stands beside nothing but
//! other splits, since `train` can be the name of a class. An ambiguous layout is an error that states both readings.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::images::folder::contents::{Contents, Shape, holds_images, is_own};
use crate::names::{first_of, is_image, listed, name_of};

mod classes;

/// Depth of nested folders that are unwrapped.
const DEEPEST: usize = 8;

/// One of the three splits of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FolderSplit {
    /// Training set.
    Train,
    /// Validation set, which the best checkpoint is chosen by.
    Valid,
    /// Test set, for the final report.
    Test,
}

impl FolderSplit {
    /// `train`, `valid` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }

    /// The split with this name of a folder: `train`, `Training`, `train_set`, `train-images`, ...
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        let letters = name_of(folder).to_lowercase();
        let plain: String = letters.chars().filter(|c| c.is_alphanumeric()).collect();
        let endings = ["dataset", "set", "data", "split", "images", "imgs", "pictures", "samples"];
        let stem = endings.iter().find_map(|ending| plain.strip_suffix(ending)).unwrap_or(&plain);
        match stem {
            "train" | "training" => Some(Self::Train),
            "val" | "valid" | "validation" | "dev" | "development" => Some(Self::Valid),
            "test" | "testing" => Some(Self::Test),
            _ => None,
        }
    }
}

/// The folder of each split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderLayout {
    /// Folder of the dataset.
    pub root: PathBuf,
    /// Folder of the training images; `root` itself for a dataset without splits.
    pub train: PathBuf,
    /// Folder of the validation images, if there is one.
    pub valid: Option<PathBuf>,
    /// Folder of the test images, if there is one.
    pub test: Option<PathBuf>,
    /// Sentences for the user on skipped folders and on decisions.
    pub(crate) notes: Vec<String>,
}

impl FolderLayout {
    /// Finds the splits of a folder.
    pub(crate) fn of(path: &Path) -> Result<Self, DataError> {
        if is_own(path) {
            let fault = "it was written by Hearth and holds runs, exports or files of a known dataset; \
                         name the folder of the images";
            return Err(DataError::set(path, fault));
        }
        let (mut root, mut contents) = (path.to_owned(), Contents::of(path)?);
        let mut notes = Vec::new();
        // An archive that contains its own top folder is unpacked one level too deep.
        for _ in 0..DEEPEST {
            let ([inner], Shape::Nested) = (&contents.folders[..], contents.shape()) else { break };
            let within = Contents::of(inner)?;
            if !is_parted(&within) {
                break;
            }
            notes.push(format!("{}: read in place of the folder around it", inner.display()));
            (root, contents) = (inner.clone(), within);
        }
        let own = first_of(&contents.own);
        notes.extend(own.map(|own| format!("{own}: left out, written by Hearth")));
        let layout = match Self::parts(&root, &contents, &mut notes)? {
            Some(layout) => layout,
            None => Self::whole(root, &contents, &mut notes)?,
        };
        Ok(Self { notes, ..layout })
    }

    /// The splits in a folder; `None` if its subfolders are classes.
    fn parts(
        root: &Path,
        contents: &Contents,
        notes: &mut Vec<String>,
    ) -> Result<Option<Self>, DataError> {
        let is_part = |folder: &&PathBuf| FolderSplit::of(folder).is_some();
        let (parts, beside): (Vec<_>, Vec<_>) = contents.folders.iter().partition(is_part);
        let shape =
            |folder: &Path| Contents::of(folder).map_or(Shape::Empty, |inner| inner.shape());
        let is_flat = |folder: &&PathBuf| shape(folder) == Shape::Flat;
        if parts.is_empty() {
            return Ok(None);
        }
        let (classes, without): (Vec<_>, Vec<_>) =
            beside.into_iter().partition(|folder| holds_images(folder));
        if !classes.is_empty() {
            return classes::beside_parts(root, &parts, &classes, notes).map(|()| None);
        }
        // A single folder of images is one class, even by the name of a split.
        if parts.len() == 1 && is_flat(&parts[0]) && without.is_empty() {
            return Ok(None);
        }
        let without = first_of(&without);
        notes.extend(without.map(|folder| format!("{folder}: left out, without an image in it")));
        let images: Vec<_> = contents.files.iter().filter(|file| is_image(file)).collect();
        notes.extend(first_of(&images).map(|image| format!("{image}: left out, in no part")));
        if let Some(flat) = parts.iter().find(|part| is_flat(part))
            && let Some(nested) =
                parts.iter().find(|part| matches!(shape(part), Shape::Nested | Shape::Mixed))
        {
            let fault = format!(
                "it holds images and no class folders, and {}/ beside it holds class folders; put the \
                 images of each class into a folder of its name, or move {}/ elsewhere",
                name_of(nested),
                name_of(flat)
            );
            return Err(DataError::set(flat, fault));
        }
        Self::of_parts(root, &parts).map(Some)
    }

    /// A layout with one folder for each split; an error without a training split.
    fn of_parts(root: &Path, parts: &[&PathBuf]) -> Result<Self, DataError> {
        let one = |part: FolderSplit| -> Result<Option<PathBuf>, DataError> {
            let found: Vec<_> =
                parts.iter().filter(|path| FolderSplit::of(path) == Some(part)).collect();
            match found[..] {
                [] => Ok(None),
                [path] => unwrapped(path, part).map(Some),
                [first, second, ..] => {
                    let (first, second) = (name_of(first), name_of(second));
                    let fault = format!(
                        "{first}/ and {second}/ both have the name of its {} part; put them together, or \
                         move one of them elsewhere",
                        part.name()
                    );
                    Err(DataError::set(root, fault))
                }
            }
        };
        let (train, valid, test) =
            (one(FolderSplit::Train)?, one(FolderSplit::Valid)?, one(FolderSplit::Test)?);
        let Some(train) = train else {
            let parts = listed(parts.iter().map(|part| part.as_path()));
            let fault = format!("it has {parts} but no train/; add the folder to train on");
            return Err(DataError::set(root, fault));
        };
        let layout = Self { root: root.to_owned(), train, valid, test, notes: Vec::new() };
        layout.check_distinct()?;
        Ok(layout)
    }

    /// Checks that no two splits are the same folder by a link.
    fn check_distinct(&self) -> Result<(), DataError> {
        let folders: Vec<&PathBuf> =
            std::iter::once(&self.train).chain(&self.valid).chain(&self.test).collect();
        let real = |folder: &PathBuf| fs::canonicalize(folder).ok();
        for (place, folder) in folders.iter().enumerate() {
            let same = folders[..place].iter().find(|other| real(other) == real(folder));
            if let Some(other) = same.filter(|_| real(folder).is_some()) {
                let fault = format!(
                    "it is the same folder as {}/; each part needs images of its own",
                    name_of(other)
                );
                return Err(DataError::set(folder, fault));
            }
        }
        Ok(())
    }

    /// A layout without splits: the subfolders are classes.
    fn whole(
        root: PathBuf,
        contents: &Contents,
        notes: &mut Vec<String>,
    ) -> Result<Self, DataError> {
        classes::check(&root, &contents.folders)?;
        if let Some(other) = part_beside(&root) {
            let around = other.parent().unwrap_or(&other).display();
            notes.push(format!(
                "{}: not read, for it is outside of data.path; data.path = \"{around}\" reads both",
                other.display()
            ));
        }
        Ok(Self { train: root.clone(), root, ..Self::default() })
    }

    /// The splits with a folder of their own.
    pub(crate) fn folders(&self) -> impl Iterator<Item = (FolderSplit, &Path)> {
        let train = std::iter::once((FolderSplit::Train, &self.train));
        let valid = self.valid.iter().map(|folder| (FolderSplit::Valid, folder));
        let test = self.test.iter().map(|folder| (FolderSplit::Test, folder));
        train.chain(valid).chain(test).map(|(part, folder)| (part, folder.as_path()))
    }
}

impl fmt::Display for FolderLayout {
    /// `shoes: train in Training/, test in Testing/`.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}", self.root.display())?;
        if self.train == self.root {
            return Ok(());
        }
        for (place, (part, folder)) in self.folders().enumerate() {
            let start = if place == 0 { ": " } else { ", " };
            let folder = folder.strip_prefix(&self.root).unwrap_or(folder).display();
            write!(to, "{start}{} in {folder}/", part.name())?;
        }
        Ok(())
    }
}

/// True if all subfolders have names of splits, and the training split among them holds subfolders.
fn is_parted(contents: &Contents) -> bool {
    let is_train = |folder: &PathBuf| {
        FolderSplit::of(folder) == Some(FolderSplit::Train)
            && Contents::of(folder)
                .is_ok_and(|inner| matches!(inner.shape(), Shape::Nested | Shape::Mixed))
    };
    contents.folders.iter().any(is_train)
        && contents.folders.iter().all(|folder| FolderSplit::of(folder).is_some())
}

/// The innermost folder of a split that is nested in a folder of the same name, as in
/// `training_set/training_set/CLASS`.
fn unwrapped(path: &Path, part: FolderSplit) -> Result<PathBuf, DataError> {
    let mut folder = path.to_owned();
    for _ in 0..DEEPEST {
        let contents = Contents::of(&folder)?;
        let is_nested = contents.shape() == Shape::Nested;
        match <[PathBuf; 1]>::try_from(contents.folders) {
            Ok([inner]) if is_nested && FolderSplit::of(&inner) == Some(part) => folder = inner,
            _ => break,
        }
    }
    Ok(folder)
}

/// A validation or test split beside `root`, which is a training split itself.
fn part_beside(root: &Path) -> Option<PathBuf> {
    let root = fs::canonicalize(root)
        .ok()
        .filter(|root| FolderSplit::of(root) == Some(FolderSplit::Train))?;
    let around = Contents::of(root.parent()?).ok()?;
    around.folders.into_iter().find(|folder| {
        matches!(FolderSplit::of(folder), Some(FolderSplit::Valid | FolderSplit::Test))
            && Contents::of(folder).is_ok_and(|inner| inner.shape() == Shape::Nested)
    })
}

#[cfg(test)]
mod tests;
