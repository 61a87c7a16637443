//! The functions of a kind of task that a training calls, and the inputs and outputs of its construction.

use std::path::Path;

use burn::tensor::Device;
use hearth_config::Config;
use hearth_data::{Data, Labels};

use crate::error::TrainError;
use crate::event::Event;
use crate::plan::memory::Sizes;
use crate::record::info::Preprocessing;
use crate::run::initial_weights::{SourceRun, Start};
use crate::run::job::Job;
use crate::task::Task;

/// The functions of a kind of task that a training calls.
#[derive(Clone, Copy, Debug)]
pub struct TaskHooks {
    /// The rules that the labels of its data follow.
    pub labels: Labels,
    /// True if a step minimises one loss, which a range test can follow.
    pub has_one_loss: bool,
    /// Builds the task of a checked config, before its first step.
    pub open: fn(Opening<'_>) -> Result<Opened, TrainError>,
    /// The sizes of its networks, before they are built; none where they list no layers.
    pub sizes: fn(&Config, &Data) -> Option<Sizes>,
    /// A suggested next command for a trained run, in a sentence.
    pub next: fn(&Config, &Path) -> String,
}

/// The lookup of the hooks of a config's task, which must be decided.
pub type TaskLookup = fn(&Config) -> TaskHooks;

/// The inputs of a task's construction.
pub struct Opening<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The data of its training, validation and test sets.
    pub data: &'a Data,
    /// The device, without differentiation.
    pub device: &'a Device,
    /// The run of its initial weights, if it has one.
    pub source: Option<SourceRun>,
    /// The job; none for a range test, which writes nothing.
    pub job: Option<&'a Job<'a>>,
    /// The observer of notes about the construction.
    pub observe: &'a mut dyn FnMut(Event<'_>),
}

/// A task before its first step.
pub struct Opened {
    /// The task.
    pub task: Box<dyn Task>,
    /// The preparation of a sample for the network.
    pub preprocessing: Preprocessing,
    /// The initial weights from another run or program, if it has them.
    pub start: Option<Start>,
}
