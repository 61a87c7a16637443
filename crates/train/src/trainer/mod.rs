//! The one loop behind all learning.

pub mod pending;
pub mod progress;
pub mod schedule;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use hearth_config::{Config, Standing};
use hearth_report::Report;
use hearth_store::{StateDict, StoreError, Value};

use crate::backend::scalar::Readback;
use crate::error::TrainError;
use crate::event::{Event, StepDone};
use crate::plan::Plan;
use crate::record::lines::{NoteLine, ReportLine, TrainLine};
use crate::record::recorder::{Kept, Recorder};
use crate::task::scalars::Sums;
use crate::task::step::StepSettings;
use crate::task::{Computed, Split, Task};
use crate::trainer::pending::{PendingSteps, Results};
use crate::trainer::progress::Progress;
use crate::trainer::schedule::Schedule;

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// All epochs are done.
    Finished,
    /// The validation result no longer got better.
    EarlyStopped,
    /// The time that it was given is over.
    OutOfTime,
    /// Someone asked to stop; a checkpoint was written.
    Interrupted,
}

/// The most samples that the message about a refused step names.
const SHOWN: usize = 16;

/// Where a checkpoint holds what computed it.
pub const COMPUTED_ON: &str = "trainer.computed_on";

/// Where a checkpoint holds the length that metrics.jsonl had: the log is opened before the trainer.
pub const METRICS_LENGTH: &str = "trainer.metrics_length";

/// What computes the steps.
#[derive(Clone, Debug)]
pub struct Computing {
    /// Backend and precision: other ones give other bits.
    pub on: String,
    /// When the numbers of a step are read.
    pub reading: Readback,
    /// The settings of all steps.
    pub steps: StepSettings,
}

/// Trains a task to the end of its run.
pub struct Trainer<'a> {
    task: Box<dyn Task>,
    schedule: Schedule,
    plan: Plan,
    progress: Progress,
    computing: Computing,
    pending: Option<PendingSteps>,
    /// Up to this one, each step is looked at before it is made.
    careful_until: u64,
    /// Of all steps of this process that hold.
    num_samples: u64,
    /// Of the last step that was read.
    gradient_norm: f64,
    recorder: Recorder,
    observe: &'a mut dyn FnMut(Event<'_>),
    stop: &'a AtomicBool,
    deadline: Option<Instant>,
    started: Instant,
    logged: Instant,
}

