//! Output on the terminal: results, messages, faults and the progress of training.
//!
//! | file | subject |
//! | --- | --- |
//! | `output` | results on standard output, messages on standard error |
//! | `show` | a fault with its place in the config |
//! | `progress` | lines, bars or the dashboard of a run in training |
//! | `data_lines` | a summary of the data |
//! | `dashboard` | the dashboard's state and drawing |
//! | `screen` | the terminal in the dashboard's hands |
//! | [`stop`] | requests to stop, by a signal or a key |
//! | `pace` | speed and remaining time |

mod dashboard;
mod data_lines;
mod output;
mod pace;
mod progress;
mod screen;
mod show;
pub mod stop;

pub use output::{csv, megabytes, print, print_json, report, say, several, thousands, write_file};
pub use progress::{ProgressDisplay, ProgressMode, duration};
