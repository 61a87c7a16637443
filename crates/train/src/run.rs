//! A whole training run: from a checked config to a folder with a trained network.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use hearth_config::{Config, ScheduleKind};
use hearth_data::{Dataset, Normalization, Splits};
use hearth_store::{RunDir, RunLock, StoreError};
use serde::Serialize;

use crate::backend::Backend;
use crate::error::TrainError;
use crate::event::Event;
use crate::import::{self, Weights};
use crate::info::{RunInfo, Statistics};
use crate::keeper::Keeper;
use crate::page::{self, Page};
use crate::pictures::animate;
use crate::report::Report;
use crate::resume;
use crate::summary::Summary;
use crate::task::{Split, Task};
use crate::trained::stored_config;
use crate::trainer::{COMPUTED_ON, Computing, Ended, METRICS_LENGTH, Trainer};
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
    let page = Page::new(run.clone(), config, splits.clone(), &info, &summary);
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
    if !resume && run.config_path().exists() {
        // Another process began a run here before the lock was taken.
        return Err(StoreError::RunExists { path: run.path().to_owned() }.into());
    }
    let mut info = fresh;
    if resume && run.info_path().exists() {
        let stored = RunInfo::read(&run)?;
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

/// Puts another program's weights into what is trained, and says which went where.
fn take_over(
    trainer: &mut Trainer<'_, impl Task>,
    weights: Weights,
    Statistics { mean, std }: &Statistics,
) -> Result<(), TrainError> {
    for [theirs, ours] in weights.names {
        trainer.tell_note(format!("{theirs} -> {ours}"));
    }
    trainer.tell_note(format!(
        "pictures are taken as (pixel / 255 - mean) / std, by the data's mean {mean:.4?} and std {std:.4?}"
    ));
    trainer.start_from(weights.state)
}

/// Writes the page anew. One that cannot be written ends no training.
fn show(page: &mut Page, report: &Report, step: u64, observe: &mut dyn FnMut(Event<'_>)) {
    if let Err(error) = page.write(report, step) {
        observe(Event::Note(format!("warning: {} was not written: {error}", page::NAME)));
    }
}

/// One leg of a run: what one process does of it.
struct Leg<'a> {
    job: &'a Job<'a>,
    splits: Splits,
    run: RunDir,
    info: RunInfo,
    page: Page,
    /// What it begins and ends with, where they are another program's.
    weights: Option<Weights>,
    /// What it begins with, where those are the weights of another run.
    start: Option<Start>,
}

impl Leg<'_> {
    fn train(
        mut self,
        task: impl Task,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<Outcome, TrainError> {
        let begun = Instant::now();
        let steps_per_epoch = task.steps_per_epoch();
        let train = &self.job.config.train;
        let mut resumed = match self.job.target {
            Target::Resume(_) => resume::newest(&self.run, train.best_by, observe)?,
            _ => None,
        };
        if let Some(resumed) = &resumed {
            self.check_length(resumed, steps_per_epoch, observe)?;
        }
        // The config comes first: it makes the folder a run.
        self.run.write_text("config.toml", &self.job.config.to_toml())?;
        self.info.write(&self.run)?;
        let (mut kept, mut metrics_length, mut computed_on) = (Vec::new(), 0, None);
        if let Some(resumed) = &mut resumed {
            kept.clone_from(&resumed.kept);
            metrics_length = resumed.state.take_u64(METRICS_LENGTH)?;
            // Checkpoints of earlier versions do not say.
            computed_on = resumed.state.take_text(COMPUTED_ON).ok();
        }
        let keeper = |kept, length| {
            Keeper::new(self.run.clone(), train.keep_last, train.best_by, kept, length)
        };
        let keeper = match keeper(kept.clone(), metrics_length) {
            Err(error @ StoreError::MetricsShort { .. }) => {
                observe(Event::Note(format!("warning: {error}. Going on with an empty log")));
                keeper(kept, 0)
            }
            keeper => keeper,
        };
        let config = self.job.config;
        let computing = Computing {
            on: format!("{} in {}", self.job.backend, config.run.precision.name()),
            reading: self.job.backend.reading(),
        };
        let on = computing.on.clone();
        let mut step = 0;
        let mut watch = |event: Event<'_>| {
            match &event {
                Event::Step(done) => step = done.step,
                Event::Evaluated(report) => show(&mut self.page, report, step, observe),
                _ => {}
            }
            observe(event);
        };
        let mut trainer = Trainer::new(task, config, computing, keeper?, &mut watch, self.job.stop);
        match (resumed, self.start.take()) {
            (Some(resumed), _) => trainer.restore(resumed.state)?,
            // Evaluated and kept as step 0, so that a resume needs the other run no more.
            (None, Some(start)) => trainer.start_from(start.state)?,
            (None, None) => {}
        }
        let first = trainer.step();
        if let Some(before) = computed_on.filter(|before| *before != on)
            && first < steps_per_epoch * train.epochs
        {
            trainer.note(format!(
                "trained on {before} so far, and on {on} from here: the numbers are no longer exactly \
                 those of an uninterrupted run"
            ))?;
        }
        let ended = match self.weights.take() {
            Some(weights) => {
                take_over(&mut trainer, weights, &self.info.normalization)?;
                Ended::Finished
            }
            None => trainer.run()?,
        };
        let seconds = begun.elapsed().as_secs_f64();
        let steps = trainer.step();

        let (mut valid_report, mut test, mut notes) = (None, None, Vec::new());
        let best = trainer.best_step().unwrap_or(steps);
        if ended != Ended::Interrupted {
            // The report is of the best checkpoint, which is what the other commands take.
            if best != steps {
                let mut state = self.run.checkpoints().load(best)?;
                drop(state.take_under("trainer"));
                trainer.task().restore(state)?;
            }
            let task = trainer.task();
            valid_report = task.validates().then(|| task.evaluate(Split::Valid));
            let report = trainer.task().evaluate(Split::Test);
            trainer.log_report(&report, best)?;
            test = Some(report);
            for folder in trainer.picture_folders() {
                notes.extend(animate_folder(&self.run, folder)?);
            }
        }
        drop(trainer);
        for note in notes {
            observe(Event::Note(note));
        }
        if let Some(report) = &test {
            show(&mut self.page, report, best, observe);
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
            best,
            ended,
        })
    }

    /// A resumed run may become longer, and not shorter than it is.
    fn check_length(
        &self,
        resumed: &resume::Resumed,
        steps_per_epoch: u64,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), TrainError> {
        let config = self.job.config;
        let step = resumed.kept.last().map_or(0, |kept| kept.step);
        if config.train.epochs * steps_per_epoch < step {
            return Err(TrainError::Settings(format!(
                "train.epochs = {} ends at step {}, and the run is at step {step} already",
                config.train.epochs,
                config.train.epochs * steps_per_epoch,
            )));
        }
        let stored = stored_config(&self.run)?;
        let stretched =
            !matches!(config.schedule.kind, ScheduleKind::Constant(_) | ScheduleKind::Step(_));
        if stored.train.epochs != config.train.epochs && stretched {
            observe(Event::Note(format!(
                "the schedule is stretched from {} to {} epochs: this is not the run that {2} epochs \
                 from the start would have been",
                stored.train.epochs, config.train.epochs, config.train.epochs,
            )));
        }
        Ok(())
    }
}

/// Makes an animation of the pictures of a folder, in the order of their steps, or says why not.
fn animate_folder(run: &RunDir, folder: &str) -> Result<Option<String>, StoreError> {
    let mut frames = run.files(folder)?;
    frames.retain(|path| path.extension().is_some_and(|end| end == "png"));
    match animate(&frames) {
        Ok(animation) => {
            run.write_bytes(&format!("{folder}.gif"), &animation)?;
            Ok(None)
        }
        Err(fault) => Ok(Some(format!("warning: no {folder}.gif was made: {fault}"))),
    }
}
