//! The folder of a run.
//!
//! | name | holds |
//! | --- | --- |
//! | `config.toml` | the resolved config; a folder is a run when it has one |
//! | `run.json` | the origin of the run: versions, backend, data set |
//! | `metrics.jsonl` | one object per logged step or evaluation |
//! | `checkpoints/` | one folder per checkpoint |
//! | `best.json` | the best checkpoint |
//! | `.lock` | the process that changes the run |

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::lock;
use crate::{
    Checkpoints, RunLock, StoreError,
    disk::{self, Context},
};

/// The folder of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Creates the folder of a new run. An existing folder must be empty, except for the remains of a run that was
    /// killed before it wrote its config.
    ///
    /// Write `config.toml` first: a folder with it is a run.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let run = Self { path: path.into() };
        disk::create_folder(&run.path)?;
        run.check_free()?;
        Ok(run)
    }

    /// Checks that [`create`](Self::create) would succeed, before anything is computed for the run.
    pub fn check(path: &Path) -> Result<(), StoreError> {
        let run = Self { path: path.to_owned() };
        if path.is_dir() {
            run.check_free()?;
        }
        Self::check_place(path)
    }

    /// Checks that a folder can be created at `path`: its nearest existing parent must be writable.
    pub fn check_place(path: &Path) -> Result<(), StoreError> {
        let mut folder = path;
        while !disk::exists(folder)? && disk::parent(folder) != folder {
            folder = disk::parent(folder);
        }
        if !folder.is_dir() {
            let in_the_way = folder == path;
            let kind = if in_the_way {
                io::ErrorKind::AlreadyExists
            } else {
                io::ErrorKind::NotADirectory
            };
            return Err(io::Error::from(kind)).context("create", path);
        }
        let probe = disk::temporary(folder, "probe");
        fs::create_dir(&probe).and_then(|()| fs::remove_dir(&probe)).context("create", path)
    }

    /// Checks that the folder is empty, except for a lock and remains of interrupted writes.
    fn check_free(&self) -> Result<(), StoreError> {
        // The names first: a run that another process begins between the two is then reported as a run.
        let names = disk::names(&self.path)?;
        if self.is_run()? {
            return Err(StoreError::RunExists { path: self.path.clone() });
        }
        let nothing = |name: &String| name == lock::NAME || disk::is_temporary(name);
        if names.iter().all(nothing) {
            Ok(())
        } else {
            Err(StoreError::NotEmpty { path: self.path.clone() })
        }
    }

    /// Creates the folder of a new run in `parent`: `name-001`, or the number after the last one.
    pub fn create_numbered(parent: impl AsRef<Path>, name: &str) -> Result<Self, StoreError> {
        let parent = parent.as_ref();
        disk::check_name(name)?;
        disk::create_folder(parent)?;
        let number = |entry: &String| -> Option<u32> {
            entry.strip_prefix(name)?.strip_prefix('-')?.parse().ok()
        };
        let last = disk::names(parent)?.iter().filter_map(number).max().unwrap_or(0);
        let mut next = last.saturating_add(1);
        loop {
            let path = parent.join(format!("{name}-{next:03}"));
            match fs::create_dir(&path) {
                // Another process took the number since.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && next < u32::MAX => {
                    next += 1;
                }
                created => {
                    created.context("create", &path)?;
                    disk::sync_folder(parent)?;
                    return Ok(Self { path });
                }
            }
        }
    }

    /// Opens an existing run. The error for any other folder lists the runs in it, or else in its parent.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let run = Self { path: path.into() };
        if run.is_run()? {
            return Ok(run);
        }
        let mut nearby = runs_in(&run.path).unwrap_or_default();
        if nearby.is_empty() {
            nearby = runs_in(disk::parent(&run.path)).unwrap_or_default();
        }
        let runs = nearby.into_iter().map(|run| run.path).collect();
        Err(StoreError::NotARun { path: run.path, runs })
    }

    /// Locks the run, and removes the remains of interrupted writes. The error names the process that holds the lock.
    pub fn lock(&self) -> Result<RunLock, StoreError> {
        let lock = RunLock::acquire(&self.path)?;
        disk::clear_temporary(&self.path)?;
        Ok(lock)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of the resolved config.
    pub fn config_path(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    /// The path of the record of the run's origin.
    pub fn info_path(&self) -> PathBuf {
        self.path.join("run.json")
    }

    /// The path of the metrics' log: see [`MetricsLog`](crate::MetricsLog).
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// The checkpoints.
    pub fn checkpoints(&self) -> Checkpoints {
        Checkpoints::new(self.path.join("checkpoints"))
    }

    /// Writes a text file of the run atomically.
    pub fn write_text(&self, name: &str, text: &str) -> Result<(), StoreError> {
        self.write_bytes(name, text.as_bytes())
    }

    /// Writes a file of the run atomically.
    pub fn write_bytes(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        disk::check_name(name)?;
        disk::write_atomic(&self.path, name, bytes)
    }

    /// Writes a file into a folder of the run atomically; a missing folder is created.
    pub fn write_file(&self, folder: &str, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        disk::check_name(folder)?;
        disk::check_name(name)?;
        let folder = self.path.join(folder);
        disk::create_in_parent(&folder)?;
        disk::clear_temporary(&folder)?;
        disk::write_atomic(&folder, name, bytes)
    }

    /// The files in a folder of the run, sorted by name; none for a missing folder.
    pub fn files(&self, folder: &str) -> Result<Vec<PathBuf>, StoreError> {
        disk::check_name(folder)?;
        let folder = self.path.join(folder);
        let names = disk::names(&folder)?.into_iter().filter(|name| !disk::is_temporary(name));
        Ok(names.map(|name| folder.join(name)).collect())
    }

    /// Removes the files in a folder of the run for which `keep` is false.
    pub fn retain(&self, folder: &str, keep: impl Fn(&Path) -> bool) -> Result<(), StoreError> {
        self.files(folder)?
            .iter()
            .filter(|path| !keep(path))
            .try_for_each(|path| disk::remove(path))
    }

    /// Reads a text file of the run.
    pub fn read_text(&self, name: &str) -> Result<String, StoreError> {
        disk::check_name(name)?;
        let path = self.path.join(name);
        let bytes = fs::read(&path).context("read", &path)?;
        String::from_utf8(bytes).map_err(|error| StoreError::Unreadable {
            file: path,
            fault: format!("it is not text: {error}"),
        })
    }

    /// The run in a folder, which may be missing.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// True if the folder holds a run. A folder that cannot be examined is an error: it may hold one.
    pub fn is_run(&self) -> Result<bool, StoreError> {
        disk::is_file(&self.config_path())
    }
}

/// The runs directly inside a folder, sorted by name; none for a missing folder. Folders that cannot be examined are
/// among them: opening one gives the reason.
pub fn runs_in(folder: impl AsRef<Path>) -> Result<Vec<RunDir>, StoreError> {
    let folder = folder.as_ref();
    let runs = disk::names(folder)?.into_iter().map(|name| RunDir { path: folder.join(name) });
    Ok(runs.filter(|run| run.is_run().unwrap_or(true)).collect())
}

#[cfg(test)]
mod tests;
