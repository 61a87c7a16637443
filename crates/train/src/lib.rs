//! The engine: it trains any task, keeps its run, and resumes it bit for bit.
//!
//! Each module uses those below it, and none above.
//!
//! | module | subject |
//! | --- | --- |
//! | [`mod@range_test`] | learning rates that a network learns with |
//! | [`run`] | a whole run: config in, trained folder out; its sessions, resumes and checkpoints |
//! | [`trainer`] | the one loop behind all learning; pending steps, early stopping, schedules |
//! | [`record`] | the log, checkpoints, page, event file and `run.json` of a run |
//! | [`event`] | progress of a run, told to the program |
//! | [`plan`] | steps and epochs, layers, memory: known before the first step |
//! | [`task`] | the contract of a task: a step in three parts, its batches, scalars and images |
//! | [`learner`] | networks and their updates: optimisers, gradients, averages, precision |
//! | [`backend`] | devices, graphics adapters, scalars on host and device |
//! | [`error`] | errors of training |

#![forbid(unsafe_code)]

pub mod backend;
pub mod error;
pub mod event;
pub mod learner;
pub mod plan;
pub mod range_test;
pub mod record;
pub mod run;
pub mod task;
pub mod trainer;

pub use backend::Backend;
pub use error::TrainError;
pub use event::Event;
pub use hearth_report::Report;
pub use range_test::{Range, RangeTest, range_test};
pub use run::job::{Job, Outcome, RunTarget, WeightsFile};
pub use run::train::{train, train_on};
pub use run::trained::CheckpointSelector;
pub use run::training::{Opened, Opening, Registry, Training};
pub use task::Split;
pub use trainer::StopReason;
