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
mod tests {
    use std::{collections::BTreeSet, error::Error, io::Write, thread, time::Duration};

    use super::*;

    #[test]
    fn a_run_is_never_overwritten() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("deep/runs/mine");
        let run = RunDir::create(&path)?;
        // Killed before its config was written, it can be made again.
        drop(run.lock()?);
        fs::write(path.join(".tmp-config.toml-1"), "half")?;
        let run = RunDir::create(&path)?;
        drop(run.lock()?);
        assert_eq!(disk::names(&path)?, [".lock"]);
        RunDir::check(&path)?;
        RunDir::check(&folder.path().join("not/there/yet"))?;
        assert_eq!(disk::names(folder.path())?, ["deep"], "nothing is left of the attempt");

        run.write_text("config.toml", "format = 1\n")?;
        assert!(matches!(RunDir::check(&path), Err(StoreError::RunExists { .. })));
        let error = RunDir::create(&path).expect_err("it holds a run");
        assert!(matches!(&error, StoreError::RunExists { path: found } if *found == path));
        assert!(error.to_string().contains("--resume"));
        assert_eq!(RunDir::open(&path)?, run);
        assert_eq!(run.read_text("config.toml")?, "format = 1\n");

        let other = folder.path().join("other");
        fs::create_dir(&other)?;
        fs::write(other.join("thesis.tex"), "")?;
        assert!(matches!(RunDir::create(&other), Err(StoreError::NotEmpty { .. })));
        for file in ["thesis.tex", "thesis.tex/run"] {
            assert!(matches!(RunDir::create(other.join(file)), Err(StoreError::Io { .. })));
            assert!(matches!(RunDir::check(&other.join(file)), Err(StoreError::Io { .. })));
        }
        assert!(matches!(RunDir::check(&other), Err(StoreError::NotEmpty { .. })));
        assert!(matches!(run.write_text("a/b", ""), Err(StoreError::FileName { .. })));
        Ok(())
    }

    #[test]
    fn what_is_no_run_is_refused_with_the_runs_nearby() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let runs = folder.path().join("runs");
        for _ in 0..2 {
            RunDir::create_numbered(&runs, "mlp")?.write_text("config.toml", "")?;
        }
        fs::create_dir(runs.join("empty"))?;
        let expected = [runs.join("mlp-001"), runs.join("mlp-002")];
        for path in [runs.clone(), runs.join("mlp-003"), runs.join("empty")] {
            let error = RunDir::open(&path).expect_err("it is not a run");
            assert!(matches!(&error, StoreError::NotARun { runs, .. } if *runs == expected));
            assert!(error.to_string().contains("mlp-002"), "{error}");
        }
        let error = RunDir::open(folder.path().join("no/such/folder")).expect_err("not there");
        assert!(matches!(error, StoreError::NotARun { runs, .. } if runs.is_empty()));
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_looked_at_is_not_taken_for_absent() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("run");
        fs::create_dir(&path)?;
        // A link to itself, which no call can resolve.
        std::os::unix::fs::symlink("config.toml", path.join("config.toml"))?;
        for opened in [RunDir::open(&path), RunDir::create(&path)] {
            assert!(matches!(opened, Err(StoreError::Io { .. })), "{opened:?}");
        }
        assert_eq!(runs_in(folder.path())?, [RunDir { path }], "opening it gives the reason");
        Ok(())
    }

    #[test]
    fn the_second_is_told_who_holds_the_lock() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let run = RunDir::create(folder.path())?;
        let lock = run.lock()?;
        let StoreError::Locked { holder, .. } = run.lock().expect_err("it is locked") else {
            return Err("another error".into());
        };
        let (who, since) = holder.split_once(" since ").ok_or("no time")?;
        assert!(who.starts_with(&format!("pid {} on ", std::process::id())), "{holder}");
        let age = jiff::Timestamp::now().duration_since(since.parse()?);
        assert!((-1..3600).contains(&age.as_secs()), "{holder}");
        drop(lock);
        run.lock()?;
        Ok(())
    }

    #[test]
    fn the_second_waits_for_the_name_of_a_holder_that_has_just_locked() -> Result<(), Box<dyn Error>>
    {
        let folder = tempfile::tempdir()?;
        let run = RunDir::create(folder.path())?;
        let mut file = fs::File::create(run.path().join(lock::NAME))?;
        file.lock()?;
        let second = thread::spawn(move || run.lock());
        thread::sleep(Duration::from_millis(100));
        file.write_all(b"pid 7 on that machine\n")?;
        match second.join().expect("no panic") {
            Err(StoreError::Locked { holder, .. }) => assert_eq!(holder, "pid 7 on that machine"),
            other => panic!("{other:?}"),
        }
        Ok(())
    }

    #[test]
    fn numbers_are_taken_once() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let parent = folder.path().join("runs");
        let made: BTreeSet<PathBuf> = thread::scope(|scope| {
            let make = || -> Result<Vec<PathBuf>, StoreError> {
                (0..5).map(|_| Ok(RunDir::create_numbered(&parent, "mlp")?.path)).collect()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            threads
                .into_iter()
                .flat_map(|thread| {
                    thread.join().expect("it does not panic").expect("it makes them")
                })
                .collect()
        });
        let expected = (1..=40).map(|n| parent.join(format!("mlp-{n:03}"))).collect();
        assert_eq!(made, expected);

        // A number in use is never given again, nor one that only looks like it is.
        fs::create_dir(parent.join("mlp-1200"))?;
        fs::create_dir(parent.join("mlp-next"))?;
        assert!(RunDir::create_numbered(&parent, "mlp")?.path.ends_with("mlp-1201"));
        assert!(RunDir::create_numbered(&parent, "cnn")?.path.ends_with("cnn-001"));
        assert!(matches!(
            RunDir::create_numbered(&parent, "../cnn"),
            Err(StoreError::FileName { .. })
        ));
        Ok(())
    }
}
