//! The training loop of every task.

mod checkpoint;
mod evaluation;
mod log;
pub mod pending;
pub mod progress;
pub mod schedule;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use hearth_config::Config;
use hearth_store::StateDict;

use crate::backend::scalar::Readback;
use crate::error::TrainError;
use crate::event::Event;
use crate::plan::Plan;
use crate::record::recorder::Recorder;
use crate::task::scalars::Sums;
use crate::task::step::StepSettings;
use crate::task::{Computed, Task, compute_step};
use crate::trainer::log::Speed;
use crate::trainer::pending::{PendingSteps, Results};
use crate::trainer::progress::Progress;
use crate::trainer::schedule::Schedule;

/// The largest number of samples that the error about a refused step lists.
const SHOWN: usize = 16;

/// The path in a checkpoint of the backend and precision that computed it.
pub const COMPUTED_ON: &str = "trainer.computed_on";

/// The path in a checkpoint of the length of metrics.jsonl in bytes; the log is opened before the trainer is built.
pub const METRICS_LENGTH: &str = "trainer.metrics_length";

/// The reason for which training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The last step is done.
    Finished,
    /// The validation result has not improved for `early_stop.patience` evaluations.
    EarlyStopped,
    /// The deadline has passed.
    OutOfTime,
    /// The user asked to stop; a checkpoint was written.
    Interrupted,
}

/// The computation of steps: backend, precision, readback, settings.
#[derive(Clone, Debug)]
pub struct Computing {
    /// Backend and precision, for messages: other ones give other bits.
    pub on: String,
    /// The readback of each step's scalars.
    pub reading: Readback,
    /// The settings of all steps.
    pub steps: StepSettings,
}

/// The training loop of a task, with its schedule, evaluations, log and checkpoints.
pub struct Trainer<'a> {
    task: Box<dyn Task>,
    schedule: Schedule,
    plan: Plan,
    progress: Progress,
    computing: Computing,
    pending: Option<PendingSteps>,
    /// Each step up to this one is checked before it is applied.
    careful_until: u64,
    /// The samples of all steps that this process has made and checked.
    num_samples: u64,
    /// The L2 norm of the gradients of the last step that was read back.
    gradient_norm: f64,
    recorder: Recorder,
    observe: &'a mut dyn FnMut(Event<'_>),
    stop: &'a AtomicBool,
    deadline: Option<Instant>,
    started: Instant,
    speed: Speed,
}

