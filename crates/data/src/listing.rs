//! What is in a folder of pictures: class folders and files, none of them opened yet.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::error::DataError;
use crate::split::stratified;

/// What the test set is drawn from where there is no `test/`: not the run's
/// seed, for runs with different seeds are compared on the same test set.
const TEST_SEED: u64 = 0;

/// A file that no picture can be read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file, or a link that leads nowhere.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: String,
}

/// Where the parts of a folder are.
pub(crate) enum Layout {
    Parts { train: PathBuf, test: PathBuf },
    Whole(PathBuf),
}

impl Layout {
    pub fn of(path: &Path) -> Result<Self, DataError> {
        let (train, test) = (path.join("train"), path.join("test"));
        match (train.is_dir(), test.is_dir()) {
            (true, true) => Ok(Self::Parts { train, test }),
            (true, false) => Ok(Self::Whole(train)),
            (false, false) => Ok(Self::Whole(path.to_owned())),
            (false, true) => {
                Err(DataError::set(path, "it has test/ but no train/; add the folder to train on"))
            }
        }
    }
}

/// The pictures below a folder, not yet opened.
pub(crate) struct Listing {
    pub root: PathBuf,
    /// Sorted.
    pub classes: Vec<String>,
    /// The files and their classes, class by class.
    pub pictures: Vec<(PathBuf, u16)>,
    pub broken: Vec<Broken>,
    /// Files beside the class folders: they belong to no class.
    pub loose: Vec<PathBuf>,
}

impl Listing {
    /// Lists the class folders in `root` and what is in them.
    pub fn of(root: &Path) -> Result<Self, DataError> {
        let unreadable = |error| DataError::unreadable(root, error);
        let entries = fs::read_dir(root)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(unreadable)?;
        let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
        paths.retain(|path| !path.file_name().is_some_and(is_hidden));
        paths.sort();
        let (folders, loose): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
        let mut listing = Self {
            root: root.to_owned(),
            classes: Vec::new(),
            pictures: Vec::new(),
            broken: Vec::new(),
            loose,
        };
        for folder in folders {
            let name = folder.file_name().and_then(|name| name.to_str());
            let name = name.ok_or_else(|| {
                DataError::set(&folder, "the name of a class must be UTF-8; rename the folder")
            })?;
            let label = u16::try_from(listing.classes.len()).map_err(|_| {
                DataError::set(root, format!("it has more than {} classes", u16::MAX))
            })?;
            listing.classes.push(name.to_owned());
            listing.add(&folder, label);
        }
        if listing.classes.is_empty() {
            let fault = match listing.loose.len() {
                0 => "it is empty; put a folder of pictures into it for each class".to_owned(),
                files => format!(
                    "it has {files} files and no folders; put the pictures of each class into a folder of \
                     its name"
                ),
            };
            return Err(DataError::set(root, fault));
        }
        Ok(listing)
    }

    /// Adds all files at any depth of a class folder. However many links lead to a folder in it, it is looked
    /// into once: there may be more ways than could be gone.
    fn add(&mut self, folder: &Path, label: u16) {
        let visible = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name());
        let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
        let (mut walk, mut seen) = (walk.filter_entry(visible), HashSet::new());
        while let Some(entry) = walk.next() {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    self.pictures.push((entry.into_path(), label));
                }
                Ok(entry) if entry.file_type().is_dir() => {
                    let real = fs::canonicalize(entry.path());
                    if !seen.insert(real.unwrap_or_else(|_| entry.path().to_owned())) {
                        walk.skip_current_dir();
                        let fault = "the same folder was read under another name".to_owned();
                        self.broken.push(Broken { path: entry.into_path(), fault });
                    }
                }
                Ok(entry) => {
                    self.broken.push(Broken {
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
                    self.broken.push(Broken { path, fault });
                }
            }
        }
    }

    /// That there are classes to tell apart.
    pub fn check_count(&self) -> Result<(), DataError> {
        let [class] = &self.classes[..] else { return Ok(()) };
        let beside = match self.loose.len() {
            0 => String::new(),
            files => format!(", and {files} files beside it"),
        };
        let fault = format!(
            "it has one class folder, {class}{beside}; a classifier needs two or more, each with its pictures"
        );
        Err(DataError::set(&self.root, fault))
    }

    /// That the classes of this test set are those of the training set.
    pub fn check_classes(&self, train: &[String]) -> Result<(), DataError> {
        let missing_in = |there: &[String], here: &[String]| {
            here.iter().find(|class| there.binary_search(class).is_err()).cloned()
        };
        let fault = match (missing_in(train, &self.classes), missing_in(&self.classes, train)) {
            (Some(class), _) => {
                format!("train/ has no class folder {class}; both parts must have the same classes")
            }
            (_, Some(class)) => format!(
                "the class folder {class} of train/ is missing; both parts must have the same classes"
            ),
            (None, None) => return Ok(()),
        };
        Err(DataError::set(&self.root, fault))
    }

    /// Takes `fraction` of each class as the test set.
    pub fn split(self, fraction: f64) -> Result<(Self, Self), DataError> {
        let labels: Vec<u16> = self.pictures.iter().map(|&(_, label)| label).collect();
        let take = (labels.len() as f64 * fraction).round() as usize;
        if take == 0 || take >= labels.len() {
            let fault = format!(
                "data.test_fraction = {fraction} makes {take} of its {} pictures the test set; change it, \
                 add pictures, or make folders train/ and test/",
                labels.len()
            );
            return Err(DataError::set(&self.root, fault));
        }
        let cut = stratified(&labels, self.classes.len(), take, TEST_SEED);
        let part = |places: &[u32]| {
            places.iter().map(|&place| self.pictures[place as usize].clone()).collect()
        };
        let test = Self {
            root: self.root.clone(),
            classes: self.classes.clone(),
            pictures: part(&cut.taken),
            broken: Vec::new(),
            loose: Vec::new(),
        };
        Ok((Self { pictures: part(&cut.kept), ..self }, test))
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}
