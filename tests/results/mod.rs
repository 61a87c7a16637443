//! Results of a run: predictions, generated images, reports, comparisons and inspection.

mod agents;
mod compare;
mod generate;
mod inspect;
mod predict;
mod report;
#[cfg(feature = "serve")]
mod texts;
