//! Listing of a folder of images: classes and files, before any file is opened.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::error::DataError;
use crate::images::classes::Labels;
use crate::images::folder::contents::{Contents, Shape, is_own};
use crate::names::{composed, is_ignored, is_image, listed, name_of, portable};
use crate::split::{EveryClassIn, stratified};

/// Seed of the test split of a folder without `test/`. It differs from the run's seed, so that runs with different
/// seeds are compared on the same test set.
const TEST_SEED: u64 = 0;

/// A file that cannot be decoded as an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenFile {
    /// The file, or a dangling link.
    pub path: PathBuf,
    /// The fault.
    pub fault: String,
}

/// The image files of a split and their classes.
pub(crate) struct Listing {
    pub root: PathBuf,
    /// Class names, sorted.
    pub classes: Vec<String>,
    /// True if the images lie in `root` itself, all of one class.
    pub is_flat: bool,
    /// Files with their labels, class by class.
    pub images: Vec<(PathBuf, u16)>,
    pub broken: Vec<BrokenFile>,
    /// Files beside the class folders, which belong to no class.
    pub loose: Vec<PathBuf>,
    /// Folders that Hearth wrote, which are skipped.
    pub own: Vec<PathBuf>,
}

impl Listing {
    /// Lists the class folders of `root`, a folder of the dataset `dataset`, with their files. Images without a class
    /// folder form one class by the name of the dataset.
    pub fn of(root: &Path, dataset: &Path) -> Result<Self, DataError> {
        let contents = Contents::of(root)?;
        let is_flat = contents.shape() == Shape::Flat;
        let mut listing = Self {
            root: root.to_owned(),
            classes: Vec::new(),
            is_flat,
            images: Vec::new(),
            broken: Vec::new(),
            loose: contents.files,
            own: contents.own,
        };
        if is_flat {
            let dataset = fs::canonicalize(dataset).unwrap_or_else(|_| dataset.to_owned());
            listing.classes.push(composed(&name_of(&dataset)).into_owned());
            let (images, loose) = listing.loose.into_iter().partition(|path| is_image(path));
            let images: Vec<PathBuf> = images;
            listing.loose = loose;
            listing.images = images.into_iter().map(|path| (path, 0)).collect();
            return Ok(listing);
        }
        for folder in class_folders(contents.folders)? {
            let label = u16::try_from(listing.classes.len()).map_err(|_| {
                DataError::set(root, format!("it has more than {} classes", u16::MAX))
            })?;
            listing.classes.push(composed(&name_of(&folder)).into_owned());
            listing.add(&folder, label);
        }
        if listing.classes.is_empty() {
            let fault = match listing.loose.len() {
                0 if root != dataset => {
                    "it is empty; put a folder of images into it for each class, or remove it"
                        .to_owned()
                }
                0 => "it is empty; put a folder of images into it for each class".to_owned(),
                files => no_folders(files),
            };
            return Err(DataError::set(root, fault));
        }
        Ok(listing)
    }

