//! Latent vectors of a generator.

use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::seed::Stream;

/// The use of generated images: each draws from streams of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Use {
    /// Grids of samples, always of the same latent vectors.
    Fixed = 1,
    /// A measure beside training images.
    Valid = 2,
    /// A measure beside test images.
    Test = 3,
    /// Images that a user asks for.
    Asked = 4,
}

/// Standard normal numbers `[rows, latent]`.
pub fn latent(mut stream: Stream, shape: [usize; 2], device: &Device) -> Tensor<2> {
    let numbers: Vec<f32> = (0..shape[0] * shape[1]).map(|_| stream.normal() as f32).collect();
    Tensor::from_data(TensorData::new(numbers, shape), device)
}
