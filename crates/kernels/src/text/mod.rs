//! The operations of text models, on matrices in row-major order.

pub mod embedding;