    /// Adds the files at any depth of a class folder. A folder that several links lead to is visited once, since the
    /// number of paths can grow exponentially.
    fn add(&mut self, folder: &Path, label: u16) {
        let by_name =
            |a: &DirEntry, b: &DirEntry| portable(a.file_name()).cmp(&portable(b.file_name()));
        let visible = |entry: &DirEntry| entry.depth() == 0 || !is_ignored(entry.file_name());
        let walk = WalkDir::new(folder).follow_links(true).sort_by(by_name).into_iter();
        let (mut walk, mut seen) = (walk.filter_entry(visible), HashSet::new());
        while let Some(entry) = walk.next() {
            match entry {
                Ok(entry) if entry.file_type().is_dir() && is_own(entry.path()) => {
                    walk.skip_current_dir();
                    self.own.push(entry.into_path());
                }
                Ok(entry) if entry.file_type().is_file() => {
                    self.images.push((entry.into_path(), label));
                }
                Ok(entry) if entry.file_type().is_dir() => {
                    let real = fs::canonicalize(entry.path());
                    if !seen.insert(real.unwrap_or_else(|_| entry.path().to_owned())) {
                        walk.skip_current_dir();
                        let fault = "the same folder was read under another name".to_owned();
                        self.broken.push(BrokenFile { path: entry.into_path(), fault });
                    }
                }
                Ok(entry) => {
                    self.broken.push(BrokenFile {
                        path: entry.into_path(),
                        fault: "it is no regular file".to_owned(),
                    });
                }
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    let fault = match error.loop_ancestor() {
                        Some(ancestor) => format!("the link leads back to {}", ancestor.display()),
                        None => error
                            .io_error()
                            .map_or_else(|| error.to_string(), hearth_config::reason),
                    };
                    self.broken.push(BrokenFile { path, fault });
                }
            }
        }
    }

    /// `[num_classes]`: number of files of each class, which may be images.
    pub fn num_files(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        self.images.iter().for_each(|(_, label)| counts[usize::from(*label)] += 1);
        counts
    }

    /// Checks that there are two classes or more, if the task needs labels.
    pub fn check_count(&self, labels: Labels) -> Result<(), DataError> {
        let [class] = &self.classes[..] else { return Ok(()) };
        let stray = self.loose.iter().filter(|path| is_image(path)).count();
        let fault = match labels {
            Labels::Unused if stray > 0 => format!(
                "it holds {stray} images and one folder, {class}: put all images into that folder, or move \
                 it elsewhere"
            ),
            Labels::Unused => return Ok(()),
            Labels::Needed if self.is_flat => no_folders(self.images.len() + self.loose.len()),
            Labels::Needed => self.one_class(class),
        };
        Err(DataError::set(&self.root, fault))
    }

    fn one_class(&self, class: &str) -> String {
        let beside = match self.loose.len() {
            0 => String::new(),
            files => format!(", and {files} files beside it"),
        };
        let needs = "a classifier needs two or more, each with its images";
        let folder = self.root.join(class);
        match Contents::of(&folder) {
            Ok(inner) if inner.folders.len() > 1 && inner.shape() == Shape::Nested => format!(
                "it has one class folder, {class}{beside}; {needs}. If the classes are {} in it, data.path = \
                 \"{}\" reads them",
                listed(inner.folders.iter().map(PathBuf::as_path)),
                folder.display()
            ),
            _ => format!("it has one class folder, {class}{beside}; {needs}"),
        }
    }

    /// Checks that the classes of this split are those of the training set.
    pub fn check_classes(&self, train: &Self) -> Result<(), DataError> {
        match self.class_faults(train).into_iter().next() {
            Some(fault) => Err(DataError::set(&self.root, fault)),
            None => Ok(()),
        }
    }

    /// Faults for the classes that this split or the training set lacks.
    pub fn class_faults(&self, train: &Self) -> Vec<String> {
        let missing = |there: &Self, here: &Self| -> Vec<(String, String)> {
            let lacks = |class: &&String| there.classes.binary_search(class).is_err();
            let like = |class: &String| {
                let plain = |name: &str| name.trim().to_lowercase();
                let same = |other: &&String| plain(other) == plain(class);
                let found = there.classes.iter().find(same);
                found.map_or_else(String::new, |other| format!(" (it has {other})"))
            };
            here.classes.iter().filter(lacks).map(|class| (class.clone(), like(class))).collect()
        };
        let name = name_of(&train.root);
        let extra = missing(train, self).into_iter().map(|(class, like)| {
            format!(
                "{name}/ has no class folder {class}{like}; both parts must have the same classes"
            )
        });
        let lacking = missing(self, train).into_iter().map(|(class, like)| {
            format!(
                "the class folder {class} of {name}/ is missing{like}; both parts must have the same classes"
            )
        });
        extra.chain(lacking).collect()
    }

    /// A warning about classes whose names differ only in case, if there are any.
    pub fn case_warning(&self) -> Option<String> {
        let mut names: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for class in &self.classes {
            names.entry(class.to_lowercase()).or_default().push(class);
        }
        let twins: Vec<_> = names.into_values().filter(|twins| twins.len() > 1).collect();
        let first = twins.first()?.join(" and ");
        let more = match twins.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more pairs"),
        };
        let root = self.root.display();
        Some(format!("{root}: the classes {first} differ in case alone{more}; are they one?"))
    }

    /// Splits off `fraction` of each class as the test set.
    pub fn split(self, fraction: f64) -> Result<(Self, Self), DataError> {
        let labels: Vec<u16> = self.images.iter().map(|&(_, label)| label).collect();
        let take = (labels.len() as f64 * fraction).round() as usize;
        if take == 0 || take >= labels.len() {
            let fault = format!(
                "data.test_fraction = {fraction} makes {take} of its {} images the test set; change it, \
                 add images, or make folders train/ and test/",
                labels.len()
            );
            return Err(DataError::set(&self.root, fault));
        }
        let cut = stratified(&labels, self.classes.len(), take, (TEST_SEED, 0), EveryClassIn::Kept);
        let part = |indices: &[u32]| {
            indices.iter().map(|&index| self.images[index as usize].clone()).collect()
        };
        let test = Self {
            root: self.root.clone(),
            classes: self.classes.clone(),
            is_flat: self.is_flat,
            images: part(&cut.taken),
            broken: Vec::new(),
            loose: Vec::new(),
            own: Vec::new(),
        };
        Ok((Self { images: part(&cut.kept), ..self }, test))
    }
}

/// The remedy for images without class folders.
fn no_folders(files: usize) -> String {
    format!(
        "it has {files} files and no folders; put the images of each class into a folder of its name"
    )
}

/// Class folders in the order of their names; an error if two names are equal in Unicode's composed form.
fn class_folders(folders: Vec<PathBuf>) -> Result<Vec<PathBuf>, DataError> {
    for folder in &folders {
        if folder.file_name().and_then(|name| name.to_str()).is_none() {
            let fault = "the name of a class must be UTF-8; rename the folder";
            return Err(DataError::set(folder, fault));
        }
    }
    for pair in folders.windows(2) {
        let [first, second] = [&pair[0], &pair[1]].map(|folder| name_of(folder));
        if composed(&first) == composed(&second) {
            let fault = format!(
                "it is one name with {first:?} beside it, and differs from it in the form of its letters \
                 alone (Unicode NFC and NFD): put both folders together"
            );
            return Err(DataError::set(&pair[1], fault));
        }
    }
    Ok(folders)
}
