//! What is seen: plots, pages and event files out of what a run knows. Nothing here trains, or knows of tensors.
//!
//! | module | is |
//! | --- | --- |
//! | [`report`] | the results of an evaluation, as data |
//! | [`metrics`] | what the lines of `metrics.jsonl` say |
//! | [`plot`] | curves, bars, points and matrices as SVG |
//! | [`page`] | a page: one HTML file that needs no network, for light and dark |
//! | [`run`] | the page of a run |
//! | [`compare`] | runs beside each other |
//! | [`Guess`] | a class with its probability |
//! | [`range`] | the loss against the learning rate |
//! | [`inspect`] | the page of what a network has learned |
//! | [`EventFile`] | what TensorBoard reads |
//! | [`fixed`] | numbers as they are shown |
//! | [`png`] | images as files |
//! | [`theme`] | the colours, and how they change in the dark |

#![forbid(unsafe_code)]

pub mod compare;
mod events;
pub mod inspect;
pub mod metrics;
mod number;
pub mod page;
pub mod plot;
mod png;
mod prediction;
pub mod range;
pub mod report;
pub mod run;
pub mod theme;
mod thinned;

pub use events::EventFile;
pub use number::fixed;
pub use png::png;
pub use prediction::Guess;
pub use report::{Report, text_table};
