//! From a batch of bytes to a tensor.

use burn::tensor::{Device, Tensor, TensorData};
use hearth_data::{Batch, Normalization};

/// Makes pictures `[batch, channels, height, width]` of bytes, shifted and scaled per channel: to mean
/// 0 and variance 1, or as a task says.
#[derive(Clone, Debug)]
pub struct Input {
    /// `1 / (255 std)` of each channel.
    scale: Vec<f32>,
    /// `-mean / std` of each channel.
    shift: Vec<f32>,
}

impl Input {
    /// For pictures normalised by these statistics.
    pub fn new(normalization: &Normalization) -> Self {
        let pairs = normalization.mean.iter().zip(&normalization.std);
        let (scale, shift) =
            pairs.map(|(mean, std)| ((1.0 / (255.0 * std)) as f32, (-mean / std) as f32)).unzip();
        Self { scale, shift }
    }

    /// The batch as a tensor on `device`.
    pub fn tensor(&self, batch: &Batch, device: &Device) -> Tensor<4> {
        let shape = batch.shape;
        let dims = [batch.labels.len(), shape.channels, shape.height, shape.width];
        let area = shape.height * shape.width;
        let mut values = Vec::with_capacity(batch.pixels.len());
        for (plane, bytes) in batch.pixels.chunks_exact(area).enumerate() {
            let channel = plane % shape.channels;
            let (scale, shift) = (self.scale[channel], self.shift[channel]);
            values.extend(bytes.iter().map(|byte| f32::from(*byte) * scale + shift));
        }
        Tensor::from_data(TensorData::new(values, dims), device)
    }
}
