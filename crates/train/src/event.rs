//! What a run tells while it trains.

use hearth_report::Report;

use crate::plan::summary::Summary;
use crate::task::scalars::Sums;

/// Something that happened, for whoever watches.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step was made.
    Step(StepDone),
    /// A set was looked at.
    Evaluated(&'a Report),
    /// A sentence for the user.
    Note(String),
    /// What is about to be trained.
    Started(&'a Summary),
}

impl StepDone {
    /// The place of the step in its epoch, from 1, and the steps of that epoch: the last one may be cut short.
    pub fn in_epoch(&self) -> [u64; 2] {
        in_epoch(self.step, self.steps_per_epoch, self.total_steps)
    }
}

/// The place of a step, counted from 1, in its epoch, and the steps of that epoch; before the first step, 0.
pub fn in_epoch(step: u64, steps_per_epoch: u64, total_steps: u64) -> [u64; 2] {
    let before = step.saturating_sub(1) / steps_per_epoch.max(1) * steps_per_epoch;
    [step - before, steps_per_epoch.min(total_steps.saturating_sub(before)).max(1)]
}

/// One finished step.
#[derive(Clone, Debug)]
pub struct StepDone {
    /// Finished steps, this one included.
    pub step: u64,
    /// Steps in the whole run.
    pub total_steps: u64,
    /// Steps in an epoch; all of a task without one.
    pub steps_per_epoch: u64,
    /// The results that were read with it: its downcast, and those of steps before it on a GPU, where they
    /// are read at times.
    pub sums: Sums,
    /// Its learning rate.
    pub learning_rate: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_epoch_may_be_cut_short() {
        let places = [0, 1, 29, 30, 58, 59, 60].map(|step| in_epoch(step, 29, 60));
        assert_eq!(places, [[0, 29], [1, 29], [29, 29], [1, 29], [29, 29], [1, 2], [2, 2]]);
        assert_eq!(in_epoch(20, 29, 20), [20, 20]);
    }
}
