//! How it is learned: the trainer, the tasks, optimisers, metrics and prediction.
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
pub mod adversarial_loss;
pub mod average;
pub mod backend;
pub mod batches;
pub mod board;
pub mod calibration;
pub mod class_weights;
pub mod cross_entropy;
mod cut;
pub mod doctor;
pub mod error;
pub mod evaluate;
pub mod event;
pub mod export;
pub mod gradients;
pub mod import;
pub mod info;
pub mod input;
pub mod inspect;
pub mod job;
pub mod judge;
pub mod keeper;
pub mod layer_table;
pub mod learner;
mod leg;
mod lines;
mod memory;
pub mod metrics;
pub mod number;
pub mod optimizer;
pub mod page;
pub mod pictures;
pub mod plan;
pub mod precision;
pub mod predict;
pub mod progress;
pub mod range_test;
pub mod resume;
mod row_input;
pub mod row_predict;
mod rows;
mod run;
pub mod sampler;
pub mod scalars;
pub mod schedule;
pub mod state;
pub mod step;
pub mod summary;
pub mod supervised;
pub mod task;
pub mod tasks;
pub mod train;
pub mod trained;
pub mod trainer;
pub mod transfer;
pub mod trial;

pub use backend::Backend;
pub use error::TrainError;
pub use evaluate::{Evaluation, evaluate_run};
pub use event::Event;
pub use export::{Export, Format, Part, export};
pub use hearth_report::Report;
pub use image;
pub use inspect::{Inspected, Inspection, inspect};
pub use job::{Ended, Job, Outcome, Target, WeightsFile};
pub use predict::{Guess, Predictor};
pub use range_test::{Range, RangeTest, range_test};
pub use sampler::Sampler;
pub use task::Split;
pub use train::train;
pub use trained::Which;
