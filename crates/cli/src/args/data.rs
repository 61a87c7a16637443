//! `hearth data` and `hearth init`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `hearth data`.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// The datasets known by name.
    List,
    /// Get a dataset.
    Fetch {
        /// Its name.
        name: String,
    },
    /// Compare a dataset's files with their SHA-256.
    Verify {
        /// Its name.
        name: String,
    },
    /// Look at a folder of pictures or a CSV file: its parts, counts, broken files, duplicates, leaks between parts
    /// or from columns.
    Check {
        /// The folder or the CSV file.
        #[arg(value_name = "FOLDER|FILE")]
        data: PathBuf,
        /// The column of the CSV file that is predicted [default: the last one].
        #[arg(long, value_name = "COLUMN")]
        target: Option<String>,
    },
}

/// `hearth init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// A folder with one subfolder of pictures for each class, or with train/, valid/ and test/ of these; or
    /// of pictures alone, for a generator; or a CSV file.
    #[arg(value_name = "FOLDER|FILE")]
    pub data: PathBuf,
    /// The column of the CSV file that is predicted [default: the last one].
    #[arg(long, value_name = "COLUMN")]
    pub target: Option<String>,
    /// The config to write [default: the name of the folder or file with .toml].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
