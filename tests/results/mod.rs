//! Results of a run: predictions, generated images, reports, comparisons and inspection.

mod compare;
mod generate;
mod inspect;
mod predict;
mod report;
#[cfg(feature = "serve")]
mod texts;
