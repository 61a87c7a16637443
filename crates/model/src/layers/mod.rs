//! The layers that the networks share, on the kernels of [`hearth_kernels`].

mod activation;
mod batch_norm;
mod convolution;
mod dropout;
mod linear;
mod pooling;

pub use activation::{activate, split};
pub use batch_norm::{BatchNorm, ConvNorm};
pub use convolution::{ConvGeometry, Convolution};
pub use dropout::DropoutLayer;
pub use linear::{apply_linear, linear, run_linear};
pub use pooling::pool;
