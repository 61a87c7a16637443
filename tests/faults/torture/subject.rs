//! The runs under faults: small enough for thousands of repetitions, with everything that a run keeps.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::trial::{FILES, steps};
use crate::support::{copy, hearth, succeed};

/// 12 steps with checkpoints after the 4th, 5th, 8th, 10th and 12th; retention removes three of them.
pub const PERCEPTRON: [&str; 11] = [
    "configs/mlp-nano.toml",
    "model.hidden=[16]",
    "optimizer.momentum=0.9",
    "schedule.kind=constant",
    "data.batch_size=150",
    "train.epochs=1",
    "train.log_every=2",
    "train.keep_last=2",
    "train.checkpoint_every=4 steps",
    "train.evaluate_every=5 steps",
    "run.threads=1",
];

/// An adversarial pair, which keeps images as well.
pub const PAIR: [&str; 9] = [
    "configs/gan-nano.toml",
    "model.widths=[2, 4]",
    "model.latent=4",
    "data.batch_size=500",
    "train.epochs=2",
    "train.checkpoint_every=3 steps",
    "train.evaluate_every=4 steps",
    "evaluate.samples=100",
    "run.threads=1",
];

/// A regression on rows of a table: 12 steps like the perceptron's.
pub const ROWS: [&str; 10] = [
    "configs/diabetes-nano.toml",
    "schedule.kind=constant",
    "data.batch_size=26",
    "train.epochs=1",
    "train.log_every=2",
    "train.keep_last=2",
    "train.checkpoint_every=4 steps",
    "train.evaluate_every=5 steps",
    "run.threads=1",
    "run.seed=3",
];

/// A translation of short texts, whose folder holds a tokenizer as well.
pub const TEXTS: [&str; 10] = [
    "configs/reverse-nano.toml",
    "model.embedding=4",
    "model.hidden=4",
    "data.batch_size=32",
    "train.epochs=1",
    "train.log_every=2",
    "train.keep_last=2",
    "train.checkpoint_every=4 steps",
    "train.evaluate_every=5 steps",
    "run.threads=1",
];

/// Settings, and an undisturbed run with them.
pub struct Subject {
    folder: TempDir,
    settings: Vec<String>,
    /// The tensors after each step, in the order of [`FILES`].
    album: BTreeMap<u64, [Vec<u8>; 2]>,
    runs: Cell<usize>,
}

impl Subject {
    /// Trains the undisturbed run.
    pub fn new<S: ToString>(settings: impl IntoIterator<Item = S>) -> Self {
        // A disk in memory takes the same calls, and is fast.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let settings = settings.into_iter().map(|word| word.to_string()).collect();
        let mut subject = Self { folder, settings, album: BTreeMap::new(), runs: Cell::new(0) };
        succeed(&mut subject.train(&subject.whole()));
        // The first one ends before its first step.
        let every_step = ["train.keep_last=1000", "train.checkpoint_every=1 steps"];
        for words in [&["--time", "1ms"], &every_step] {
            let path = subject.fresh();
            succeed(subject.train(&path).args(words));
            for (step, checkpoint) in steps(&path) {
                let tensors = FILES.map(|file| fs::read(checkpoint.join(file)).unwrap());
                subject.album.insert(step, tensors);
            }
        }
        assert!(subject.album.contains_key(&0), "it ends before its first step");
        subject
    }

    /// The undisturbed run.
    pub fn whole(&self) -> PathBuf {
        self.folder.path().join("whole")
    }

    /// The tensors after a step.
    pub fn tensors(&self, step: u64) -> Option<&[Vec<u8>; 2]> {
        self.album.get(&step)
    }

    /// A path for a new folder.
    pub fn fresh(&self) -> PathBuf {
        self.runs.set(self.runs.get() + 1);
        self.folder.path().join(format!("run-{:05}", self.runs.get()))
    }

    /// A copy of the undisturbed run, without its newest checkpoint.
    pub fn behind(&self) -> PathBuf {
        let path = self.fresh();
        copy(&self.whole(), &path);
        let (_, newest) = steps(&path).pop().expect("it keeps two");
        fs::remove_dir_all(newest).unwrap();
        path
    }

    /// The path of the log of calls.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    /// The command that trains it in a folder.
    pub fn train(&self, run: &Path) -> Command {
        let mut command = hearth(["train"]);
        command.args(&self.settings).arg("--run").arg(run);
        command
    }

    /// The command that resumes it.
    pub fn resume(&self, run: &Path) -> Command {
        let mut command = self.train(run);
        command.arg("--resume");
        command
    }
}
