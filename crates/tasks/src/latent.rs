//! Latent vectors of a generator.

use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::seed::Stream;

/// The random stream that latent vectors are drawn from, one for each use of generated images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum LatentStream {
    /// Grids of samples during training, always of the same latent vectors.
    Grid = 1,
    /// Evaluation against training images.
    Valid = 2,
    /// Evaluation against test images.
    Test = 3,
    /// Images that a user requests.
    Requested = 4,
}

/// Latent vectors `[batch, latent]` of standard normal values.
pub fn latent(mut stream: Stream, shape: [usize; 2], device: &Device) -> Tensor<2> {
    let values: Vec<f32> = (0..shape[0] * shape[1]).map(|_| stream.normal() as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}
