//! A whole run: from a checked config to a folder with a trained network.
//!
//! | file | subject |
//! | --- | --- |
//! | [`job`] | the job of a run: settings, target, outcome |
//! | [`hooks`] | the functions of a kind of task that a training calls |
//! | [`mod@train`], `create`, `session` | data and task of a job; the run's folder; the session of one process |
//! | [`resume`] | the newest checkpoint of a stopped run |
//! | [`initial_weights`] | initial weights of another run or program |
//! | [`loaded`] | a checkpoint with its config and data, for evaluation and prediction |
//! | `data_notes` | warnings about the samples that `[data]` leaves |

mod create;
mod data_notes;
pub mod hooks;
pub mod initial_weights;
pub mod job;
pub mod loaded;
pub mod resume;
mod session;
pub mod train;
