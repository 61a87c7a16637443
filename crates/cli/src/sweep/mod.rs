//! The search for good settings: many runs, and which of them is best.
//!
//! | file | subject |
//! | --- | --- |
//! | `axis` | what a setting takes: values or a range |
//! | `trials` | which combinations are tried |
//! | `record` | `sweep.json`: what is searched |
//! | `crew` | the processes that train, and the signals that end them |
//! | `ranking` | the trials' results, the best first |

mod axis;
mod crew;
mod ranking;
mod record;
mod trials;

pub use axis::Axis;
pub use crew::{Crew, Ended, spawn};
pub use ranking::{Ranking, State};
pub use record::{Again, Random, Record};
pub use trials::{drawn, grid};
