//! The tasks: one file for each way of learning, and the table through which all of them are made.

pub mod adversarial;
mod classify;

use burn::tensor::Device;
use hearth_config::{Config, ModelConfig};
use hearth_data::{Dataset, Normalization, Splits};

use crate::error::TrainError;
use crate::event::Event;
use crate::job::Job;
use crate::task::Task;
use crate::transfer::{Source, Start};

pub use adversarial::Adversarial;
pub use classify::{Classify, evaluate};

/// A kind of task.
#[derive(Clone, Copy, Debug)]
pub struct TaskKind {
    /// Its name.
    pub name: &'static str,
    /// Makes the task of a checked config, before its first step.
    open: fn(Opening<'_>) -> Result<Opened, TrainError>,
}

/// All kinds.
pub const KINDS: [TaskKind; 2] = [classify::KIND, adversarial::KIND];

/// What a task is made of.
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
    /// The job that it is for, and all of its data; none where a few steps are made and nothing is kept.
    pub job: Option<(&'a Job<'a>, &'a Dataset)>,
    /// Is told what is done for it.
    pub observe: &'a mut dyn FnMut(Event<'_>),
}

/// A task before its first step.
pub struct Opened {
    /// The task.
    pub task: Box<dyn Task>,
    /// How its images are normalised.
    pub normalization: Normalization,
    /// The weights that it starts from, where they are another run's.
    pub start: Option<Start>,
}

impl TaskKind {
    /// That of a config.
    pub fn of(config: &Config) -> Self {
        match &config.model {
            ModelConfig::Classifier { .. } => classify::KIND,
            ModelConfig::Gan(_) => adversarial::KIND,
        }
    }
}

/// Makes the task of a config.
pub fn open(opening: Opening<'_>) -> Result<Opened, TrainError> {
    (TaskKind::of(opening.config).open)(opening)
}

/// Makes the task of a config for a few steps, of which nothing is kept.
pub fn open_alone(
    config: &Config,
    splits: &Splits,
    classes: &[String],
    device: &Device,
) -> Result<Box<dyn Task>, TrainError> {
    let observe = &mut |_: Event<'_>| ();
    let opening = Opening { config, splits, classes, device, source: None, job: None, observe };
    open(opening).map(|opened| opened.task)
}
