//! The networks: one file each.

mod classifier_network;
pub mod cnn;
pub mod dcgan;
pub mod lenet;
pub mod mlp;
pub mod mlp_gan;
pub mod resnet;

#[cfg(test)]
pub(crate) use classifier_network::{Row, Table};

pub(crate) use classifier_network::Network;
