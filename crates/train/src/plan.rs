//! When what is done.

use hearth_config::{Config, EarlyStop, Metric};

/// The most pictures of one kind that are kept besides the newest: as an animation they take half a minute.
const MOST_PICTURES: u64 = 120;

/// When what is done; everything in steps.
#[derive(Clone, Debug)]
pub struct Plan {
    /// In the whole run.
    pub total_steps: u64,
    /// In an epoch.
    pub epoch: u64,
    /// None where there is nothing to evaluate on.
    pub evaluate_every: Option<u64>,
    /// Between checkpoints.
    pub checkpoint_every: u64,
    /// Between lines of the log.
    pub log_every: u64,
    /// What makes a checkpoint the best.
    pub best_by: Metric,
    /// When training ends before its last step.
    pub early_stop: Option<EarlyStop>,
}

impl Plan {
    /// As a config says, with so many steps in an epoch.
    pub fn new(config: &Config, epoch: u64, validates: bool) -> Self {
        let train = &config.train;
        Self {
            total_steps: train.epochs * epoch,
            epoch,
            evaluate_every: validates.then(|| train.evaluate_every.steps(epoch)),
            checkpoint_every: train.checkpoint_every.steps(epoch),
            log_every: train.log_every,
            best_by: train.best_by,
            early_stop: train.early_stop.clone(),
        }
    }

    /// Whether something with this interval is due after `step` steps; after the last one it always is.
    pub fn due(&self, step: u64, every: u64) -> bool {
        step.is_multiple_of(every) || step == self.total_steps
    }

    /// Whether an evaluation is due.
    pub fn evaluates(&self, step: u64) -> bool {
        self.evaluate_every.is_some_and(|every| self.due(step, every))
    }

    /// Whether the picture of the evaluation after `step` steps is still kept after that of `now`: all of
    /// them, then every second, every fourth and so on, and the newest. It says so by the steps alone, so
    /// that a resumed run keeps what an uninterrupted one does.
    pub fn keeps_picture(&self, step: u64, now: u64) -> bool {
        let every = self.evaluate_every.unwrap_or(1);
        let thinned = now.div_ceil(every).div_ceil(MOST_PICTURES).next_power_of_two();
        step == now || step.is_multiple_of(every.saturating_mul(thinned))
    }

    /// Whether anything is due that needs the results of the steps before it.
    pub fn anything_due(&self, step: u64) -> bool {
        let cadences = [self.epoch, self.log_every, self.checkpoint_every];
        cadences.into_iter().any(|every| self.due(step, every)) || self.evaluates(step)
    }
}
