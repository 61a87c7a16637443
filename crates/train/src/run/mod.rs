//! A whole run: from a checked config to a folder with a trained network.
//!
//! | file | subject |
//! | --- | --- |
//! | [`job`] | the job of a run: settings, target, outcome |
//! | [`training`] | the registry entry of a kind of task |
//! | [`mod@train`], `begin`, `session` | data and task of a job; the run's folder; the session of one process |
//! | [`resume`] | the newest checkpoint of a stopped run |
//! | [`start`] | initial weights of another run or program |
//! | [`trained`] | a checkpoint with its config and data, for evaluation and prediction |
//! | `data_notes` | warnings about the samples that `[data]` leaves |

mod begin;
mod data_notes;
pub mod job;
pub mod resume;
mod session;
pub mod start;
pub mod train;
pub mod trained;
pub mod training;
