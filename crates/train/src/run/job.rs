//! What is to be trained, and what came of it.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use hearth_config::Config;
use hearth_report::Report;
use serde::Serialize;

use crate::backend::Backend;
use crate::trainer::StopReason;

/// Where a run is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunTarget {
    /// `runs/<name>-NNN`, the next free number.
    Numbered(PathBuf),
    /// This folder, which must not hold a run.
    Fresh(PathBuf),
    /// This folder, going on with the run that it holds.
    Resume(PathBuf),
    /// This folder, which must not hold a run: a run of no steps that holds the weights of a file of
    /// PyTorch.
    Import(PathBuf, WeightsFile),
    /// Nowhere: everything is built, and nothing trained or written.
    Nowhere,
}

/// A file with weights, and what is said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeightsFile {
    /// The file.
    pub path: PathBuf,
    /// The entry that holds the network, where there are several.
    pub key: Option<String>,
    /// Tensors and modules that are left out.
    pub ignore: Vec<String>,
    /// Modules of the file, and the layers that they are.
    pub map: Vec<[String; 2]>,
}

/// What to train, and with what.
#[derive(Debug)]
pub struct Job<'a> {
    /// The settings.
    pub config: &'a Config,
    /// What computes.
    pub backend: Backend,
    /// The folder of datasets.
    pub datasets: &'a Path,
    /// Where the run is kept.
    pub target: RunTarget,
    /// Set to true, it ends the run after the current step.
    pub stop: &'a AtomicBool,
    /// When the run ends, with its report, however far it is.
    pub deadline: Option<Instant>,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The run's folder.
    pub run: PathBuf,
    /// Finished steps, those before a resume included.
    pub steps: u64,
    /// Finished epochs; none of a task without any.
    pub epochs: Option<f64>,
    /// Seconds spent in training, evaluations and checkpoints included.
    pub seconds: f64,
    /// Training pictures in each of these seconds.
    pub samples_per_second: f64,
    /// The best checkpoint on the validation set.
    pub valid: Option<Report>,
    /// The same checkpoint on the test set; absent when interrupted, and where nothing can be measured.
    pub test: Option<Report>,
    /// The step of the checkpoint that the reports are of.
    #[serde(skip)]
    pub best: u64,
    /// The command that puts it to work, in a sentence.
    #[serde(skip)]
    pub next: String,
    /// Why it ended.
    #[serde(skip)]
    pub ended: StopReason,
}
