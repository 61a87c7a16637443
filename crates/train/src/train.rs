//! From a job to the task that its config asks for, and all that it learns from.

use burn::tensor::Device;
use hearth_data::Labels;
use hearth_store::RunDir;

use crate::backend::set_threads;
use crate::cut;
use crate::error::TrainError;
use crate::event::Event;
use crate::import;
use crate::job::{Job, Outcome, Target};
use crate::memory;
use crate::precision::Arithmetic;
use crate::run::{Data, begin};
use crate::tasks::{self, Assignment, Opened, Opening};
use crate::transfer::Source;

/// Trains. The outcome is absent when there was nothing to train ([`Target::Nowhere`]).
pub fn train(
    job: &Job<'_>,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>, TrainError> {
    let (data, opened) = open(job, Labels::of(&job.config.model), observe)?;
    begin(job, data, opened, observe)
}

/// Trains on data whose labels follow as many rules as this.
fn train_on(
    job: &Job<'_>,
    labels: Labels,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>, TrainError> {
    let (data, opened) = open(job, labels, observe)?;
    begin(job, data, opened, observe)
}

/// The task of a job before its first step, and all that it learns from.
fn open(
    job: &Job<'_>,
    labels: Labels,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<(Data, Opened), TrainError> {
    let config = job.config;
    // Said before any data is fetched.
    match &job.target {
        Target::Fresh(path) | Target::Import(path, _) => RunDir::check(path)?,
        Target::Numbered(parent) => RunDir::check_place(parent)?,
        Target::Resume(path) => match RunDir::open(path) {
            Ok(run) => drop(run.lock()?),
            Err(_) => RunDir::check_place(path)?,
        },
        Target::Nowhere => {}
    }
    if let Target::Import(_, file) = &job.target {
        import::check(&file.path, config)?;
    }
    let source = Source::open(config, &job.target)?;
    let (data, device) = prepare(job, labels, observe)?;
    let opened = tasks::open(Opening {
        config,
        splits: &data.splits,
        classes: &data.dataset.classes,
        device: &device,
        source,
        assignment: Some(Assignment { job, dataset: &data.dataset, train: train_on }),
        observe,
    })?;
    Ok((data, opened))
}

/// Opens the device and reads the data of a job.
pub(crate) fn prepare(
    job: &Job<'_>,
    labels: Labels,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<(Data, Device), TrainError> {
    let config = job.config;
    let device = job.backend.device()?;
    // Refused before a judge is trained for it.
    Arithmetic::new(config.run.precision, &device)?;
    let threads = set_threads(config.run.threads);
    let dataset = hearth_data::load(&config.data.source, labels, job.datasets, &mut |text| {
        observe(Event::Note(text.to_owned()));
    })?;
    for note in &dataset.notes {
        observe(Event::Note(note.clone()));
    }
    for warning in &dataset.warnings {
        observe(Event::Note(format!("warning: {warning}")));
    }
    if let Some(augment) = &config.augment {
        hearth_data::augment::check(augment, dataset.train.shape).map_err(TrainError::Settings)?;
    }
    let splits = dataset.split(&config.data.batches, config.run.seed)?;
    for note in cut::notes(config, &dataset, &splits)? {
        observe(Event::Note(note));
    }
    memory::check(job, &dataset, splits.train.len())?;
    Ok((Data { dataset, splits, threads }, device))
}