impl<'a> Trainer<'a> {
    /// A trainer at step 0; `stop` is looked at after each step.
    pub fn new(
        task: Box<dyn Task>,
        plan: Plan,
        config: &Config,
        computing: Computing,
        recorder: Recorder,
        observe: &'a mut dyn FnMut(Event<'_>),
        stop: &'a AtomicBool,
    ) -> Self {
        let schedule = Schedule::new(config, plan.epoch, plan.total_steps);
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
            logged: now,
        }
    }

    /// Ends the run after the first step that is done by then.
    pub fn end_by(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Goes on from a checkpoint, the one that `recorder` was made for.
    pub fn restore(&mut self, mut state: StateDict) -> Result<(), TrainError> {
        self.progress = Progress::take(state.take_under("trainer"))?;
        self.task.restore(state)?;
        Ok(self.recorder.tidy()?)
    }

    /// Trains until the end, or until something ends it; then the newest checkpoint is of now.
    pub fn run(&mut self) -> Result<StopReason, TrainError> {
        let ended = loop {
            if let Some(ended) = self.ending() {
                if self.resolve().is_some() {
                    break ended;
                }
                continue;
            }
            let (step, reading) = (self.progress.step, self.reading());
            let learning_rate = self.schedule.learning_rate(step);
            let settings = &self.computing.steps;
            let computed =
                Computed::new(&mut *self.task, settings, (step, learning_rate), reading)?;
            self.guard(computed.fault.as_deref())?;
            if self.plan.evaluates(step + 1) {
                self.recorder.show_gradients(step + 1, || self.task.gradients(&computed.change));
            }
            self.apply(computed, reading);
            let results = if self.is_time_to_look() {
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
        Ok(ended)
    }

    /// Begins with the weights of a network from elsewhere, which is evaluated and kept like any other.
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

    /// Samples that this process has trained on.
    pub fn num_samples(&self) -> u64 {
        self.num_samples
    }

    /// The step of the best checkpoint, where there is a validation set.
    pub fn best_step(&self) -> Option<u64> {
        self.progress.best.map(|best| best.step)
    }

    fn ending(&self) -> Option<StopReason> {
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

    /// Refuses a step that would spoil the weights, before anything has changed.
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

    /// When the numbers of the next step are read.
    fn reading(&self) -> Readback {
        if self.progress.step < self.careful_until {
            Readback::Immediate
        } else {
            self.computing.reading
        }
    }

    /// Makes the step; it is pending until its scalars are read.
    fn apply(&mut self, computed: Computed, reading: Readback) {
        let (task, begun) = (&self.task, self.progress.step);
        let pending = self.pending.get_or_insert_with(|| {
            PendingSteps::new(begun, (reading == Readback::Deferred).then(|| task.snapshot()))
        });
        pending.add(computed.measured);
        self.task.apply(computed.change);
        self.progress.step += 1;
    }

    /// Whether the numbers of the pending steps are wanted now.
    fn is_time_to_look(&self) -> bool {
        let at_hand = self.pending.as_ref().is_some_and(PendingSteps::is_certain);
        at_hand || self.plan.anything_due(self.progress.step)
    }

    /// The results of the pending steps. Where one is not finite there are none: the task goes back to
    /// where it was before them, and they are made again one by one, so that [`Trainer::guard`] finds the
    /// one at fault.
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
            Err((begun, before)) => {
                self.task.rollback(before);
                self.careful_until = std::mem::replace(&mut self.progress.step, begun);
                None
            }
        }
    }

    fn emit(&mut self, sums: Sums, learning_rate: f64) {
        (self.observe)(Event::Step(StepDone {
            step: self.progress.step,
            total_steps: self.plan.total_steps,
            steps_per_epoch: self.plan.epoch.unwrap_or(self.plan.total_steps),
            sums,
            learning_rate,
        }));
    }

    fn log(&mut self, learning_rate: f64) -> Result<(), TrainError> {
        if !self.plan.due(self.progress.step, self.plan.log_every) {
            return Ok(());
        }
        let window = std::mem::take(&mut self.progress.window);
        let samples = window.samples as f64;
        let now = Instant::now();
        let elapsed = (now - std::mem::replace(&mut self.logged, now)).as_secs_f64();
        Ok(self.recorder.log(&TrainLine {
            kind: Split::Train.name(),
            step: self.progress.step,
            epoch: self.plan.epochs(self.progress.step),
            results: window.means(),
            learning_rate,
            gradient_norm: self.gradient_norm,
            samples_per_second: samples / elapsed,
            seconds: self.started.elapsed().as_secs_f64(),
        })?)
    }

    /// Looks at the validation set when it is due; whether the result is the best so far.
    fn evaluate(&mut self) -> Result<bool, TrainError> {
        if self.plan.evaluates(self.progress.step) { self.evaluate_now() } else { Ok(false) }
    }

    fn evaluate_now(&mut self) -> Result<bool, TrainError> {
        let report = self.task.evaluate(Split::Valid);
        let (metric, now) = (self.plan.best_by, self.progress.step);
        let standing = report.as_ref().map(|report| report.standing(metric, now));
        let standing = standing.transpose().map_err(TrainError::Settings)?;
        if let Some(report) = &report {
            self.log_report(Split::Valid, Some(report), self.progress.step)?;
            (self.observe)(Event::Evaluated(report));
        }
        let of_results = report.iter().flat_map(|report| report.warnings.clone());
        for warning in self.task.warnings().into_iter().chain(of_results) {
            (self.observe)(Event::Note(format!("warning: {warning}")));
        }
        for artifact in self.task.artifacts() {
            self.recorder.keep(now, &artifact, |step| self.plan.keeps_picture(step, now))?;
        }
        self.show(Split::Valid, report.as_ref(), self.progress.step);
        self.logged = Instant::now();
        let Some(now) = standing else { return Ok(false) };
        let Progress { best, reference, stale, .. } = &mut self.progress;
        let better = |old: &Option<Standing>, margin| match old {
            Some(old) => metric.improves(&now, old, margin),
            None => now.value.is_finite(),
        };
        let improved = better(best, 0.0);
        if improved {
            *best = Some(now);
        }
        // Small gains add up against the one that was last far enough above the one before.
        let margin = self.plan.early_stop.as_ref().map_or(0.0, |stop| stop.min_delta);
        if better(reference, margin) {
            (*reference, *stale) = (Some(now), 0);
        } else {
            *stale += 1;
        }
        Ok(improved)
    }

    /// Tells the user something, and the log as well.
    pub fn note(&mut self, text: String) -> Result<(), StoreError> {
        self.recorder.log(&NoteLine { kind: "note", step: self.progress.step, text: &text })?;
        self.emit_note(text);
        Ok(())
    }

    /// Tells the user something.
    pub fn emit_note(&mut self, text: String) {
        (self.observe)(Event::Note(text));
    }

    /// Adds the results on a set to the log: those of the weights after `step` steps. Where nothing is
    /// measured, the line says no more than that.
    pub fn log_report(
        &mut self,
        split: Split,
        report: Option<&Report>,
        step: u64,
    ) -> Result<(), StoreError> {
        self.recorder.log(&ReportLine {
            kind: split.name(),
            step,
            epoch: self.plan.epochs(step),
            results: report.map(|report| report.scores().collect()).unwrap_or_default(),
            logged: report.map(|report| report.logged.clone()).unwrap_or_default(),
            seconds: self.started.elapsed().as_secs_f64(),
        })
    }

    /// Shows the results on a set after `step` steps. What cannot be shown ends no training.
    pub fn show(&mut self, split: Split, report: Option<&Report>, step: u64) {
        for fault in self.recorder.show(step, split, report) {
            self.emit_note(format!("warning: {fault}"));
        }
    }

    /// Writes a checkpoint of now, unless there is one.
    fn save(&mut self) -> Result<(), TrainError> {
        if self.recorder.saved() == Some(self.progress.step) {
            return Ok(());
        }
        let Progress { step, best, .. } = self.progress;
        let mut state = self.task.state()?;
        if let Some(path) = not_finite(&state) {
            // The step that spoilt them was finite itself: its update went beyond f32.
            return Err(TrainError::Spoilt { path, step, saved: self.recorder.saved() });
        }
        state.insert_all("trainer", self.progress.state()?)?;
        state.insert(METRICS_LENGTH, self.recorder.metrics_length())?;
        state.insert(COMPUTED_ON, self.computing.on.as_str())?;
        Ok(self.recorder.save(&state, Kept { step, best })?)
    }
}

/// The first tensor that holds anything but numbers.
fn not_finite(state: &StateDict) -> Option<String> {
    let spoilt = |value: &Value| match value {
        Value::Tensor(tensor) => {
            tensor.to_vec::<f32>().is_ok_and(|values| !values.iter().all(|value| value.is_finite()))
        }
        _ => false,
    };
    // A task's own tensors may hold any.
    let mut learned = state.iter().filter(|(path, _)| !path.starts_with("task."));
    learned.find(|(_, value)| spoilt(value)).map(|(path, _)| path.to_owned())
}

#[cfg(test)]
mod bowl;
