//! A row in the table of tasks.

use std::path::Path;

use burn::tensor::Device;
use hearth_export::{Network, Part};
use hearth_report::Report;
use hearth_train::run::trained::Trained;
use hearth_train::{Backend, CheckpointSelector, Split, TrainError, Training};

/// A row in the table of tasks.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its `[task] kind`.
    pub name: &'static str,
    /// The task, as the trainer takes it.
    pub training: Training,
    /// Evaluates a checkpoint.
    pub evaluate: Evaluate,
    /// Takes a network out of a run; of a pair, this part.
    pub export: fn(&mut Trained, Part, &Device) -> Result<Network, TrainError>,
}

/// Gives the step and the results of a checkpoint. Notices go to the function.
pub type Evaluate = fn(&Evaluation<'_>, &mut dyn FnMut(&str)) -> Result<(u64, Report), TrainError>;

/// A checkpoint to evaluate, and the set.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// Its checkpoint.
    pub which: CheckpointSelector,
    /// The backend.
    pub backend: Backend,
    /// The set.
    pub split: Split,
    /// An IDX file of images that are measured in the place of those of the run's generator.
    pub pictures: Option<&'a Path>,
    /// The folder of datasets.
    pub datasets: &'a Path,
}
