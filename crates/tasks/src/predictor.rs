//! Opening of predictors, from runs and exports.

use std::path::Path;

use burn::tensor::Device;
use hearth_export::{OpenedExport, is_export};
use hearth_report::Predictor;
use hearth_train::run::loaded::LoadedRun;
use hearth_train::{Backend, CheckpointSelector, TrainError};

/// A predictor that runs and exports hold.
pub trait Restore: Sized {
    /// The predictor of a loaded checkpoint, whose weights it takes. A checkpoint of another kind is an error.
    fn from_trained(trained: &mut LoadedRun, backend: Backend) -> Result<Self, TrainError>;

    /// The predictor of an export. An ONNX graph and an export of another kind are errors.
    fn from_export(export: &OpenedExport<'_>, device: Device) -> Result<Self, TrainError>;
}

/// Loads a run's checkpoint or an export; for a run, with the run and the step of the checkpoint.
pub fn open<P: Restore>(
    path: &Path,
    which: CheckpointSelector,
    backend: Backend,
) -> Result<(P, Option<LoadedRun>), TrainError> {
    if is_export(path) {
        return Ok((P::from_export(&OpenedExport::new(path)?, backend.device()?)?, None));
    }
    let (predictor, trained) = open_run(path, which, backend)?;
    Ok((predictor, Some(trained)))
}

/// Loads a run's checkpoint, with the run and the step of the checkpoint. A damaged checkpoint is an error that names the
/// others.
pub fn open_run<P: Restore>(
    path: &Path,
    which: CheckpointSelector,
    backend: Backend,
) -> Result<(P, LoadedRun), TrainError> {
    let mut trained = LoadedRun::open(path, which)?;
    Ok((P::from_trained(&mut trained, backend)?, trained))
}

/// The predictor of a loaded checkpoint, for the table of tasks.
pub fn boxed<P: Restore + Predictor + 'static>(
    trained: &mut LoadedRun,
    backend: Backend,
) -> Result<Box<dyn Predictor>, TrainError> {
    Ok(Box::new(P::from_trained(trained, backend)?))
}

/// The error that a run is one of a generator, which predicts nothing.
pub fn of_generator(trained: &LoadedRun) -> TrainError {
    trained.is_not("a network that names classes")
}
