//! The folder of a run.
//!
//! | name | holds |
//! | --- | --- |
//! | `config.toml` | the resolved config; a folder is a run when it has one |
//! | `run.json` | where the run comes from |
//! | `metrics.jsonl` | one object per logged step or evaluation |
//! | `checkpoints/` | one folder per checkpoint |
//! | `best.json` | which checkpoint is best |
//! | `.lock` | who is at work here |

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    Checkpoints, RunLock, StoreError,
    disk::{self, Context},
    lock,
};

/// The folder of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Makes the folder of a new run. One that is there already must be empty; what a run that was
    /// killed before it wrote anything has left counts as nothing.
    ///
    /// Write `config.toml` first: it is what makes the folder a run.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let run = Self { path: path.into() };
        disk::create_folder(&run.path)?;
        run.check_free()?;
        Ok(run)
    }

    /// Whether [`create`](Self::create) could make a run here: asked before anything is computed for it.
    pub fn check(path: &Path) -> Result<(), StoreError> {
        let run = Self { path: path.to_owned() };
        if path.is_dir() {
            run.check_free()?;
        }
        Self::check_place(path)
    }

    /// Whether folders can be made here: the nearest one that is there must be one that can be written.
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

    /// An error when the folder holds a run or anything else.
    fn check_free(&self) -> Result<(), StoreError> {
        // First the names: what another process begins between the two is a run, and not anything.
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

    /// Makes the folder of a new run in `parent`: `name-001`, or the number after the last one.
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

    /// Opens a run that is there. The error for any other folder lists the runs in or beside it.
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

    /// Takes the right to change the run, and removes what interrupted writes have left. When
    /// another process has it, the error says which.
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

    /// The path of the record of where the run comes from.
    pub fn info_path(&self) -> PathBuf {
        self.path.join("run.json")
    }

    /// The path of the metrics: see [`MetricsLog`](crate::MetricsLog).
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// The checkpoints.
    pub fn checkpoints(&self) -> Checkpoints {
        Checkpoints::new(self.path.join("checkpoints"))
    }

    /// Writes a file of the run so that a crash leaves the old content or the new.
    pub fn write_text(&self, name: &str, text: &str) -> Result<(), StoreError> {
        self.write_bytes(name, text.as_bytes())
    }

    /// The same with any bytes.
    pub fn write_bytes(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        disk::check_name(name)?;
        disk::write_atomic(&self.path, name, bytes)
    }

    /// Writes a file into a folder of the run so that a crash leaves the old content or the new.
    pub fn write_file(&self, folder: &str, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        disk::check_name(folder)?;
        disk::check_name(name)?;
        let folder = self.path.join(folder);
        disk::create_in_parent(&folder)?;
        disk::clear_temporary(&folder)?;
        disk::write_atomic(&folder, name, bytes)
    }

    /// The files in a folder of the run, sorted by name; none when there is no such folder.
    pub fn files(&self, folder: &str) -> Result<Vec<PathBuf>, StoreError> {
        disk::check_name(folder)?;
        let folder = self.path.join(folder);
        let names = disk::names(&folder)?.into_iter().filter(|name| !disk::is_temporary(name));
        Ok(names.map(|name| folder.join(name)).collect())
    }

    /// Removes those files in a folder of the run that are not to be kept.
    pub fn retain(&self, folder: &str, keep: impl Fn(&Path) -> bool) -> Result<(), StoreError> {
        self.files(folder)?
            .iter()
            .filter(|path| !keep(path))
            .try_for_each(|path| disk::remove(path))
    }

    /// Reads a file of the run.
    pub fn read_text(&self, name: &str) -> Result<String, StoreError> {
        disk::check_name(name)?;
        let path = self.path.join(name);
        let bytes = fs::read(&path).context("read", &path)?;
        String::from_utf8(bytes).map_err(|error| StoreError::Unreadable {
            file: path,
            fault: format!("it is not text: {error}"),
        })
    }

    /// The run that is, or will be, in this folder.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Whether it holds a run. When that cannot be found out it is an error: it may be one.
    pub fn is_run(&self) -> Result<bool, StoreError> {
        disk::is_file(&self.config_path())
    }
}

/// The runs right inside a folder, sorted by name; none when there is no such folder. What may be a run and
/// cannot be looked at is among them: whoever reads it is told why.
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
        // A link to itself: no one can say what is behind it.
        std::os::unix::fs::symlink("config.toml", path.join("config.toml"))?;
        for opened in [RunDir::open(&path), RunDir::create(&path)] {
            assert!(matches!(opened, Err(StoreError::Io { .. })), "{opened:?}");
        }
        assert_eq!(runs_in(folder.path())?, [RunDir { path }], "whoever reads it is told why");
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
