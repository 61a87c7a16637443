//! The networks, one file each: the paper, the table of stages, the forward pass and the list of layers.
//!
//! A forward pass calls fused kernels and cannot be read back as a graph, so each network has `layers` beside it, from
//! which exports are generated; `tests/export.rs` runs the exports of every network and compares their outputs with the
//! forward pass.

pub mod actor_critic;
mod classifier_network;
pub mod cnn;
pub mod dcgan;
pub mod lenet;
pub mod mlp;
pub mod mlp_gan;
pub mod resnet;
pub mod seq2seq;
#[cfg(test)]
mod stage_table;
pub mod transformer;

pub(crate) use classifier_network::ClassifierNetwork;
#[cfg(test)]
pub(crate) use stage_table::{Stage, StageTable, Stages, assert_documented, assert_stages};
