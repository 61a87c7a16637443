//! The preparation of a job: checks, device, data and task.

use burn::tensor::Device;
use hearth_config::Config;
use hearth_data::{Data, Labels};
use hearth_store::RunDir;

use crate::backend::set_threads;
use crate::error::TrainError;
use crate::event::Event;
use crate::learner::precision::Arithmetic;
use crate::plan::memory;
use crate::run::create::create;
use crate::run::data_notes;
use crate::run::hooks::{Opening, TaskLookup};
use crate::run::initial_weights::SourceRun;
use crate::run::job::{Job, Outcome, RunTarget};

/// Trains the task of a job. The outcome is absent for [`RunTarget::Nowhere`], which trains nothing.
pub fn train(
    job: &Job<'_>,
    lookup: TaskLookup,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>, TrainError> {
    // A table without `[task]` gets its task from the target column, once that is read.
    let is_decided = job.config.task_kind().is_some();
    let labels = if is_decided { lookup(job.config).labels } else { Labels::Needed };
    train_on(job, lookup, labels, observe)
}

/// Trains like [`train`] on data whose labels follow the rules `labels`, which may be weaker than those of the task.
pub fn train_on(
    job: &Job<'_>,
    lookup: TaskLookup,
    labels: Labels,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>, TrainError> {
    let config = job.config;
    // An unusable folder is reported before any data is downloaded.
    match &job.target {
        RunTarget::Fresh(path) | RunTarget::Import(path, _) => RunDir::check(path)?,
        RunTarget::Numbered(parent) => RunDir::check_place(parent)?,
        RunTarget::Resume(path) => match RunDir::open(path) {
            Ok(run) => drop(run.lock()?),
            Err(_) => RunDir::check_place(path)?,
        },
        RunTarget::Nowhere => {}
    }
    let source = SourceRun::open(config, &job.target)?;
    let Prepared { config, data, device, threads } = prepare(job, lookup, labels, observe)?;
    let (config, target) = (&config, job.target.clone());
    let job = &Job { config, target, ..*job };
    let hooks = lookup(config);
    let opening = Opening { config, data: &data, device: &device, source, job: Some(job), observe };
    let opened = (hooks.open)(opening)?;
    create(job, (&data, threads), (opened, hooks), observe)
}

/// The device and data of a job, from which its task is built.
pub(crate) struct Prepared {
    /// The settings, with the task that the target column of a table decides.
    pub config: Config,
    pub data: Data,
    /// The device, without differentiation.
    pub device: Device,
    /// The number of CPU threads that compute.
    pub threads: usize,
}

/// Opens the device and loads the data of a job; notes and warnings about the data go to `observe`. Settings that do
/// not fit the device, the data or the machine's memory are an error.
pub(crate) fn prepare(
    job: &Job<'_>,
    lookup: TaskLookup,
    labels: Labels,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Prepared, TrainError> {
    let device = job.backend.device()?;
    // An unsupported precision is reported before the data is loaded or a feature evaluator trained.
    Arithmetic::new(job.config.run.precision, &device)?;
    let threads = set_threads(job.config.run.threads);
    let data = Data::load(job.config, labels, job.datasets, &mut |text| {
        observe(Event::Note(text.to_owned()));
    })?;
    let config = decided(job.config, &data)?;
    let card = data.card();
    for note in &card.notes {
        observe(Event::Note(note.clone()));
    }
    for warning in &card.warnings {
        observe(Event::Note(format!("warning: {warning}")));
    }
    if let (Some(augment), Some(images)) = (&config.augment, data.images()) {
        let shape = images.dataset.train.shape;
        hearth_data::augment::check(augment, shape).map_err(TrainError::Settings)?;
    }
    for note in data_notes::notes(&config, labels, &card)? {
        observe(Event::Note(note));
    }
    if let Some(sizes) = (lookup(&config).sizes)(&config, &data) {
        memory::check(&config, job.backend, &card, sizes)?;
    }
    Ok(Prepared { config, data, device, threads })
}

/// The settings, with the task that the target column of a table decides if they name none.
fn decided(config: &Config, data: &Data) -> Result<Config, TrainError> {
    let mut config = config.clone();
    if let (None, Data::Rows(table)) = (config.task_kind(), data) {
        let decided = config.decide_task(table.task);
        decided.map_err(|faults| TrainError::Settings(faults.to_string()))?;
    }
    Ok(config)
}
