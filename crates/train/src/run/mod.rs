//! A whole run: from a checked config to a folder with a trained network.
//!
//! | file | subject |
//! | --- | --- |
//! | [`job`] | the settings of a run, where it is kept, and its outcome |
//! | [`training`] | a kind of task, as the trainer takes it |
//! | [`mod@train`], `begin`, `session` | data and task of a job; its folder; its part in one process |
//! | [`resume`] | the newest checkpoint of a stopped run |
//! | [`start`] | weights of another run or program |
//! | [`trained`] | a checkpoint, put to work |
//! | `data_notes` | warnings about the data that `[data]` leaves |

mod begin;
mod data_notes;
pub mod job;
pub mod resume;
mod session;
pub mod start;
pub mod train;
pub mod trained;
pub mod training;
