//! Hyperparameter search: many runs, ranked.
//!
//! | file | subject |
//! | --- | --- |
//! | `axis` | the values of a setting: a list or a range |
//! | `trials` | grid and random combinations |
//! | `record` | `sweep.json`: the search space and its trials |
//! | `pool` | worker processes, and the signals that stop them |
//! | `ranking` | the trials' results, the best first |

mod axis;
mod pool;
mod ranking;
mod record;
mod trials;

pub use axis::SweepAxis;
pub use pool::{FinishedWorker, WorkerPool, spawn};
pub use ranking::{Ranking, TrialState};
pub use record::{RandomSearch, Record, ResumeRequest};
pub use trials::{grid, random};
