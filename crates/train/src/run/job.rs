//! The job of a run and its outcome.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use hearth_config::Config;
use hearth_report::Report;
use serde::Serialize;

use crate::backend::Backend;
use crate::trainer::StopReason;

/// The folder of a new or resumed run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunTarget {
    /// `<name>-NNN` in this folder, with the next free number.
    Numbered(PathBuf),
    /// This folder, which must not hold a run yet.
    Fresh(PathBuf),
    /// This folder, whose run is resumed; an empty or new folder starts one.
    Resume(PathBuf),
    /// This folder, which must not hold a run yet, for a run of no steps with the weights of a PyTorch file.
    Import(PathBuf, WeightsFile),
    /// No folder: everything is built, and nothing trained or written.
    Nowhere,
}

/// A weights file of another program, with the options of its import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WeightsFile {
    /// The file.
    pub path: PathBuf,
    /// The entry that holds the network, if there are several.
    pub key: Option<String>,
    /// Tensors and modules that are left out.
    pub ignore: Vec<String>,
    /// Pairs of a module of the file and the layer that it maps to.
    pub map: Vec<[String; 2]>,
}

/// The training job of one process.
#[derive(Debug)]
pub struct Job<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The backend.
    pub backend: Backend,
    /// The folder of datasets.
    pub datasets: &'a Path,
    /// The folder of the run.
    pub target: RunTarget,
    /// The stop flag: true ends the run after the current step.
    pub stop: &'a AtomicBool,
    /// The time after which the run ends with its report, even before its last step.
    pub deadline: Option<Instant>,
}

/// The outcome of a job.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The run's folder.
    pub run: PathBuf,
    /// Finished steps, including those before a resume.
    pub steps: u64,
    /// Finished epochs; None without epochs.
    pub epochs: Option<f64>,
    /// Seconds of training in this process, including evaluations and checkpoints.
    pub seconds: f64,
    /// Training samples per second of this time.
    pub samples_per_second: f64,
    /// The report of the best checkpoint on the validation set.
    pub valid: Option<Report>,
    /// The report of the same checkpoint on the test set; absent after an interruption, and where nothing can be
    /// measured.
    pub test: Option<Report>,
    /// The step of the reported checkpoint.
    #[serde(skip)]
    pub best: u64,
    /// A suggested next command, in a sentence.
    #[serde(skip)]
    pub next: String,
    /// The reason that training stopped.
    #[serde(skip)]
    pub ended: StopReason,
}
