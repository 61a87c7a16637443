//! A whole training run: from a checked config to a folder with a trained network.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use hearth_config::{Config, RawConfig};
use hearth_data::{Normalization, Splits};
use hearth_store::{RunDir, RunLock, StoreError};
use serde::Serialize;

use crate::backend::{Backend, set_threads};
use crate::error::TrainError;
use crate::event::Event;
use crate::info::RunInfo;
use crate::keeper::Keeper;
use crate::metrics::Report;
use crate::summary::Summary;
use crate::task::{Split, Task};
use crate::tasks::Classify;
use crate::trainer::{Ended, METRICS_LENGTH, Trainer};

/// Where a run is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `runs/<name>-NNN`, the next free number.
    Numbered(PathBuf),
    /// This folder, which must not hold a run.
    Fresh(PathBuf),
    /// This folder, going on with the run that it holds.
    Resume(PathBuf),
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
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The run's folder.
    pub run: PathBuf,
    /// Finished steps.
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
    /// Why it ended.
    #[serde(skip)]
    pub ended: Ended,
}

/// Trains. The outcome is absent when there was nothing to train ([`Target::Nowhere`]).
pub fn train(
    job: &Job<'_>,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>, TrainError> {
    let config = job.config;
    let threads = set_threads(config.run.threads);
    let dataset = hearth_data::load(&config.data.source, job.datasets, &mut |text| {
        observe(Event::Note(text.to_owned()));
    })?;
    for warning in &dataset.warnings {
        observe(Event::Note(format!("warning: {warning}")));
    }
    let splits = dataset.split(config.data.batches.valid_samples, config.run.seed)?;
    let normalization = Normalization::of(&splits.train);
    let device = job.backend.device();
    let task =
        Classify::new(config, splits.clone(), dataset.classes.clone(), &normalization, &device)?;
    let summary = Summary::new(config, &dataset, &splits, task.steps_per_epoch(), &device);
    observe(Event::Started(&summary));

    let info = RunInfo::new(&dataset, &splits, &normalization, job.backend, threads);
    let Some((run, _lock, info)) = open(job, info, observe)? else { return Ok(None) };
    Session { job, splits, run, info }.train(task, observe).map(Some)
}

/// Makes or opens the run's folder and writes down what is trained in it.
fn open(
    job: &Job<'_>,
    fresh: RunInfo,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<(RunDir, RunLock, RunInfo)>, TrainError> {
    let (run, resume) = match &job.target {
        Target::Nowhere => return Ok(None),
        Target::Numbered(parent) => (RunDir::create_numbered(parent, &job.config.run.name)?, false),
        Target::Fresh(path) => (RunDir::create(path)?, false),
        Target::Resume(path) => match RunDir::open(path) {
            Ok(run) => (run, true),
            // A kill in its first moments may have left an empty folder.
            Err(StoreError::NotARun { .. }) => (RunDir::create(path)?, false),
            Err(error) => return Err(error.into()),
        },
    };
    let lock = run.lock()?;
    if !resume && run.config_path().exists() {
        // Another process began a run here before the lock was taken.
        return Err(StoreError::RunExists { path: run.path().to_owned() }.into());
    }
    let mut info = fresh;
    if resume && run.info_path().exists() {
        let stored = RunInfo::read(&run)?;
        if stored.dataset != info.dataset {
            return Err(TrainError::Settings(format!(
                "the data of {} has changed since {} was trained: its checksums, classes or \
                 counts are others than run.json says",
                info.dataset.name,
                run.path().display()
            )));
        }
        if stored.backend != info.backend {
            observe(Event::Note(format!(
                "trained on {} so far, and on {} from here: the numbers are no longer exactly those \
                 of an uninterrupted run",
                stored.backend, info.backend
            )));
        }
        info.started = stored.started;
        info.normalization = stored.normalization;
    }
    // The config comes first: it makes the folder a run.
    run.write_text("config.toml", &job.config.to_toml())?;
    info.write(&run)?;
    Ok(Some((run, lock, info)))
}

/// One process's part of a run.
struct Session<'a> {
    job: &'a Job<'a>,
    splits: Splits,
    run: RunDir,
    info: RunInfo,
}

impl Session<'_> {
    fn train(
        mut self,
        task: Classify,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<Outcome, TrainError> {
        let begun = Instant::now();
        let steps_per_epoch = task.steps_per_epoch();
        let mut recovered = match self.job.target {
            Target::Resume(_) => self.run.checkpoints().load_newest()?,
            _ => None,
        };
        if let Some(recovered) = &recovered {
            for (path, fault) in &recovered.moved_aside {
                observe(Event::Note(format!("moved aside to {}: {fault}", path.display())));
            }
            observe(Event::Note(format!("resuming after step {}", recovered.step)));
        }
        let (saved, metrics_length) = match &mut recovered {
            Some(recovered) => (Some(recovered.step), recovered.state.take_u64(METRICS_LENGTH)?),
            None => (None, 0),
        };
        let keep_last = self.job.config.train.keep_last;
        let keeper = Keeper::new(self.run.clone(), keep_last, saved, metrics_length)?;
        let valid = !self.splits.valid.is_empty();
        let mut trainer =
            Trainer::new(task, self.job.config, valid, keeper, observe, self.job.stop);
        if let Some(recovered) = recovered {
            trainer.restore(recovered.state)?;
        }
        let first = trainer.step();
        let ended = trainer.run()?;
        let seconds = begun.elapsed().as_secs_f64();
        let steps = trainer.step();

        let (mut valid_report, mut test) = (None, None);
        if ended != Ended::Interrupted {
            // The report is of the best checkpoint, which is what the other commands take.
            let best = trainer.best_step().filter(|best| *best != steps);
            if let Some(best) = best {
                let mut state = self.run.checkpoints().load(best)?;
                drop(state.take_under("trainer"));
                trainer.task().restore(state)?;
            }
            valid_report = valid.then(|| trainer.task().evaluate(Split::Valid));
            let report = trainer.task().evaluate(Split::Test);
            trainer.log_report(&report)?;
            test = Some(report);
        }
        self.info.ended = Some(jiff::Timestamp::now());
        self.info.write(&self.run)?;
        let epochs = |steps: u64| steps as f64 / steps_per_epoch as f64;
        let pictures = epochs(steps - first) * self.splits.train.len() as f64;
        Ok(Outcome {
            run: self.run.path().to_owned(),
            steps,
            epochs: epochs(steps),
            seconds,
            samples_per_second: pictures / seconds,
            valid: valid_report,
            test,
            ended,
        })
    }
}

/// The settings of a run, as they were checked when it was trained.
pub fn stored_config(run: &RunDir) -> Result<Config, TrainError> {
    Ok(RawConfig::read(&run.config_path())?.check()?)
}
