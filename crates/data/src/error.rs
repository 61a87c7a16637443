//! Errors of data. Each message names the file and the fault, and says what to do.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use hearth_config::{CommandLine, reason, shown};

/// Data that is missing, damaged, or in conflict with the config.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder that the operating system refuses to read or write.
    #[error(
        "{} cannot be {action}: {}; check the path, and who may access it",
        shown(path),
        reason(source)
    )]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The refused action: "read", "written".
        action: &'static str,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A damaged IDX file, or a file in another format.
    #[error(
        "{} is damaged or no IDX file: {fault}; put an undamaged copy in its place",
        shown(path)
    )]
    Idx {
        /// The file.
        path: PathBuf,
        /// The fault.
        fault: String,
    },
    /// A file of a dataset of the catalog whose contents differ from the published ones.
    #[error(
        "{} is damaged: its SHA-256 is {:.12}... instead of {:.12}...; \
         `{}` replaces it",
        shown(path), found, expected, CommandLine::new("data").arg("fetch").arg(dataset)
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// Name of the dataset.
        dataset: String,
        /// SHA-256 of the published contents, decompressed.
        expected: String,
        /// SHA-256 of the file, decompressed.
        found: String,
    },
    /// Files or folders that do not form a dataset.
    #[error("{}: {fault}", shown(path))]
    Set {
        /// The file or folder.
        path: PathBuf,
        /// The fault and its remedy.
        fault: String,
    },
    /// A file that cannot be decoded as an image.
    #[error(
        "{} cannot be read as an image: {fault}; remove it, or save it anew as PNG or JPEG",
        shown(path)
    )]
    Image {
        /// The file.
        path: PathBuf,
        /// The fault.
        fault: String,
    },
    /// A fault in a table.
    #[error("{}{}: {fault}", shown(path), place(*line, column.as_deref()))]
    Table {
        /// The file.
        path: PathBuf,
        /// Line of the fault, from 1, if it has one.
        line: Option<u64>,
        /// Name of the faulty column, if there is one.
        column: Option<String>,
        /// The fault and its remedy.
        fault: String,
    },
    /// A fault in a file of texts.
    #[error("{}{}: {fault}", shown(path), place(*line, None))]
    Text {
        /// The file.
        path: PathBuf,
        /// Line of the fault, from 1, if it has one.
        line: Option<u64>,
        /// The fault, and what was expected.
        fault: String,
    },
    /// A name that is not in the catalog.
    #[error("there is no dataset named `{name}`; known are {}", known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// All names of the catalog.
        known: Vec<&'static str>,
    },
    /// A missing dataset that no location could provide.
    #[error(
        "{dataset} is not complete in {} and could not be fetched\n{}{by_hand}",
        shown(folder),
        lines(tried)
    )]
    NotFetched {
        /// The dataset.
        dataset: String,
        /// Folder that the files belong in.
        folder: PathBuf,
        /// The locations that were tried, with their errors.
        tried: Vec<FailedDownload>,
        /// Advice on fetching the files by hand.
        by_hand: String,
    },
    /// A validation set that leaves no training images.
    #[error(
        "data.valid_samples = {wanted} leaves nothing to train on: {dataset} has {available} \
         training images; ask for fewer"
    )]
    TooFew {
        /// The dataset.
        dataset: String,
        /// Validation images that the config asks for.
        wanted: usize,
        /// Images in the training set.
        available: usize,
    },
}

/// A failed download of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedDownload {
    /// The location: "Debian's package ... by apt-get download".
    pub location: String,
    /// Reason of the failure.
    pub reason: String,
}

fn lines(tried: &[FailedDownload]) -> String {
    tried.iter().fold(String::new(), |mut text, FailedDownload { location, reason }| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  - {location}: {reason}");
        text
    })
}

/// The line and the column as text, `, line 3, column ...`, as far as they are known.
fn place(line: Option<u64>, column: Option<&str>) -> String {
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    let column = column.map(|column| format!(", column `{column}`")).unwrap_or_default();
    line + &column
}

impl DataError {
    /// An operating system's error on reading `path`.
    pub(crate) fn unreadable(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), action: "read", source }
    }

    /// An operating system's error on writing `path`.
    pub(crate) fn unwritable(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), action: "written", source }
    }

    /// Files that do not fit together, or a folder with a fault in its layout.
    pub(crate) fn set(path: &Path, fault: impl Into<String>) -> Self {
        Self::Set { path: path.to_owned(), fault: fault.into() }
    }
}
