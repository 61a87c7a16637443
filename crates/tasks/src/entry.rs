//! A row in the table of tasks.

use std::path::Path;

use burn::tensor::Device;
use hearth_export::{Network, Part};
use hearth_report::{Predictor, Report};
use hearth_train::run::loaded::LoadedRun;
use hearth_train::{Backend, CheckpointSelector, Split, TaskHooks, TrainError};

/// A row in the table of tasks.
#[derive(Clone, Copy, Debug)]
pub struct TaskEntry {
    /// Functions that a training calls.
    pub hooks: TaskHooks,
    /// Evaluates a checkpoint.
    pub evaluate: Evaluate,
    /// The predictor of a run.
    pub predictor: PredictorOf,
    /// The network of a run, for an export; of an adversarial pair, the given part.
    pub export: fn(&mut LoadedRun, Part, &Device) -> Result<Network, TrainError>,
}

/// The predictor of a run, with weights taken out of the loaded checkpoint. A task without predictions has an error.
pub type PredictorOf = fn(&mut LoadedRun, Backend) -> Result<Box<dyn Predictor>, TrainError>;

/// Evaluates a checkpoint: its step and the results. Notices go to the second argument.
pub type Evaluate = fn(&Evaluation<'_>, &mut dyn FnMut(&str)) -> Result<(u64, Report), TrainError>;

/// A checkpoint to evaluate, and the split.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// Its checkpoint.
    pub which: CheckpointSelector,
    /// The backend.
    pub backend: Backend,
    /// The split of the data.
    pub split: Split,
    /// An IDX file of images to evaluate in place of those of the run's generator.
    pub pictures: Option<&'a Path>,
    /// The folder of datasets.
    pub datasets: &'a Path,
}
