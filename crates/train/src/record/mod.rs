//! The files of a run that training writes.
//!
//! | file | subject |
//! | --- | --- |
//! | [`recorder`], `lines` | the log, checkpoints and `best.json` |
//! | [`info`] | `run.json`: origin of the run, dataset, normalisation |
//! | `tokenizer` | `tokenizer.json` of a run on texts |
//! | [`page`] | `report.html`: the report page |
//! | [`board`] | the event file for TensorBoard |

pub mod board;
pub mod info;
pub(crate) mod lines;
pub mod page;
pub mod recorder;
mod tokenizer;
