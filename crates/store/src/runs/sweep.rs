//! The folder of a sweep: the runs of one search.
//!
//! | name | holds |
//! | --- | --- |
//! | `sweep.json` | the record of the search; a folder is a sweep when it has one |
//! | `sweep.toml` | the base config of all trials |
//! | `trial-001/`, ... | the runs |
//! | `trial-001.log`, ... | their output |
//! | `sweep.csv` | their results |
//! | `.lock` | the process that changes the sweep |

use std::path::{Path, PathBuf};

use crate::{RunDir, RunLock, StoreError, disk};

const RECORD: &str = "sweep.json";

/// The folder of a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepDir {
    folder: RunDir,
}

impl SweepDir {
    /// Creates the folder of a new sweep. An existing folder must be empty.
    ///
    /// Write the [record](Self::write_record) first: a folder with it is a sweep.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let sweep = Self { folder: RunDir::at(path.into()) };
        if sweep.is_sweep()? {
            return Err(StoreError::SweepExists { path: sweep.path().to_owned() });
        }
        Ok(Self { folder: RunDir::create(sweep.path())? })
    }

    /// Creates the folder of a new sweep in `parent`: `name-sweep-001`, or the number after the last one.
    pub fn create_numbered(parent: impl AsRef<Path>, name: &str) -> Result<Self, StoreError> {
        Ok(Self { folder: RunDir::create_numbered(parent, &format!("{name}-sweep"))? })
    }

    /// Opens an existing sweep.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let sweep = Self { folder: RunDir::at(path.into()) };
        if sweep.is_sweep()? {
            Ok(sweep)
        } else {
            Err(StoreError::NotASweep { path: sweep.path().to_owned() })
        }
    }

    /// Locks the sweep, and removes the remains of interrupted writes. The error names the process that holds the lock.
    /// The runs have locks of their own.
    pub fn lock(&self) -> Result<RunLock, StoreError> {
        self.folder.lock()
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Reads the record of the search.
    pub fn read_record(&self) -> Result<String, StoreError> {
        self.folder.read_text(RECORD)
    }

    /// Writes the record of the search, once: an existing one is an error.
    pub fn write_record(&self, text: &str) -> Result<(), StoreError> {
        // Another process may have begun a sweep here before the lock was taken.
        if self.is_sweep()? {
            return Err(StoreError::SweepExists { path: self.path().to_owned() });
        }
        self.folder.write_text(RECORD, text)
    }

    /// The path of the record.
    pub fn record_path(&self) -> PathBuf {
        self.path().join(RECORD)
    }

    /// Writes the base config of all trials atomically, and returns its path.
    pub fn write_config(&self, text: &str) -> Result<PathBuf, StoreError> {
        self.write("sweep.toml", text)
    }

    /// Writes the results atomically, and returns their path.
    pub fn write_results(&self, text: &str) -> Result<PathBuf, StoreError> {
        self.write("sweep.csv", text)
    }

    /// The run of a trial, counted from 1. Its folder may be missing.
    pub fn trial(&self, number: usize) -> RunDir {
        RunDir::at(self.path().join(format!("trial-{number:03}")))
    }

    /// The path of a trial's output.
    pub fn trial_log(&self, number: usize) -> PathBuf {
        self.path().join(format!("trial-{number:03}.log"))
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, StoreError> {
        self.folder.write_text(name, text)?;
        Ok(self.path().join(name))
    }

    fn is_sweep(&self) -> Result<bool, StoreError> {
        disk::is_file(&self.record_path())
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn a_sweep_is_never_overwritten() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("deep/sweep");
        let sweep = SweepDir::create(&path)?;
        drop(sweep.lock()?);
        assert!(matches!(SweepDir::open(&path), Err(StoreError::NotASweep { .. })));
        // Killed before its record was written, it can be made again.
        assert_eq!(SweepDir::create(&path)?, sweep);
        sweep.write_record("{}")?;
        assert!(matches!(SweepDir::create(&path), Err(StoreError::SweepExists { .. })));
        assert!(matches!(sweep.write_record("{}"), Err(StoreError::SweepExists { .. })));
        assert_eq!(SweepDir::open(&path)?.read_record()?, "{}");

        assert!(SweepDir::create_numbered(folder.path(), "mlp")?.path().ends_with("mlp-sweep-001"));
        assert!(sweep.trial(7).path().ends_with("sweep/trial-007"));
        assert!(sweep.trial_log(1000).ends_with("sweep/trial-1000.log"));
        Ok(())
    }
}
