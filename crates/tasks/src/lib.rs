//! The tasks: one folder for each, and the registry of all of them.
//!
//! | folder or file | subject |
//! | --- | --- |
//! | [`registry`], [`kind`] | the table of all tasks; training, evaluating and exporting through it |
//! | [`classify`] | classes of images and rows: cross-entropy, accuracy, the predictor |
//! | [`regress`] | a number, predicted from the row of a table |
//! | [`generate`] | images like those of the data: an adversarial pair, its samples |
//! | [`features`] | a classifier's features as a measure of generated images |
//! | [`latent`] | latent vectors of a generator |
//! | [`supervised`] | training by samples with targets, whatever the loss |
//! | [`images`], [`rows`] | samples as tensors, and the inputs of exported networks |
//! | [`inspect`] | filters, saliency, embeddings and probes of a trained classifier |
//! | [`doctor`] | two steps that show that a backend learns |

#![forbid(unsafe_code)]

pub mod classify;
pub mod doctor;
pub mod features;
pub mod generate;
pub mod images;
pub mod inspect;
pub mod kind;
pub mod latent;
pub mod registry;
pub mod regress;
pub mod rows;
pub mod supervised;
#[cfg(test)]
mod tests;

pub use classify::predict::Predictor;
pub use generate::sampler::Sampler;
pub use hearth_report::Guess;
pub use image;
pub use inspect::{Inspected, Inspection, inspect};
pub use kind::Evaluation;
pub use registry::{evaluate_run, export, is_on_table, range_test, train};
pub use rows::predict::{RowPrediction, RowPredictor};
