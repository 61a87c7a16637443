//! Full disks, limits on file size and open files, partial writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::strace::{Trace, traced};
use super::subject::Subject;
use super::table::Table;
use super::trial::{Ended, Harm, Known, look};
use super::{through, works};
use crate::skip::skip;
use crate::support::{run, succeed};

/// Upper bound of the space of the perceptron's run.
const DISK: u64 = 2 << 20;

/// A file system, mounted until this is dropped.
pub struct Mount {
    /// The mount point.
    place: PathBuf,
    _folder: TempDir,
}

impl Mount {
    fn new(words: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("disk");
        fs::create_dir(&place).unwrap();
        let mounted = Command::new("mount").args(words).arg(&place).output();
        mounted.is_ok_and(|done| done.status.success()).then(|| Self { place, _folder: folder })
    }

    /// A small disk in memory.
    pub fn disk() -> Option<Self> {
        Self::new(&["-t", "tmpfs", "-o", &format!("size={DISK}"), "none"])
    }

    /// A read-only folder.
    pub fn read_only(folder: &Path) -> Option<Self> {
        Self::new(&["-o", "bind,ro", folder.to_str()?])
    }

    /// The mount point.
    pub fn path(&self) -> &Path {
        &self.place
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // A leftover mount would be visible to all.
        let _ = Command::new("umount").arg(&self.place).status();
    }
}

/// True if file systems can be mounted, which takes root; else the test skips.
pub fn can_mount() -> bool {
    let can = Mount::disk().is_some();
    if !can {
        skip("only root can mount a small disk");
    }
    can
}

/// Disks of 2 MB with ever more free space: the run completes, or gets as far as it can.
pub fn full_disks(subject: &Subject, step: usize, table: &mut Table) {
    if !can_mount() {
        return;
    }
    let disk = Mount::disk().expect("it was just possible");
    let (path, ballast) = (disk.path().join("run"), disk.path().join("ballast"));
    for room in (0..DISK as usize).step_by(step) {
        fs::write(&ballast, vec![0_u8; DISK as usize - room]).expect("it fits, to the last page");
        let done = run(&mut subject.train(&path));
        let felt = done.code != Some(0) || done.err.contains("warning");
        fs::remove_file(&ballast).unwrap();
        if felt {
            table.count(
                "a disk of 2 MB is full",
                "anywhere",
                look(subject, &path, &done, &Known::default()),
            );
        }
        let _ = fs::remove_dir_all(&path);
    }
}

/// Limits on file size, ever larger: the system writes a part and then refuses, or kills.
pub fn files_that_may_not_grow(subject: &Subject, step: usize, table: &mut Table) {
    for size in (0..130 * 1024).step_by(step) {
        let limit = format!("--fsize={size}");
        // No core dump either.
        let kills = vec!["prlimit", "--core=0", &limit];
        let refuses = [vec!["env", "--ignore-signal=XFSZ"], kills.clone()].concat();
        for (fault, words) in [("EFBIG", refuses), ("SIGXFSZ", kills)] {
            let path = subject.fresh();
            let done = run(&mut through(words, &subject.train(&path)));
            if done.code != Some(0) || done.err.contains("warning") {
                table.count(fault, "anywhere", look(subject, &path, &done, &Known::default()));
            }
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Limits on open files, ever larger.
pub fn few_open_files(subject: &Subject, table: &mut Table) {
    for count in 3..16 {
        let (path, limit) = (subject.fresh(), format!("--nofile={count}"));
        let done = run(&mut through(["prlimit", &limit], &subject.train(&path)));
        // The program cannot be loaded, or does not reach its run.
        if done.code != Some(0) && path.exists() {
            table.count("EMFILE", "anywhere", look(subject, &path, &done, &Known::default()));
        }
        let _ = fs::remove_dir_all(path);
    }
}

/// Partial writes and reads.
pub fn short_writes(subject: &Subject, count: usize, table: &mut Table) {
    if !works("fiu-run -x") {
        return;
    }
    let whole = writes(subject, &[]);
    for _ in 0..count {
        let points = ["write", "read"]
            .map(|call| format!("enable_random name=posix/io/rw/{call}/reduce,probability=0.5"));
        let short =
            writes(subject, &["fiu-run", "-x", "-f", "", "-c", &points[0], "-c", &points[1]]);
        let came = short.map(|short| {
            assert!(Some(short) > whole.as_ref().ok().copied(), "no write was cut short");
            Ended::CarriedOn
        });
        table.count("writes and reads in parts", "anywhere", came);
    }
}

/// Number of writes of a run in its folder, started by another command.
fn writes(subject: &Subject, words: &[&str]) -> Result<usize, Harm> {
    let (path, log) = (subject.fresh(), subject.log());
    // The command may need others.
    let programs = format!("PATH={}", std::env::var("PATH").unwrap_or_default());
    let words = ["env", &programs].into_iter().chain(words.iter().copied());
    let done = succeed(&mut traced(&through(words, &subject.train(&path)), &log, None));
    let trace = Trace::read(&log, &path).expect("it trains in its folder");
    let came =
        look(subject, &path, &done, &Known { committed: trace.committed(), ..Known::default() });
    fs::remove_dir_all(path).unwrap();
    came.map(|_| trace.calls.iter().filter(|call| call.name == "write").count())
}
