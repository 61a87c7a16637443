//! The plan of a run: its length and intervals in steps.

pub mod memory;
pub mod summary;

use hearth_config::{Cadence, Config, EarlyStop, Metric, ScheduleKind, TimeUnits};

use crate::error::TrainError;
use crate::task::Task;

/// The largest number of images of one kind that are kept besides the newest: an animation of half a minute.
const MAX_IMAGES: u64 = 120;

/// The length and intervals of a run; everything in steps.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Steps in the whole run.
    pub total_steps: u64,
    /// The units of time of the task.
    pub units: TimeUnits,
    /// Steps between evaluations; none where there is nothing to evaluate on.
    pub evaluate_every: Option<u64>,
    /// Steps between checkpoints.
    pub checkpoint_every: u64,
    /// Steps between lines of the log.
    pub log_every: u64,
    /// The metric of the best checkpoint.
    pub best_by: Metric,
    /// Early stopping, if it is configured.
    pub early_stop: Option<EarlyStop>,
}

impl Plan {
    /// The plan of a config for a task. An interval in a unit that the task does not have is an error.
    pub fn new(config: &Config, task: &dyn Task) -> Result<Self, TrainError> {
        let train = &config.train;
        let units = TimeUnits {
            steps_per_epoch: task.steps_per_epoch(),
            frames_per_step: task.frames_per_step(),
        };
        let lacks = |key: &str, value: String| {
            let unit = value.split(' ').next_back().unwrap_or_default();
            let text = format!(
                "{key} is \"{value}\", and this task has no {unit}: write it in another unit"
            );
            TrainError::Settings(text)
        };
        let every = |key: &str, cadence: Cadence| {
            cadence.steps(units).ok_or_else(|| lacks(key, cadence.to_string()))
        };
        if let ScheduleKind::Step(step) = &config.schedule.kind {
            every("schedule.every", step.every)?;
        }
        let length = train.length();
        let total_steps = length.steps(units);
        let evaluates = task.validates();
        Ok(Self {
            total_steps: total_steps.ok_or_else(|| lacks("train.length", length.to_string()))?,
            units,
            evaluate_every: evaluates
                .then(|| every("train.evaluate_every", train.evaluate_every))
                .transpose()?,
            checkpoint_every: every("train.checkpoint_every", train.checkpoint_every)?,
            log_every: train.log_every,
            best_by: train.best_by(),
            early_stop: train.early_stop.clone(),
        })
    }

    /// The number of epochs in `steps` steps; None without epochs.
    pub fn epochs(&self, steps: u64) -> Option<f64> {
        self.units.steps_per_epoch.map(|epoch| steps as f64 / epoch as f64)
    }

    /// True if something with an interval of `every` steps is due after `step` steps; after the last step it always is.
    pub fn due(&self, step: u64, every: u64) -> bool {
        step.is_multiple_of(every) || step == self.total_steps
    }

    /// True if an evaluation is due after `step` steps.
    pub fn evaluates(&self, step: u64) -> bool {
        self.evaluate_every.is_some_and(|every| self.due(step, every))
    }

    /// True if the image of the evaluation after `step` steps is kept after the evaluation at step `now`: all images,
    /// then every second, every fourth and so on, and the newest. The rule depends only on the steps, so that a
    /// resumed run keeps the same images as an uninterrupted one.
    pub fn keeps_image(&self, step: u64, now: u64) -> bool {
        let every = self.evaluate_every.unwrap_or(1);
        let thinned = now.div_ceil(every).div_ceil(MAX_IMAGES).next_power_of_two();
        step == now || step.is_multiple_of(every.saturating_mul(thinned))
    }

    /// True if anything is due after `step` steps that needs the results of the steps before it.
    pub fn anything_due(&self, step: u64) -> bool {
        let cadences = [self.log_every, self.checkpoint_every].into_iter();
        let mut cadences = cadences.chain(self.units.steps_per_epoch);
        cadences.any(|every| self.due(step, every)) || self.evaluates(step)
    }
}
