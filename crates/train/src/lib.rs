//! The training engine: it trains any task, records the run, and resumes it bit for bit.
//!
//! Each module depends only on modules further down the table.
//!
//! | module | subject |
//! | --- | --- |
//! | [`mod@range_test`] | the learning rate range test |
//! | [`run`] | a whole run, from a config to a folder with a trained network: sessions, resuming, checkpoints |
//! | [`trainer`] | the training loop: pending steps, early stopping, schedules |
//! | [`record`] | the log, checkpoints, report page, event file and `run.json` of a run |
//! | [`event`] | progress events for the observer of a run |
//! | [`plan`] | steps, intervals and memory, computed before the first step |
//! | [`task`] | the contract of a task: its step, batches, scalars and images |
//! | [`learner`] | train state of a network: optimiser, gradients, weight average, precision |
//! | [`backend`] | backends, graphics adapters, scalars on host and device |
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
pub use run::hooks::{Opened, Opening, TaskHooks, TaskLookup};
pub use run::job::{Job, Outcome, RunTarget, WeightsFile};
pub use run::loaded::CheckpointSelector;
pub use run::train::{train, train_on};
pub use task::Split;
pub use trainer::StopReason;
