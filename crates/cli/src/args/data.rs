//! `hearth data` and `hearth init`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `hearth data`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// List the known datasets.
    List,
    /// Fetch a dataset.
    Fetch {
        /// Name of the dataset.
        name: String,
    },
    /// Verify a dataset's files by their SHA-256.
    Verify {
        /// Name of the dataset.
        name: String,
    },
    /// Check a folder of images, a CSV file or a file of pairs of texts: parts, counts, broken files, duplicates, leaks
    /// between parts or from columns.
    Check {
        /// Folder, CSV file, or file with a source, a tab and a target in each line.
        #[arg(value_name = "FOLDER|FILE")]
        data: PathBuf,
        /// Target column of the CSV file [default: the last one].
        #[arg(long, value_name = "COLUMN")]
        target: Option<String>,
    },
}

/// `hearth init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Folder with a subfolder of images for each class, or with train/, valid/ and test/ of such subfolders;
    /// folder of images alone, for a generator; a CSV file; or pairs of texts, with a source, a tab and a target in each
    /// line.
    #[arg(value_name = "FOLDER|FILE")]
    pub data: PathBuf,
    /// Target column of the CSV file [default: the last one].
    #[arg(long, value_name = "COLUMN")]
    pub target: Option<String>,
    /// Config to write [default: the name of the folder or file, with .toml].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
