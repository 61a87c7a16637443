//! A whole training run: from a checked config to a folder with a trained network.

use hearth_config::DataSource;
use hearth_data::Data;
use hearth_store::{RunDir, RunLock, StoreError};

use crate::error::TrainError;
use crate::event::Event;
use crate::plan::Plan;
use crate::plan::summary::Summary;
use crate::record::info::RunInfo;
use crate::record::page::Page;
use crate::run::job::{Job, Outcome, RunTarget};
use crate::run::session::Session;
use crate::run::training::{Opened, Training};

/// Sums up the training ahead, makes the run's folder, and trains: from `start`, where the task has one, or from the
/// weights that it has.
pub(crate) fn begin(
    job: &Job<'_>,
    (data, threads): (&Data, usize),
    (Opened { task, preprocessing, start }, training): (Opened, Training),
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>, TrainError> {
    let config = job.config;
    let plan = Plan::new(config, &*task)?;
    let (warmup, total) = (config.schedule.warmup.warmup_steps, plan.total_steps);
    if warmup >= total {
        return Err(TrainError::Settings(format!(
            "schedule.warmup_steps is {warmup}, and the whole run has {total} steps"
        )));
    }
    let is_import = matches!(job.target, RunTarget::Import(..));
    if is_import && start.is_none() {
        return Err(TrainError::Settings("only weights of networks on images are imported".into()));
    }
    let layers = task.layers();
    let summary = Summary::new(config, data.card(), layers, &plan, job.backend, threads)?;
    observe(Event::Started(&summary));
    if !is_import {
        for note in start.iter().flat_map(|start| &start.notes) {
            observe(Event::Note(note.clone()));
        }
    }

    let mut info = RunInfo::new(&summary.data, &preprocessing, job.backend, threads);
    info.imported = start.as_ref().map(|start| start.source.clone());
    info.datasets = datasets_folder(job);
    let Some((run, _lock, info)) = open(job, info)? else { return Ok(None) };
    let page = config
        .run
        .report
        .then(|| Page::new((run.clone(), task.artifact_folders()), config, data, &info, &summary));
    Session { job, training, plan, run, info, page, start }.train(task, observe).map(Some)
}

/// The folder of datasets of a job that needs one.
fn datasets_folder(job: &Job<'_>) -> Option<String> {
    match job.config.data.source {
        DataSource::Idx(_) | DataSource::ImageFolder(_) | DataSource::Csv(_) => None,
        DataSource::FashionMnist(_) | DataSource::FashionMnistMini(_) | DataSource::Mnist(_) => {
            let folder = std::path::absolute(job.datasets).ok()?;
            folder.to_str().map(str::to_owned)
        }
    }
}

/// Makes or opens the run's folder, and gives what is trained in it.
fn open(job: &Job<'_>, fresh: RunInfo) -> Result<Option<(RunDir, RunLock, RunInfo)>, TrainError> {
    let (run, resume) = match &job.target {
        RunTarget::Nowhere => return Ok(None),
        RunTarget::Numbered(parent) => {
            (RunDir::create_numbered(parent, &job.config.run.name)?, false)
        }
        RunTarget::Fresh(path) | RunTarget::Import(path, _) => (RunDir::create(path)?, false),
        RunTarget::Resume(path) => match RunDir::open(path) {
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
        if !stored.dataset.is_same(&info.dataset) {
            return Err(TrainError::DataChanged {
                name: info.dataset.name,
                run: run.path().display().to_string(),
                what: "its checksums, classes or counts are others",
            });
        }
        // What is kept beside it may go by the names that its files had.
        info.dataset.checksums = stored.dataset.checksums;
        // A run that begins once more, because it was killed at once, has what it begins with now.
        info.imported = info.imported.or(stored.imported);
        info.started = stored.started;
        info.normalization = stored.normalization;
    }
    Ok(Some((run, lock, info)))
}
