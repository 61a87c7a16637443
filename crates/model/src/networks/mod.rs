//! The networks, one file each: the paper, the table of stages, the forward pass and the list of layers.

mod classifier_network;
pub mod cnn;
pub mod dcgan;
pub mod lenet;
pub mod mlp;
pub mod mlp_gan;
pub mod resnet;

#[cfg(test)]
pub(crate) use classifier_network::{StageTable, Stages};

pub(crate) use classifier_network::ClassifierNetwork;