impl<'a> Trainer<'a> {
    /// A trainer at step 0; `stop` is read after each step.
    pub fn new(
        task: Box<dyn Task>,
        plan: Plan,
        config: &Config,
        computing: Computing,
        recorder: Recorder,
        observe: &'a mut dyn FnMut(Event<'_>),
        stop: &'a AtomicBool,
    ) -> Self {
        let schedule = Schedule::new(config, plan.units, plan.total_steps);
        let now = Instant::now();
        Self {
            task,
            schedule,
            plan,
            progress: Progress::default(),
            computing,
            pending: None,
            careful_until: 0,
            num_samples: 0,
            gradient_norm: f64::NAN,
            recorder,
            observe,
            stop,
            deadline: None,
            started: now,
            speed: Speed::starting(now),
        }
    }

    /// Sets the time after which the run ends; the step in progress is finished first.
    pub fn end_by(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Resumes from the checkpoint that the recorder was opened at. A missing, extra or misshapen entry is an error.
    pub fn restore(&mut self, mut state: StateDict) -> Result<(), TrainError> {
        self.progress = Progress::take(state.take_under("trainer"))?;
        self.task.restore(state)?;
        Ok(self.recorder.tidy()?)
    }

    /// Trains to the last step, or until a reason to stop; the last step gets a checkpoint in any case. A step with
    /// non-finite scalars is an error, and changes nothing.
    pub fn run(&mut self) -> Result<StopReason, TrainError> {
        let reason = loop {
            if let Some(reason) = self.stop_reason() {
                if self.resolve().is_some() {
                    break reason;
                }
                continue;
            }
            let (step, readback) = (self.progress.step, self.readback());
            let learning_rate = self.schedule.learning_rate(step);
            let settings = &self.computing.steps;
            let computed =
                compute_step(&mut *self.task, settings, (step, learning_rate), readback)?;
            self.guard(computed.fault.as_deref())?;
            if self.plan.evaluates(step + 1) {
                self.recorder.show_gradients(step + 1, || self.task.gradients(&computed.change));
            }
            self.apply(computed, readback);
            let results = if self.is_resolve_due() {
                let Some(results) = self.resolve() else { continue };
                results
            } else {
                Sums::default()
            };
            self.emit(results, learning_rate);
            self.log(learning_rate)?;
            let improved = self.evaluate()?;
            if improved || self.plan.due(self.progress.step, self.plan.checkpoint_every) {
                self.save()?;
            }
        };
        self.save()?;
        Ok(reason)
    }

    /// Starts with the weights of another run or program: the network is evaluated and saved at step 0.
    pub fn start_from(&mut self, weights: StateDict) -> Result<(), TrainError> {
        self.task.start_from(weights)?;
        if self.task.validates() {
            self.evaluate_now()?;
        }
        self.save()
    }

    /// The task as it is now.
    pub fn task(&mut self) -> &mut dyn Task {
        &mut *self.task
    }

    /// Finished steps.
    pub fn step(&self) -> u64 {
        self.progress.step
    }

    /// The number of samples that this process has trained on.
    pub fn num_samples(&self) -> u64 {
        self.num_samples
    }

    /// The step of the best checkpoint, where there is a validation set.
    pub fn best_step(&self) -> Option<u64> {
        self.progress.best.map(|best| best.step)
    }

    /// The reason to stop before the next step, if there is one.
    fn stop_reason(&self) -> Option<StopReason> {
        let patience = self.plan.early_stop.as_ref().map_or(u64::MAX, |stop| stop.patience);
        if self.progress.step >= self.plan.total_steps {
            Some(StopReason::Finished)
        } else if self.progress.stale >= patience {
            Some(StopReason::EarlyStopped)
        } else if self.stop.load(Ordering::Relaxed) {
            Some(StopReason::Interrupted)
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Some(StopReason::OutOfTime)
        } else {
            None
        }
    }

    /// Refuses a step with a non-finite scalar, `fault`, before anything has changed; the error names its samples.
    fn guard(&mut self, fault: Option<&str>) -> Result<(), TrainError> {
        let Some(fault) = fault else { return Ok(()) };
        let checkpoint = self.progress.step;
        let sources = self.task.sources(checkpoint);
        self.save()?;
        let shown: Vec<_> = sources.iter().take(SHOWN).map(u32::to_string).collect();
        let more = match sources.len().saturating_sub(shown.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Err(TrainError::NonFinite {
            what: fault.to_owned(),
            step: checkpoint + 1,
            checkpoint,
            samples: shown.join(", ") + &more,
        })
    }

    /// The readback of the next step's scalars.
    fn readback(&self) -> Readback {
        if self.progress.step < self.careful_until {
            Readback::Immediate
        } else {
            self.computing.reading
        }
    }

    /// Applies the step; it is pending until its scalars are read back.
    fn apply(&mut self, computed: Computed, readback: Readback) {
        let (task, finished) = (&self.task, self.progress.step);
        let pending = self.pending.get_or_insert_with(|| {
            PendingSteps::new(finished, (readback == Readback::Deferred).then(|| task.snapshot()))
        });
        pending.add(computed.measured);
        self.task.apply(computed.change);
        self.progress.step += 1;
    }

    /// True if the pending steps are to be resolved now: they are checked already, or something is due that needs
    /// their results.
    fn is_resolve_due(&self) -> bool {
        let is_checked = self.pending.as_ref().is_some_and(PendingSteps::is_checked);
        is_checked || self.plan.anything_due(self.progress.step)
    }

    /// Reads back the pending steps and returns their sums. Where a scalar is not finite there are none: the task is
    /// rolled back to the snapshot before them, and the steps are computed again with immediate readback, so that
    /// [`Trainer::guard`] refuses the one at fault.
    fn resolve(&mut self) -> Option<Sums> {
        let Some(pending) = self.pending.take() else { return Some(Sums::default()) };
        match pending.results() {
            Ok(steps) => {
                let mut all = Sums::default();
                for Results { sums, gradient_norm } in &steps {
                    self.task.on_scalars(sums);
                    self.progress.window += sums;
                    self.num_samples += sums.samples;
                    all += sums;
                    self.gradient_norm = *gradient_norm;
                }
                Some(all)
            }
            Err((finished, snapshot)) => {
                self.task.rollback(snapshot);
                self.careful_until = std::mem::replace(&mut self.progress.step, finished);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
