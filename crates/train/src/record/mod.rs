//! The record of a run in its folder.
//!
//! | file | subject |
//! | --- | --- |
//! | [`recorder`], `lines` | the log and the checkpoints |
//! | [`info`] | `run.json` |
//! | [`page`] | `report.html` |
//! | [`board`] | the event file for TensorBoard |

pub mod board;
pub mod info;
pub(crate) mod lines;
pub mod page;
pub mod recorder;
