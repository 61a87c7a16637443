//! A session of a run: the part of it that one process trains.

use std::time::Instant;

use hearth_config::ScheduleKind;
use hearth_data::text::Tokenizer;
use hearth_store::{RunDir, StoreError};

use crate::error::TrainError;
use crate::event::Event;
use crate::plan::Plan;
use crate::record::board::Board;
use crate::record::info::{RunInfo, Statistics};
use crate::record::page::Page;
use crate::record::recorder::{Kept, Recorder};
use crate::run::hooks::TaskHooks;
use crate::run::initial_weights::Start;
use crate::run::job::{Job, Outcome, RunTarget};
use crate::run::loaded::stored_config;
use crate::run::resume;
use crate::task::bitmap::animate;
use crate::task::step::StepSettings;
use crate::task::{Split, Task};
use crate::trainer::StopReason;
use crate::trainer::{COMPUTED_ON, Computing, METRICS_LENGTH, Trainer};

/// Initialises the network with another program's weights, and writes notes with the mapping of names and the
/// normalisation; `is_given` is true if the config sets the latter.
fn import_weights(
    trainer: &mut Trainer<'_>,
    weights: Start,
    statistics: Option<&Statistics>,
    is_given: bool,
) -> Result<(), TrainError> {
    for [theirs, ours] in weights.names {
        trainer.emit_note(format!("{theirs} -> {ours}"));
    }
    for note in weights.notes {
        trainer.note(note)?;
    }
    if let Some(Statistics { mean, std }) = statistics {
        trainer.note(format!(
            "images are taken as (pixel / 255 - mean) / std, by {} mean {mean:.4?} and std {std:.4?}{}",
            if is_given { "the config's" } else { "the training set's" },
            if is_given { "" } else { "; --mean and --std say otherwise" },
        ))?;
    }
    for warning in weights.warnings {
        trainer.note(warning)?;
    }
    trainer.start_from(weights.state)
}

/// A session of a run: the part of it that one process trains.
pub(crate) struct Session<'a> {
    pub job: &'a Job<'a>,
    pub hooks: TaskHooks,
    pub plan: Plan,
    pub run: RunDir,
    pub info: RunInfo,
    /// The tokenizer of a run on texts.
    pub tokenizer: Option<Tokenizer>,
    /// The report page, if the config asks for one.
    pub page: Option<Page>,
    /// The initial weights from another run or program, if it has them; an import consists of nothing else.
    pub start: Option<Start>,
}

