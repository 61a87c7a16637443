//! A row in the table of tasks, and what a task is made of.

use std::path::Path;

use burn::tensor::Device;
use hearth_config::Config;
use hearth_data::{Data, Labels};
use hearth_report::Report;

use crate::error::TrainError;
use crate::evaluate::Evaluation;
use crate::event::Event;
use crate::info::Preprocessing;
use crate::job::{Job, Outcome};
use crate::memory::Sizes;
use crate::task::Task;
use crate::transfer::{Source, Start};

/// A row in the table of tasks: the one place where tasks are told apart.
#[derive(Clone, Copy, Debug)]
pub struct TaskEntry {
    /// Its `[task] kind`.
    pub name: &'static str,
    /// The rules of labels that its data follows.
    pub labels: Labels,
    /// A step minimises one loss, on which a range test may look.
    pub has_one_loss: bool,
    /// Makes the task of a checked config, before its first step.
    pub open: fn(Opening<'_>) -> Result<Opened, TrainError>,
    /// The sizes of its networks, before they are there; none where they list no layers.
    pub sizes: fn(&Config, &Data) -> Option<Sizes>,
    /// Results of a run's checkpoint, and its step.
    pub evaluate: Evaluate,
    /// The command that puts a trained run to work, in a sentence.
    pub next: fn(&Config, &Path) -> String,
}

/// Evaluates a checkpoint: its step and the results. Notices go to the function.
pub type Evaluate = fn(&Evaluation<'_>, &mut dyn FnMut(&str)) -> Result<(u64, Report), TrainError>;

/// Trains another run first, on data whose labels follow so many rules: a task may need what it learns.
pub type Train =
    fn(&Job<'_>, Labels, &mut dyn FnMut(Event<'_>)) -> Result<Option<Outcome>, TrainError>;

/// The job that a task is for.
#[derive(Clone, Copy)]
pub struct Assignment<'a> {
    /// The job.
    pub job: &'a Job<'a>,
    /// Trains another run first.
    pub train: Train,
}

/// The parts that a task is made of.
pub struct Opening<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The data that it learns from and is measured on.
    pub data: &'a Data,
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
    /// What is done to a sample before the network sees it.
    pub preprocessing: Preprocessing,
    /// The weights that it starts from, where they are another run's.
    pub start: Option<Start>,
}
