//! Fast convolution, pooling and batch normalisation on the CPU for Burn.
//!
//! ...

#[macro_use]
mod compute;
mod blocks;
pub mod conv;
mod extension;
pub mod float;
mod functions;
mod host;
mod norm;
mod patches;
mod pool;
pub mod view;

pub use functions::*;
