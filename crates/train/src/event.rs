//! What a run tells while it trains.

use hearth_report::Report;

use crate::scalars::Sums;
use crate::summary::Summary;

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

/// One finished step.
#[derive(Clone, Debug)]
pub struct StepDone {
    /// Finished steps, this one included.
    pub step: u64,
    /// Steps in the whole run.
    pub total_steps: u64,
    /// Steps in an epoch; all of a task without one.
    pub steps_per_epoch: u64,
    /// The results that were read with it: its own, and those of steps before it on a GPU, where they
    /// are read at times.
    pub sums: Sums,
    /// Its learning rate.
    pub learning_rate: f64,
}
