//! Progress events of a run.

use hearth_report::Report;

use crate::plan::summary::Summary;
use crate::task::scalars::Sums;

/// A progress event of a run, for its observer.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step is finished.
    Step(StepDone),
    /// An evaluation is finished.
    Evaluated(&'a Report),
    /// A note or warning for the user, in a sentence.
    Note(String),
    /// Training is about to start.
    Started(&'a Summary),
}

impl StepDone {
    /// The number of the step in its epoch, from 1, and the steps of that epoch: the last epoch may be shorter.
    pub fn in_epoch(&self) -> [u64; 2] {
        in_epoch(self.step, self.steps_per_epoch, self.total_steps)
    }
}

/// The number of a step in its epoch, from 1, and the steps of that epoch; the number is 0 before the first step.
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
    /// Steps in an epoch; the total steps of a task without epochs.
    pub steps_per_epoch: u64,
    /// The sums that were read back with it: its own, and with deferred readback those of the steps since the last
    /// readback; empty while readback is pending.
    pub sums: Sums,
    /// The learning rate of the step.
    pub learning_rate: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_epoch_may_be_shorter() {
        let numbers = [0, 1, 29, 30, 58, 59, 60].map(|step| in_epoch(step, 29, 60));
        assert_eq!(numbers, [[0, 29], [1, 29], [29, 29], [1, 29], [29, 29], [1, 2], [2, 2]]);
        assert_eq!(in_epoch(20, 29, 20), [20, 20]);
    }
}
