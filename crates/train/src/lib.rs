//! The engine: it trains any task, keeps its run, and resumes it bit for bit.
//!
//! | file | subject |
//! | --- | --- |
//! | [`job`], [`mod@train`], `run`, `leg`, [`resume`] | a whole run: config in, trained folder out; where a stopped one goes on |
//! | [`trainer`], [`plan`], [`trial`], [`progress`] | the one loop behind all learning, and what it remembers |
//! | [`event`] | what a run tells while it trains |
//! | [`task`], [`tasks`], [`step`] | a step, and the table of all tasks |
//! | [`supervised`], `rows` | learning from samples with targets; from rows of a table |
//! | [`batches`], [`input`], `row_input` | batches, and tensors of them |
//! | [`learner`], [`optimizer`], [`schedule`], [`gradients`], [`average`], [`precision`] | how weights change |
//! | [`cross_entropy`], [`class_weights`], [`adversarial_loss`] | losses |
//! | [`number`], [`scalars`], [`metrics`], [`calibration`], [`judge`] | results |
//! | [`state`], [`keeper`], `lines`, [`info`], [`pictures`] | what is kept |
//! | [`page`], [`board`] | what is seen: the page of a run, and its event file for TensorBoard |
//! | [`mod@export`], [`import`] | a trained network for other programs, and weights of theirs |
//! | [`mod@range_test`] | which learning rates a network learns with |
//! | [`transfer`] | the weights of another run, to start from |
//! | [`mod@inspect`] | what a network has learned, to be looked at |
//! | [`trained`], [`predict`], [`row_predict`], [`sampler`], [`evaluate`] | a trained network at work |
//! | [`summary`], [`layer_table`], `memory` | what is about to be trained, and whether it fits |
//! | [`backend`], [`adapters`], [`doctor`] | what computes, and whether it works |

#![forbid(unsafe_code)]

pub mod adapters;
pub mod average;
pub mod backend;
pub mod batches;
pub mod board;
mod cut;
pub mod error;
pub mod event;
pub mod gradients;
pub mod info;
pub mod job;
pub mod keeper;
pub mod layer_table;
pub mod learner;
mod lines;
pub mod memory;
pub mod number;
pub mod optimizer;
pub mod outputs;
pub mod page;
pub mod pictures;
pub mod plan;
pub mod precision;
pub mod progress;
pub mod range_test;
pub mod resume;
mod run;
pub mod scalars;
pub mod schedule;
mod session;
pub mod start;
pub mod state;
pub mod step;
pub mod summary;
pub mod task;
pub mod train;
pub mod trained;
pub mod trainer;
pub mod training;
pub mod trial;

pub use backend::Backend;
pub use error::TrainError;
pub use event::Event;
pub use hearth_report::Report;
pub use job::{Ended, Job, Outcome, Target, WeightsFile};
pub use range_test::{Range, RangeTest, range_test};
pub use task::Split;
pub use train::{train, train_on};
pub use trained::Which;
pub use training::{Opened, Opening, Registry, Training};
