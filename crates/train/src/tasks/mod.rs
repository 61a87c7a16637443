//! The tasks: one file for each way of learning, and the table through which all of them are made.

pub mod adversarial;
mod classify;
pub(crate) mod entry;
pub(crate) mod regress;

use burn::tensor::Device;
use hearth_config::Config;
use hearth_data::Data;

use crate::error::TrainError;
use crate::event::Event;
use crate::task::Task;

pub use classify::{Classes, evaluate};
pub use entry::{Assignment, Opened, Opening, TaskEntry, Train};
pub use regress::Deviation;

/// The table.
pub const TASKS: [TaskEntry; 3] = [classify::ENTRY, regress::ENTRY, adversarial::ENTRY];

/// The row of a config's task.
pub fn entry_of(config: &Config) -> TaskEntry {
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
    data: &Data,
    device: &Device,
) -> Result<Box<dyn Task>, TrainError> {
    let observe = &mut |_: Event<'_>| ();
    let opening = Opening { config, data, device, source: None, assignment: None, observe };
    open(opening).map(|opened| opened.task)
}
