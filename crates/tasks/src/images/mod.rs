//! Batches of images as tensors.

pub mod export;
mod words;

use burn::tensor::{Device, Int, Tensor, TensorData};
use hearth_config::Config;
use hearth_data::{Batch, Normalization, Subset};
use hearth_kernels::is_host;
use hearth_train::error::TrainError;

/// The normalisation of a classifier's images: `data.mean` and `data.std`, or the statistics of the training set. A
/// number of values that is neither 1 nor the number of channels is an error.
pub fn normalization(config: &Config, train: &Subset) -> Result<Normalization, TrainError> {
    let batches = &config.data().batches;
    let (Some(mean), Some(std)) = (&batches.mean, &batches.std) else {
        return Ok(Normalization::of(train));
    };
    let channels = train.source.shape.channels;
    let each = |key: &str, values: &[f64]| match values {
        [all] => Ok(vec![*all; channels]),
        values if values.len() == channels => Ok(values.to_vec()),
        values => Err(TrainError::Settings(format!(
            "data.{key} has {} numbers, and the images have {channels} channels: one number for each, or one for all",
            values.len()
        ))),
    };
    Ok(Normalization { mean: each("mean", mean)?, std: each("std", std)? })
}

/// Converts bytes to normalised images `[batch, channels, height, width]`: `(byte / 255 - mean) / std` for each channel.
#[derive(Clone, Debug)]
pub struct ImageInput {
    /// `1 / (255 std)` of each channel.
    scale: Vec<f32>,
    /// `-mean / std` of each channel.
    shift: Vec<f32>,
}

impl ImageInput {
    /// An input normalised by these statistics.
    pub fn new(normalization: &Normalization) -> Self {
        let pairs = normalization.mean.iter().zip(&normalization.std);
        let (scale, shift) =
            pairs.map(|(mean, std)| ((1.0 / (255.0 * std)) as f32, (-mean / std) as f32)).unzip();
        Self { scale, shift }
    }

    /// Clamps normalised images to the range of bytes; `plane` is height times width.
    pub fn clamp(&self, values: &mut [f32], plane: usize) {
        for (index, values) in values.chunks_exact_mut(plane).enumerate() {
            let (scale, shift) = self.of_plane(index);
            for value in values {
                *value = value.clamp(shift, 255.0 * scale + shift);
            }
        }
    }

    /// The bytes of normalised images, rounded and clamped; `plane` is height times width.
    pub fn bytes(&self, values: &[f32], plane: usize) -> Vec<u8> {
        let planes = values.chunks_exact(plane).enumerate();
        let bytes = planes.flat_map(|(index, values)| {
            let (scale, shift) = self.of_plane(index);
            values
                .iter()
                .map(move |value| ((value - shift) / scale).round().clamp(0.0, 255.0) as u8)
        });
        bytes.collect()
    }

    /// Scale and shift of the plane at `index` in a batch.
    fn of_plane(&self, index: usize) -> (f32, f32) {
        let channel = index % self.scale.len();
        (self.scale[channel], self.shift[channel])
    }

    /// A batch as a tensor `[batch, channels, height, width]` on `device`.
    pub fn tensor(&self, batch: &Batch, device: &Device) -> Tensor<4> {
        let shape = batch.shape;
        let dims = [batch.labels.len(), shape.channels, shape.height, shape.width];
        if is_host(device) {
            self.normalized_on_host(batch, dims, device)
        } else {
            self.normalized_on_device(batch, dims, device)
        }
    }

    /// Converts and normalises in one pass, which is fastest on a CPU.
    fn normalized_on_host(&self, batch: &Batch, dims: [usize; 4], device: &Device) -> Tensor<4> {
        let [.., height, width] = dims;
        let mut values = Vec::with_capacity(batch.pixels.len());
        for (plane, bytes) in batch.pixels.chunks_exact(height * width).enumerate() {
            let (scale, shift) = self.of_plane(plane);
            values.extend(bytes.iter().map(|byte| f32::from(*byte) * scale + shift));
        }
        Tensor::from_data(TensorData::new(values, dims), device)
    }

    /// Converts and normalises on the device. The bytes are sent four to a 32-bit integer, the smallest integer of
    /// shaders.
    fn normalized_on_device(&self, batch: &Batch, dims: [usize; 4], device: &Device) -> Tensor<4> {
        let words = batch.pixels.chunks(4).map(|bytes| {
            let mut word = [0; 4];
            word[..bytes.len()].copy_from_slice(bytes);
            i32::from_le_bytes(word)
        });
        let words: Vec<i32> = words.collect();
        let count = words.len();
        let (differentiates, device) = (device.is_autodiff(), device.clone().without_autodiff());
        let words = Tensor::<2, Int>::from_data(TensorData::new(words, [count, 1]), &device);
        let places = Tensor::<2, Int>::from_data([[0, 8, 16, 24]], &device);
        let words = words.expand([count, 4]);
        let bytes = words.bitwise_right_shift(places.expand([count, 4])).bitwise_and_scalar(255);
        let pixels: Tensor<1, Int> = bytes.flatten(0, 1);
        let pixels = pixels.narrow(0, 0, batch.pixels.len()).reshape(dims).float();
        let of_channels = |values: &[f32]| {
            let data = TensorData::new(values.to_vec(), [1, values.len(), 1, 1]);
            Tensor::<4>::from_data(data, &device)
        };
        let pixels = pixels * of_channels(&self.scale) + of_channels(&self.shift);
        if differentiates { Tensor::from_inner(pixels) } else { pixels }
    }
}

#[cfg(test)]
mod tests {
    use hearth_data::ImageShape;
    use hearth_train::Backend;

    use super::*;

    #[test]
    fn host_and_device_give_the_same_images() {
        let device = Backend::default().device().expect("a CPU");
        let shape = ImageShape { channels: 3, height: 1, width: 3 };
        let pixels: Vec<u8> = [0, 1, 127, 128, 200, 255].repeat(3);
        let batch = Batch { pixels, labels: vec![0; 2], indices: Vec::new(), shape };
        let input =
            ImageInput::new(&Normalization { mean: vec![0.1, 0.5, 0.9], std: vec![0.2, 0.5, 1.0] });
        let dims = [2, 3, 1, 3];
        let [host, other] = [ImageInput::normalized_on_host, ImageInput::normalized_on_device]
            .map(|normalized| normalized(&input, &batch, dims, &device).into_data());
        let floats = |data: &TensorData| data.as_slice::<f32>().expect("floats").to_vec();
        for (host, other) in floats(&host).into_iter().zip(floats(&other)) {
            assert!((host - other).abs() < 1e-5, "{host} is not {other}");
        }
        assert_eq!(host.shape(), other.shape());
        let mut values = floats(&host);
        assert_eq!(input.bytes(&values, 3), batch.pixels);
        values[0] = -1e9;
        values[17] = 1e9;
        input.clamp(&mut values, 3);
        assert_eq!(input.bytes(&values, 3), batch.pixels, "0 and 255 were the ends");
        // By hand: 0 in the first channel, and 255 in the last, which ends in an integer that is not full.
        let found = floats(&other);
        assert!((found[0] - -0.5).abs() < 1e-6 && (found[17] - 0.1).abs() < 1e-6, "{found:?}");
    }
}
