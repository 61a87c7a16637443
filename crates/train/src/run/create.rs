//! The start of a run: its summary, its folder and its record, and then its session.

use hearth_config::{DataSource, Origin};
use hearth_data::Data;
use hearth_store::{RunDir, RunLock, StoreError};

use crate::error::TrainError;
use crate::event::Event;
use crate::plan::Plan;
use crate::plan::summary::Summary;
use crate::record::info::{Preprocessing, RunInfo};
use crate::record::page::Page;
use crate::run::hooks::{Opened, TaskHooks};
use crate::run::job::{Job, Outcome, RunTarget};
use crate::run::session::Session;

/// Reports the summary, creates or opens the run's folder, and trains from the weights of `start`, or from the task's
/// own if there are none. Nothing is returned for [`RunTarget::Nowhere`]. Settings that do not fit the task or the
/// machine are an error.
pub(crate) fn create(
    job: &Job<'_>,
    (data, threads): (&Data, usize),
    (Opened { task, preprocessing, start }, hooks): (Opened, TaskHooks),
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
    let tokenizer = match preprocessing {
        Preprocessing::Text(tokenizer) => Some(tokenizer),
        Preprocessing::Images(_) | Preprocessing::Rows(_) | Preprocessing::None => None,
    };
    Session { job, hooks, plan, run, info, tokenizer, page, start }.train(task, observe).map(Some)
}

/// The absolute datasets folder of a job, if its dataset is one of the catalogue.
fn datasets_folder(job: &Job<'_>) -> Option<String> {
    let Origin::Data(data) = &job.config.origin else { return None };
    match data.source {
        DataSource::Idx(_)
        | DataSource::ImageFolder(_)
        | DataSource::Csv(_)
        | DataSource::TextRules(_)
        | DataSource::TextPairs(_) => None,
        DataSource::FashionMnist(_)
        | DataSource::FashionMnistMini(_)
        | DataSource::Mnist(_)
        | DataSource::BibleEs(_) => {
            let folder = std::path::absolute(job.datasets).ok()?;
            folder.to_str().map(str::to_owned)
        }
    }
}

/// Creates or opens and locks the run's folder; returns it with the run's record. None for [`RunTarget::Nowhere`]. It
/// is an error if the folder of a new run holds a run already, or if a resumed run has other data.
fn open(job: &Job<'_>, fresh: RunInfo) -> Result<Option<(RunDir, RunLock, RunInfo)>, TrainError> {
    let (run, resume) = match &job.target {
        RunTarget::Nowhere => return Ok(None),
        RunTarget::Numbered(parent) => {
            (RunDir::create_numbered(parent, &job.config.run.name)?, false)
        }
        RunTarget::Fresh(path) | RunTarget::Import(path, _) => (RunDir::create(path)?, false),
        RunTarget::Resume(path) => match RunDir::open(path) {
            Ok(run) => (run, true),
            // A kill before the config is written leaves an empty folder.
            Err(StoreError::NotARun { .. }) => (RunDir::create(path)?, false),
            Err(error) => return Err(error.into()),
        },
    };
    let lock = run.lock()?;
    if !resume && run.is_run()? {
        // Another process started a run here before the lock was taken.
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
        // Other records of the run may refer to the old paths of its files.
        info.dataset.checksums = stored.dataset.checksums;
        // A run that was killed before its first checkpoint starts again from the weights of now.
        info.imported = info.imported.or(stored.imported);
        info.started = stored.started;
        info.normalization = stored.normalization;
    }
    Ok(Some((run, lock, info)))
}
