//! Reports: plots, HTML pages and event files of runs; and the types of a prediction. This crate neither trains nor knows
//! tensors.
//!
//! | module | subject |
//! | --- | --- |
//! | [`report`] | the results of an evaluation, as data, text and HTML |
//! | [`metrics`] | the curves and notes in `metrics.jsonl` |
//! | [`plot`] | curves, bars, points and matrices as SVG |
//! | [`page`] | parts of a page: one HTML file without external resources |
//! | [`run`] | the page of a run |
//! | [`compare`] | the page that compares runs |
//! | [`Predictor`], [`Schema`], [`Input`], [`Output`], [`Guess`] | predictions of any model, and the form of its inputs and outputs |
//! | [`range`] | the page of a learning rate range test |
//! | [`inspect`] | the page of a network's features, probes and saliency, or of a translator's attention |
//! | [`EventFile`] | an event file of TensorBoard |
//! | [`fixed`], [`shown_tokens`] | numbers and tokens as text |
//! | [`png`] | images as PNG files |
//! | [`theme`] | the colours, in light and dark mode |

#![forbid(unsafe_code)]

mod attention;
mod downsampled;
mod events;
pub mod metrics;
mod number;
pub mod page;
mod pages;
pub mod plot;
mod png;
mod prediction;
pub mod report;
pub mod theme;

pub use attention::shown_tokens;
pub use events::EventFile;
pub use number::fixed;
pub use pages::{compare, inspect, range, run};
pub use png::png;
pub use prediction::{
    Alignment, Guess, Input, InputSchema, Output, OutputSchema, Predictor, Schema, TextInput,
    Translation,
};
pub use report::{Report, text_table};
