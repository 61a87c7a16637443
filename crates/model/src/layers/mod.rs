//! The layers that the networks share, on the kernels of [`hearth_kernels`].

mod activation;
mod attention;
mod batch_norm;
mod convolution;
mod dropout;
mod embedding;
mod gru;
mod layer_norm;
mod linear;
mod multi_head;
mod pooling;

pub use activation::{activate, split};
pub use attention::{AdditiveGru, DotAttention, Projection};
pub use batch_norm::{BatchNorm, ConvNorm};
pub use convolution::{ConvGeometry, Convolution};
pub use dropout::DropoutLayer;
pub use embedding::Embedding;
pub use gru::Gru;
pub use layer_norm::LayerNorm;
pub use linear::{apply_linear, linear, run_linear, run_sequence};
pub use multi_head::MultiHead;
pub use pooling::pool;
