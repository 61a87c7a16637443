//! The folders of runs and sweeps.
//!
//! | file | subject |
//! | --- | --- |
//! | `run` | the folder of a run |
//! | `sweep` | the folder of a sweep: the runs of one search |
//! | `lock` | one process at a time in a run |
//! | `metrics` | `metrics.jsonl` |
//! | `best` | `best.json` |

mod best;
mod lock;
mod metrics;
mod run;
mod sweep;

pub use best::Best;
pub use lock::RunLock;
pub use metrics::{MetricsLog, for_each_metric, read_metrics};
pub use run::{RunDir, runs_in};
pub use sweep::SweepDir;
