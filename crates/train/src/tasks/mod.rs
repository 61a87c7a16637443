//! The tasks: one file for each way of learning, and the table through which all of them are made.

pub mod adversarial;
mod classify;
pub(crate) mod kind;

use burn::tensor::Device;
use hearth_config::Config;
use hearth_data::Splits;

use crate::error::TrainError;
use crate::event::Event;
use crate::task::Task;

pub use adversarial::Adversarial;
pub use classify::{Classify, evaluate};
pub use kind::{Assignment, Opened, Opening, TaskKind, Train};

/// All kinds.
pub const KINDS: [TaskKind; 2] = [classify::KIND, adversarial::KIND];

/// That of a config.
fn kind_of(config: &Config) -> TaskKind {
    let name = config.task.kind.name();
    *KINDS
        .iter()
        .find(|kind| kind.name == name)
        .expect("a row for each task that a config may name")
}

/// Makes the task of a config.
pub fn open(opening: Opening<'_>) -> Result<Opened, TrainError> {
    (kind_of(opening.config).open)(opening)
}

/// Makes the task of a config for a few steps, of which nothing is kept.
pub fn open_alone(
    config: &Config,
    splits: &Splits,
    classes: &[String],
    device: &Device,
) -> Result<Box<dyn Task>, TrainError> {
    let observe = &mut |_: Event<'_>| ();
    let opening =
        Opening { config, splits, classes, device, source: None, assignment: None, observe };
    open(opening).map(|opened| opened.task)
}
