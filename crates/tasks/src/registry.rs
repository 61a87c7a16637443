//! The table of all tasks, which training, evaluation, prediction and export go through.

use std::path::Path;

use burn::tensor::Device;
use hearth_config::{Config, TaskKind};
use hearth_data::Data;
use hearth_export::{Export, Exported, OpenedExport, Part, import};
use hearth_report::{Predictor, Report};
use hearth_store::RunDir;
use hearth_train::range_test::{Range, RangeTest};
use hearth_train::run::loaded::{LoadedRun, stored_config};
use hearth_train::task::Task;
use hearth_train::{
    Backend, CheckpointSelector, Event, Job, Opened, Opening, Outcome, RunTarget, TaskHooks,
    TrainError,
};

use crate::classify::import_check::check_accuracy;
use crate::classify::predict::ImagePredictor;
use crate::entry::{Evaluation, TaskEntry};
use crate::predictor::{self, Restore};
use crate::rows::predict::RowPredictor;
use crate::translate::predict::TextPredictor;
use crate::{classify, control, generate, regress, translate};

/// The entry of the task of a checked config.
///
/// # Panics
/// If the config is of a table whose target column has yet to decide its task.
pub fn entry_of(config: &Config) -> TaskEntry {
    match config.task_kind().expect("a table has decided its task") {
        TaskKind::Classify => classify::ENTRY,
        TaskKind::Control => control::entry::ENTRY,
        TaskKind::Regress => regress::ENTRY,
        TaskKind::Generate => generate::ENTRY,
        TaskKind::Translate => translate::ENTRY,
    }
}

/// The functions of a checked config's task that a training calls.
pub fn hooks_of(config: &Config) -> TaskHooks {
    entry_of(config).hooks
}

/// Trains a job. The outcome is absent without a run to train ([`RunTarget::Nowhere`]).
pub fn train(
    job: &Job<'_>,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>, TrainError> {
    if let RunTarget::Import(_, file) = &job.target {
        import::check(&file.path, job.config)?;
    }
    let outcome = hearth_train::train(job, hooks_of, observe)?;
    if matches!(job.target, RunTarget::Import(..)) {
        let test = outcome.as_ref().and_then(|outcome| outcome.test.as_ref());
        if let Some(warning) = test.and_then(check_accuracy) {
            observe(Event::Note(warning));
        }
    }
    Ok(outcome)
}

/// A learning-rate range test: trains a few steps at a growing learning rate, and writes nothing.
pub fn range_test(
    job: &Job<'_>,
    range: Range,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<RangeTest, TrainError> {
    hearth_train::range_test(job, hooks_of, range, observe)
}

/// Exports a network of a run, and compares the outputs of the export with the network's. A difference above the
/// tolerance is an error, and leaves no files.
pub fn export(job: &Export<'_>, notice: &mut dyn FnMut(&str)) -> Result<Exported, TrainError> {
    let network_of = |trained: &mut LoadedRun, part: Part, device: &Device| {
        (entry_of(&trained.config).export)(trained, part, device)
    };
    hearth_export::export(job, network_of, notice)
}

/// Opens the task of a config without a run, for steps that are not recorded.
pub fn open_alone(
    config: &Config,
    data: &Data,
    device: &Device,
) -> Result<Box<dyn Task>, TrainError> {
    let observe = &mut |_: Event<'_>| ();
    let opening = Opening { config, data, device, source: None, job: None, observe };
    let Opened { task, .. } = (hooks_of(config).open)(opening)?;
    Ok(task)
}

/// Evaluates a run's checkpoint on one split of its data: the step of the checkpoint, and the results.
pub fn evaluate_run(
    evaluation: Evaluation<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<(u64, Report), TrainError> {
    let config = stored_config(&RunDir::open(evaluation.run)?)?;
    (entry_of(&config).evaluate)(&evaluation, notice)
}

/// Opens the predictor of a run's checkpoint or of an export; for a run, with the run and the step of the checkpoint. A
/// run of a task without predictions is an error.
pub fn open_predictor(
    path: &Path,
    which: CheckpointSelector,
    backend: Backend,
) -> Result<(Box<dyn Predictor>, Option<LoadedRun>), TrainError> {
    predictor::open(path, which, backend)
}

/// The predictor of any task: of a run by its row in the table, of an export by its settings.
impl Restore for Box<dyn Predictor> {
    fn from_trained(trained: &mut LoadedRun, backend: Backend) -> Result<Self, TrainError> {
        (entry_of(&trained.config).predictor)(trained, backend)
    }

    fn from_export(export: &OpenedExport<'_>, device: Device) -> Result<Self, TrainError> {
        if export.is_on_table() {
            return Ok(Box::new(RowPredictor::from_export(export, device)?));
        }
        if export.is_on_texts() {
            return Ok(Box::new(TextPredictor::from_export(export, device)?));
        }
        Ok(Box::new(ImagePredictor::from_export(export, device)?))
    }
}
