//! The layers that the networks share, on the kernels of [`hearth_kernels`].

mod activation;
mod attention;
mod batch_norm;
mod convolution;
mod dropout;
mod embedding;
mod gru;
mod linear;
mod pooling;

pub use activation::{activate, split};
pub use attention::{AdditiveGru, DotAttention, Projection};
pub use batch_norm::{BatchNorm, ConvNorm};
pub use convolution::{ConvGeometry, Convolution};
pub use dropout::DropoutLayer;
pub use embedding::Embedding;
pub use gru::Gru;
pub use linear::{apply_linear, linear, run_linear, run_sequence};
pub use pooling::pool;
