//! What can be wrong with data: each message names the file and the fault, and says what to do.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use hearth_config::{CommandLine, reason, shown};

/// Data that is missing, damaged or not what the config says.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file or folder that the system does not let us read or write.
    #[error(
        "{} cannot be {action}: {}; check the path, and who may access it",
        shown(path),
        reason(source)
    )]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: "read", "written", ...
        action: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// A file that is not the IDX file that it should be.
    #[error(
        "{} is damaged or no IDX file: {fault}; put an undamaged copy in its place",
        shown(path)
    )]
    Idx {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// A file of a known dataset with other contents than were published.
    #[error(
        "{} is damaged: its SHA-256 is {:.12}... instead of {:.12}...; \
         `{}` replaces it",
        shown(path), found, expected, CommandLine::new("data").arg("fetch").arg(dataset)
    )]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The dataset that it belongs to.
        dataset: String,
        /// SHA-256 of the published contents, decompressed.
        expected: String,
        /// SHA-256 of what is there.
        found: String,
    },
    /// Files that are sound each for itself but do not make a dataset together.
    #[error("{}: {fault}", shown(path))]
    Set {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong and what to do.
        fault: String,
    },
    /// A file that no picture can be read from.
    #[error(
        "{} cannot be read as a picture: {fault}; remove it, or save it anew as PNG or JPEG",
        shown(path)
    )]
    Picture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// A table with a fault.
    #[error("{}{}: {fault}", shown(path), place(*line, column.as_deref()))]
    Table {
        /// The file.
        path: PathBuf,
        /// The line, from 1, where the fault has one.
        line: Option<u64>,
        /// The name of the column, where the fault has one.
        column: Option<String>,
        /// What is wrong and what to do.
        fault: String,
    },
    /// A dataset that nobody knows.
    #[error("there is no dataset named `{name}`; known are {}", known.join(", "))]
    Unknown {
        /// The name.
        name: String,
        /// All names.
        known: Vec<&'static str>,
    },
    /// A dataset that is missing and that no way led to.
    #[error(
        "{dataset} is not complete in {} and could not be fetched\n{}{by_hand}",
        shown(folder),
        lines(tried)
    )]
    NoWay {
        /// The dataset.
        dataset: String,
        /// Where its files belong.
        folder: PathBuf,
        /// Each way that was tried and why it failed.
        tried: Vec<Tried>,
        /// How to do it by hand.
        by_hand: String,
    },
    /// More validation pictures than there are.
    #[error(
        "data.valid_samples = {wanted} leaves nothing to train on: {dataset} has {available} \
         training pictures; ask for fewer"
    )]
    TooFew {
        /// The dataset.
        dataset: String,
        /// Pictures asked for.
        wanted: usize,
        /// Pictures in the training set.
        available: usize,
    },
}

/// A way to a dataset that did not lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The way: "Debian's package ... by apt-get".
    pub way: String,
    /// Why it failed.
    pub reason: String,
}

fn lines(tried: &[Tried]) -> String {
    tried.iter().fold(String::new(), |mut text, Tried { way, reason }| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  - {way}: {reason}");
        text
    })
}

/// The line and the column, as far as they are known.
fn place(line: Option<u64>, column: Option<&str>) -> String {
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    let column = column.map(|column| format!(", column `{column}`")).unwrap_or_default();
    line + &column
}

impl DataError {
    /// The system's refusal to let `path` be read.
    pub(crate) fn unreadable(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), action: "read", source }
    }

    /// The system's refusal to let `path` be written.
    pub(crate) fn unwritable(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), action: "written", source }
    }

    /// Files that do not fit together, or a folder that is not as it should be.
    pub(crate) fn set(path: &Path, fault: impl Into<String>) -> Self {
        Self::Set { path: path.to_owned(), fault: fault.into() }
    }
}
