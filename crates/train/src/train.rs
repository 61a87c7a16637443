//! From a job to the task that its config asks for, and all that it learns from.

use std::path::PathBuf;

use burn::tensor::Device;
use hearth_config::ModelConfig;
use hearth_data::{Labels, Subset};
use hearth_store::RunDir;

use crate::backend::set_threads;
use crate::class_weights;
use crate::cut;
use crate::error::TrainError;
use crate::event::Event;
use crate::import;
use crate::input::normalization;
use crate::job::{Ended, Job, Outcome, Target};
use crate::judge::{self, Judge};
use crate::memory;
use crate::precision::Arithmetic;
use crate::run::{Data, begin};
use crate::tasks::{Adversarial, Classify, adversarial};
use crate::transfer::Source;

/// Why made images are not judged, and what to do.
pub(crate) const NO_JUDGE: &str = "that takes a classifier, which needs two classes or more with images in each; \
                                   evaluate.classifier names the run of one that is trained already";

/// Trains. The outcome is absent when there was nothing to train ([`Target::Nowhere`]).
pub fn train(
    job: &Job<'_>,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>, TrainError> {
    train_on(job, Labels::of(&job.config.model), observe)
}

/// Trains on data whose labels follow as many rules as this.
fn train_on(
    job: &Job<'_>,
    labels: Labels,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>, TrainError> {
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
    let splits = &data.splits;
    match &config.model {
        ModelConfig::Classifier { network, .. } => {
            let normalization = normalization(config, &splits.train)?;
            let classes = data.dataset.classes.clone();
            let task =
                Classify::new(config, network, splits.clone(), classes, &normalization, &device)?;
            if let Some(weights) = class_weights::told(task.class_weights(), &data.dataset.classes)
            {
                observe(Event::Note(weights));
            }
            let start = source
                .map(|source| source.start(network, task.network(), &data.dataset.classes))
                .transpose()?;
            begin(job, data, &normalization, (task, start), observe)
        }
        ModelConfig::Gan(pair) => {
            let normalization = adversarial::normalization(splits.train.examples.shape.channels);
            let judge = judge_of(job, &data, observe)?;
            let task = Adversarial::new(config, pair, splits, judge, &device)?;
            begin(job, data, &normalization, (task, None), observe)
        }
    }
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

/// The judge of what a job trains; none when none is named, and nothing is trained or its classifier cannot be
/// trained on this data.
fn judge_of(
    job: &Job<'_>,
    data: &Data,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Judge>, TrainError> {
    let checksums = &data.dataset.checksums;
    let named = judge::settings(job.config).classifier.is_some();
    let path = match &job.target {
        Target::Nowhere => PathBuf::new(),
        Target::Numbered(parent) => judge::within(parent, checksums),
        Target::Fresh(run) | Target::Resume(run) | Target::Import(run, _) => {
            judge::beside(run, checksums)
        }
    };
    let is_nowhere = matches!(job.target, Target::Nowhere);
    let is_there = named || !is_nowhere && judge::is_done(&path)?;
    let images = Subset::all(data.dataset.train.clone());
    if !is_there && !cut::has_classes(&images, data.dataset.classes.len()) {
        if job.config.train.early_stop.is_some() {
            return Err(TrainError::Settings(format!(
                "early stopping watches the distance, and nothing measures it: {NO_JUDGE}"
            )));
        }
        observe(Event::Note(format!(
            "distance, precision and recall are not measured: {NO_JUDGE}"
        )));
        return Ok(None);
    }
    if !is_there && is_nowhere {
        return Ok(None);
    }
    if !is_there {
        let config = job.config.judge();
        observe(Event::Note(format!(
            "training a small classifier to judge pictures by, once: {}",
            path.display()
        )));
        let target = Target::Resume(path.clone());
        let job = Job { config: &config, target, deadline: None, ..*job };
        // Each class has training images, and how well it knows those of the test set is not asked.
        // Its data is told once.
        let said: Vec<_> = data.dataset.notes.iter().chain(&data.dataset.warnings).collect();
        let mut observe = |event: Event<'_>| match &event {
            Event::Note(text) if said.iter().any(|said| text.ends_with(*said)) => {}
            _ => observe(event),
        };
        let outcome = train_on(&job, Labels::Unused, &mut observe)?;
        if outcome.is_some_and(|outcome| outcome.ended == Ended::Interrupted) {
            return Err(TrainError::Interrupted(
                "its judge is half trained, and the same command goes on",
            ));
        }
    }
    judge::open(job.config, &path, &data.splits, job.backend).map(Some)
}
