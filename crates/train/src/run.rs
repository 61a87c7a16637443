//! A whole training run: from a checked config to a folder with a trained network.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use hearth_config::Config;
use hearth_data::{Dataset, Normalization, Splits};
use hearth_store::{RunDir, RunLock, StoreError};
use serde::Serialize;

use crate::backend::Backend;
use crate::error::TrainError;
use crate::event::Event;
use crate::import;
use crate::info::RunInfo;
use crate::leg::Leg;
use crate::page::Page;
use crate::report::Report;
use crate::summary::Summary;
use crate::task::Task;
use crate::trainer::Ended;
use crate::transfer::Start;

/// Where a run is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `runs/<name>-NNN`, the next free number.
    Numbered(PathBuf),
    /// This folder, which must not hold a run.
    Fresh(PathBuf),
    /// This folder, going on with the run that it holds.
    Resume(PathBuf),
    /// This folder, which must not hold a run: a run of no steps that holds the weights of a file of
    /// PyTorch.
    Import(PathBuf, PathBuf),
    /// Nowhere: everything is built, and nothing trained or written.
    Nowhere,
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
    pub target: Target,
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
    /// Finished epochs.
    pub epochs: f64,
    /// Seconds spent in training, evaluations and checkpoints included.
    pub seconds: f64,
    /// Training pictures in each of these seconds.
    pub samples_per_second: f64,
    /// The best checkpoint on the validation set.
    pub valid: Option<Report>,
    /// The same checkpoint on the test set; absent when interrupted.
    pub test: Option<Report>,
    /// The step of the checkpoint that the reports are of.
    #[serde(skip)]
    pub best: u64,
    /// Why it ended.
    #[serde(skip)]
    pub ended: Ended,
}

/// What a run learns from, and with how many threads.
pub(crate) struct Data {
    pub dataset: Dataset,
    pub splits: Splits,
    pub threads: usize,
}

/// Says what is about to be trained, makes the run's folder, and trains: from `start`, where the task has
/// one, or from the weights that it has.
pub(crate) fn begin(
    job: &Job<'_>,
    data: Data,
    normalization: &Normalization,
    (task, start): (impl Task, Option<Start>),
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>, TrainError> {
    let config = job.config;
    let Data { dataset, splits, threads } = data;
    let epoch = task.steps_per_epoch();
    let (warmup, total) = (config.schedule.warmup.warmup_steps, epoch * config.train.epochs);
    if warmup >= total {
        return Err(TrainError::Settings(format!(
            "schedule.warmup_steps is {warmup}, and the whole run has {total} steps"
        )));
    }
    let weights = match &job.target {
        Target::Import(_, file) => {
            let shape = dataset.train.shape;
            let dims = [shape.channels, shape.height, shape.width];
            Some(import::weights(file, config, dims, dataset.classes.len())?)
        }
        _ => None,
    };
    let summary = Summary::new(config, &dataset, &splits, epoch, job.backend, threads)?;
    observe(Event::Started(&summary));
    for note in start.iter().flat_map(|start| &start.notes) {
        observe(Event::Note(note.clone()));
    }

    let mut info = RunInfo::new(&dataset, &splits, normalization, job.backend, threads);
    info.imported = match (&weights, &start) {
        (Some(weights), _) => Some(weights.source.clone()),
        (None, start) => start.as_ref().map(|start| start.source.clone()),
    };
    let Some((run, _lock, info)) = open(job, info)? else { return Ok(None) };
    let page = config.run.report;
    let page = page.then(|| Page::new(run.clone(), config, splits.clone(), &info, &summary));
    Leg { job, splits, run, info, page, weights, start }.train(task, observe).map(Some)
}

/// Makes or opens the run's folder, and gives what is trained in it.
fn open(job: &Job<'_>, fresh: RunInfo) -> Result<Option<(RunDir, RunLock, RunInfo)>, TrainError> {
    let (run, resume) = match &job.target {
        Target::Nowhere => return Ok(None),
        Target::Numbered(parent) => (RunDir::create_numbered(parent, &job.config.run.name)?, false),
        Target::Fresh(path) | Target::Import(path, _) => (RunDir::create(path)?, false),
        Target::Resume(path) => match RunDir::open(path) {
            Ok(run) => (run, true),
            // A kill in its first moments may have left an empty folder.
            Err(StoreError::NotARun { .. }) => (RunDir::create(path)?, false),
            Err(error) => return Err(error.into()),
        },
    };
    let lock = run.lock()?;
    if !resume && run.is_run()? {
        // Another process began a run here before the lock was taken.
        return Err(StoreError::RunExists { path: run.path().to_owned() }.into());
    }
    let mut info = fresh;
    let stored = if resume { RunInfo::find(&run)? } else { None };
    if let Some(stored) = stored {
        if stored.dataset != info.dataset {
            return Err(TrainError::DataChanged {
                name: info.dataset.name,
                run: run.path().display().to_string(),
                what: "its checksums, classes or counts are others",
            });
        }
        // A run that begins once more, because it was killed at once, has what it begins with now.
        info.imported = info.imported.or(stored.imported);
        info.started = stored.started;
        info.normalization = stored.normalization;
    }
    Ok(Some((run, lock, info)))
}
