//! The tasks: one file for each way of learning, and the table through which all of them are made.

pub mod adversarial;
mod classify;
pub(crate) mod entry;

use burn::tensor::Device;
use hearth_config::Config;
use hearth_data::Splits;

use crate::error::TrainError;
use crate::event::Event;
use crate::task::Task;

pub use classify::evaluate;
pub use entry::{Assignment, Opened, Opening, TaskEntry, Train};

/// The table.
pub const TASKS: [TaskEntry; 2] = [classify::ENTRY, adversarial::ENTRY];

/// The row of a config's task.
fn entry_of(config: &Config) -> TaskEntry {
    let name = config.task_kind().expect("a table has said it").name();
    let entry = TASKS.iter().find(|entry| entry.name == name);
    *entry.expect("a row for each task that a config may name")
}

/// Makes the task of a config.
pub fn open(opening: Opening<'_>) -> Result<Opened, TrainError> {
    (entry_of(opening.config).open)(opening)
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
