//! The operations of text models, on matrices in row-major order.

pub mod cross_entropy;
pub mod embedding;
pub mod layer_norm;
