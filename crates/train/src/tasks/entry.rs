//! A row in the table of tasks, and what a task is made of.

use burn::tensor::Device;
use hearth_config::Config;
use hearth_data::{Dataset, Labels, Normalization, Splits};

use crate::error::TrainError;
use crate::event::Event;
use crate::job::{Job, Outcome};
use crate::task::Task;
use crate::transfer::{Source, Start};

/// A row in the table of tasks.
#[derive(Clone, Copy, Debug)]
pub struct TaskEntry {
    /// Its `[task] kind`.
    pub name: &'static str,
    /// Makes the task of a checked config, before its first step.
    pub open: fn(Opening<'_>) -> Result<Opened, TrainError>,
}

/// Trains another run first, on data whose labels follow so many rules: a task may need what it learns.
pub type Train =
    fn(&Job<'_>, Labels, &mut dyn FnMut(Event<'_>)) -> Result<Option<Outcome>, TrainError>;

/// The job that a task is for.
#[derive(Clone, Copy)]
pub struct Assignment<'a> {
    /// The job.
    pub job: &'a Job<'a>,
    /// All of its data.
    pub dataset: &'a Dataset,
    /// Trains another run first.
    pub train: Train,
}

/// The parts that a task is made of.
pub struct Opening<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The images that it learns from and is measured on.
    pub splits: &'a Splits,
    /// The classes' names.
    pub classes: &'a [String],
    /// Where it computes, without differentiation.
    pub device: &'a Device,
    /// The run that it starts from, if it does.
    pub source: Option<Source>,
    /// The job that it is for; none where a few steps are made and nothing is kept.
    pub assignment: Option<Assignment<'a>>,
    /// Receives notes about the preparations.
    pub observe: &'a mut dyn FnMut(Event<'_>),
}

/// A task before its first step.
pub struct Opened {
    /// The task.
    pub task: Box<dyn Task>,
    /// The normalisation of its images.
    pub normalization: Normalization,
    /// The weights that it starts from, where they are another run's.
    pub start: Option<Start>,
}
