//! The tasks (classification, regression, adversarial generation, translation, control), and their registry.
//!
//! | folder or file | subject |
//! | --- | --- |
//! | [`registry`], [`entry`] | the table of all tasks, for training, evaluation, prediction and export |
//! | `predictor` | opening of predictors, from runs and exports |
//! | [`classify`] | classification of images and rows: cross-entropy, accuracy, the predictor for images |
//! | [`regress`] | regression of a number from a row of a table |
//! | [`generate`] | generation of images by an adversarial pair, and its samples |
//! | [`control`] | control of an environment by an agent, by proximal policy optimisation |
//! | [`translate`] | translation of a sequence of tokens, by teacher forcing and beam search |
//! | [`features`] | evaluation of generated images on a classifier's features |
//! | [`latent`] | latent vectors of a generator |
//! | [`one_network`] | training of one network by one loss |
//! | [`supervised`] | training on samples with targets, generic over the loss |
//! | [`images`], [`rows`] | samples as tensors, and inputs and outputs of exported networks |
//! | [`mod@inspect`] | filters, saliency, embeddings and linear probes of a classifier; attention of a translator |
//! | [`doctor`] | a check that a backend learns |

#![forbid(unsafe_code)]

pub mod classify;
pub mod control;
pub mod doctor;
pub mod entry;
pub mod features;
pub mod generate;
pub mod images;
pub mod inspect;
pub mod latent;
pub mod one_network;
mod predictor;
pub mod registry;
pub mod regress;
pub mod rows;
pub mod supervised;
#[cfg(test)]
mod tests;
pub mod translate;

pub use classify::predict::ImagePredictor;
pub use control::player::AgentPlayer;
pub use control::worlds::register_environment;
pub use entry::Evaluation;
pub use generate::sampler::Sampler;
pub use image;
pub use inspect::{Findings, Inspected, Inspection, inspect};
pub use registry::{evaluate_run, export, open_predictor, range_test, train};
pub use rows::predict::RowPredictor;
pub use translate::predict::TextPredictor;
