//! How it is learned: the trainer, the tasks, optimisers, metrics and prediction.
//!
//! | file | subject |
//! | --- | --- |
//! | [`run`], [`resume`] | a whole run: config in, trained folder out; where a stopped one goes on |
//! | [`trainer`], [`progress`] | the one loop behind all learning, and what it remembers |
//! | [`event`] | what a run tells while it trains |
//! | [`task`], [`tasks`] | what a step is |
//! | [`optimizer`], [`schedule`], [`gradients`], [`loss`] | the parts of a step |
//! | [`input`] | from bytes to tensors |
//! | [`metrics`] | results |
//! | [`state`], [`keeper`], [`info`] | what is kept |
//! | [`predict`] | a trained network at work |
//! | [`summary`] | what is about to be trained |
//! | [`backend`], [`doctor`] | what computes, and whether it works |

#![forbid(unsafe_code)]

pub mod backend;
pub mod doctor;
pub mod error;
pub mod event;
pub mod gradients;
pub mod info;
pub mod input;
pub mod keeper;
pub mod loss;
pub mod metrics;
pub mod optimizer;
pub mod predict;
pub mod progress;
pub mod resume;
pub mod run;
pub mod schedule;
pub mod state;
pub mod summary;
pub mod task;
pub mod tasks;
pub mod trainer;

pub use backend::Backend;
pub use error::TrainError;
pub use event::Event;
pub use predict::{Predictor, Which};
pub use run::{Job, Outcome, Target, train};
pub use task::Split;
pub use trainer::Ended;