impl Session<'_> {
    /// Trains to the end of the run or until a reason to stop, then evaluates the best checkpoint, unless interrupted.
    pub fn train(
        mut self,
        task: Box<dyn Task>,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<Outcome, TrainError> {
        let begun = Instant::now();
        let artifact_folders = task.artifact_folders();
        let train = &self.job.config.train;
        let mut resumed = match self.job.target {
            RunTarget::Resume(_) => resume::newest(&self.run, train.best_by(), observe)?,
            _ => None,
        };
        if let Some(resumed) = &resumed {
            self.check_length(resumed, observe)?;
        }
        // The config comes first: it makes the folder a run.
        self.run.write_text("config.toml", &self.job.config.to_toml())?;
        if let Some(tokenizer) = &self.tokenizer {
            RunInfo::write_tokenizer(&self.run, tokenizer)?;
        }
        self.info.write(&self.run)?;
        let (mut kept, mut metrics_length, mut computed_on) = (Vec::new(), 0, None);
        if let Some(resumed) = &mut resumed {
            kept.clone_from(&resumed.kept);
            metrics_length = resumed.state.take_u64(METRICS_LENGTH)?;
            // Absent in checkpoints of earlier versions.
            computed_on = resumed.state.take_text(COMPUTED_ON).ok();
        }
        let recorder = self.recorder(kept, metrics_length, observe)?;
        let (config, plan) = (self.job.config, self.plan.clone());
        let computing = Computing {
            on: format!("{} in {}", self.job.backend, config.run.precision.name()),
            reading: self.job.backend.reading(),
            steps: StepSettings::new(config, &self.job.backend.device()?)?,
        };
        let on = computing.on.clone();
        let mut trainer =
            Trainer::new(task, plan, config, computing, recorder, observe, self.job.stop);
        trainer.end_by(self.job.deadline);
        let is_import = matches!(self.job.target, RunTarget::Import(..));
        let imported = self.start.take_if(|_| is_import);
        match (resumed, self.start.take()) {
            (Some(resumed), _) => trainer.restore(resumed.state)?,
            // Evaluated and saved as step 0, so that a resume does not need the other run.
            (None, Some(start)) => trainer.start_from(start.state)?,
            (None, None) => {}
        }
        let first = trainer.step();
        if let Some(before) = computed_on.filter(|before| *before != on)
            && first < self.plan.total_steps
        {
            trainer.note(format!(
                "trained on {before} so far, and on {on} from here: the numbers are no longer exactly \
                 those of an uninterrupted run"
            ))?;
        }
        let ended = match imported {
            Some(weights) => {
                let is_given = config.data().batches.mean.is_some();
                import_weights(&mut trainer, weights, self.info.normalization.as_ref(), is_given)?;
                StopReason::Finished
            }
            None => trainer.run()?,
        };
        let seconds = begun.elapsed().as_secs_f64();
        let (steps, samples) = (trainer.step(), trainer.num_samples());

        let (mut valid_report, mut test, mut notes) = (None, None, Vec::new());
        let best = trainer.best_step().unwrap_or(steps);
        if ended != StopReason::Interrupted {
            // The report describes the best checkpoint, the default of the other commands.
            if best != steps {
                let mut state = self.run.checkpoints().load(best)?;
                drop(state.take_under("trainer"));
                trainer.task().restore(state)?;
            }
            let task = trainer.task();
            valid_report = task.validates().then(|| task.evaluate(Split::Valid)).flatten();
            test = trainer.task().evaluate(Split::Test);
            trainer.log_report(Split::Test, test.as_ref(), best)?;
            trainer.show(Split::Test, test.as_ref(), best);
            // The animations are made from the kept images, so a run that was killed here makes them after a resume.
            for folder in artifact_folders {
                notes.extend(animate_folder(&self.run, folder)?);
            }
        }
        drop(trainer);
        for note in notes {
            observe(Event::Note(note));
        }
        self.info.ended = Some(jiff::Timestamp::now());
        self.info.write(&self.run)?;
        Ok(Outcome {
            run: self.run.path().to_owned(),
            steps,
            epochs: self.plan.epochs(steps),
            seconds,
            samples_per_second: samples as f64 / seconds,
            valid: valid_report,
            test,
            best,
            next: (self.hooks.next)(config, self.run.path()),
            ended,
        })
    }

    /// The recorder of the session, after the checkpoints `kept`. A log shorter than `metrics_length` bytes is a
    /// warning.
    fn recorder(
        &mut self,
        kept: Vec<Kept>,
        metrics_length: u64,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<Recorder, TrainError> {
        let config = self.job.config;
        let resumed = kept.last().map(|kept| kept.step);
        let recorder = |kept, length| {
            let run = self.run.clone();
            Recorder::new(run, config.train.keep_last, config.train.best_by(), kept, length)
        };
        let recorder = match recorder(kept.clone(), metrics_length) {
            Err(error @ StoreError::MetricsShort { .. }) => {
                observe(Event::Note(format!("warning: {error}. Going on with an empty log")));
                recorder(kept, 0)
            }
            recorder => recorder,
        }?;
        let board = || Board::new(self.run.path(), &config.to_toml(), resumed);
        Ok(match self.page.take() {
            Some(page) => recorder.shown_on(page, board()),
            None => recorder,
        })
    }

    /// Checks the length of a resumed run: fewer steps than are finished are an error, and a stretched schedule is
    /// noted.
    fn check_length(
        &self,
        resumed: &resume::Resumed,
        observe: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), TrainError> {
        let config = self.job.config;
        let step = resumed.kept.last().map_or(0, |kept| kept.step);
        let (length, total) = (config.train.length(), self.plan.total_steps);
        if total < step {
            return Err(TrainError::Settings(format!(
                "a run of {length} ends at step {total}, and this one is at step {step} already: a longer train.epochs or \
                 train.length goes on"
            )));
        }
        let stored = stored_config(&self.run)?;
        let stretched =
            !matches!(config.schedule.kind, ScheduleKind::Constant(_) | ScheduleKind::Step(_));
        let before = stored.train.length();
        let total_before = before.steps(self.plan.units);
        if total_before != Some(total) && stretched {
            observe(Event::Note(format!(
                "the schedule is stretched from {before} to {length}: this is not the run that {length} \
                 from the start would have been"
            )));
        }
        Ok(())
    }
}

/// Writes an animation of the images of a folder, in the order of their steps; without images it writes none. Returns a
/// warning if an image cannot be read.
fn animate_folder(run: &RunDir, folder: &str) -> Result<Option<String>, StoreError> {
    let mut frames = run.files(folder)?;
    frames.retain(|path| path.extension().is_some_and(|end| end == "png"));
    if frames.is_empty() {
        return Ok(None);
    }
    match animate(&frames) {
        Ok(animation) => {
            run.write_bytes(&format!("{folder}.gif"), &animation)?;
            Ok(None)
        }
        Err(fault) => Ok(Some(format!("warning: no {folder}.gif was made: {fault}"))),
    }
}
