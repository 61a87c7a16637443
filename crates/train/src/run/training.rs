//! A kind of task as the trainer takes it, and the parts that a task is made of.

use std::path::Path;

use burn::tensor::Device;
use hearth_config::Config;
use hearth_data::{Data, Labels};

use crate::error::TrainError;
use crate::event::Event;
use crate::plan::memory::Sizes;
use crate::record::info::Preprocessing;
use crate::run::job::Job;
use crate::run::start::{SourceRun, Start};
use crate::task::Task;

/// A kind of task, as the trainer takes it.
#[derive(Clone, Copy, Debug)]
pub struct Training {
    /// The rules of labels that its data follows.
    pub labels: Labels,
    /// True if a step minimises one loss, which a range test can follow.
    pub has_one_loss: bool,
    /// Makes the task of a checked config, before its first step.
    pub open: fn(Opening<'_>) -> Result<Opened, TrainError>,
    /// The sizes of its networks, before they are built; none where they list no layers.
    pub sizes: fn(&Config, &Data) -> Option<Sizes>,
    /// The command that puts a trained run to work, in a sentence.
    pub next: fn(&Config, &Path) -> String,
}

/// The kind of task that a config with a decided task names.
pub type Registry = fn(&Config) -> Training;

/// The parts that a task is made of.
pub struct Opening<'a> {
    /// The settings.
    pub config: &'a Config,
    /// The data that it learns from and is measured on.
    pub data: &'a Data,
    /// The device, without differentiation.
    pub device: &'a Device,
    /// The run that it starts from, if it does.
    pub source: Option<SourceRun>,
    /// The job that it is for; none where a few steps are made and nothing is kept.
    pub job: Option<&'a Job<'a>>,
    /// Receives notes about the preparations.
    pub observe: &'a mut dyn FnMut(Event<'_>),
}

/// A task before its first step.
pub struct Opened {
    /// The task.
    pub task: Box<dyn Task>,
    /// The preparation of a sample for the network.
    pub preprocessing: Preprocessing,
    /// The weights that it starts from, where they are not its own.
    pub start: Option<Start>,
}
