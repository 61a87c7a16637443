//! Samples of a trained generator.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::ModelConfig;
use hearth_config::seed::{Purpose, Stream};
use hearth_data::ImageShape;
use hearth_model::{ForwardContext, Gan, Generator, gan};
use hearth_train::backend::Backend;
use hearth_train::error::TrainError;
use hearth_train::learner::state::restore_module;
use hearth_train::run::loaded::{CheckpointSelector, LoadedRun};

use crate::latent::{LatentStream, latent};

/// Images in one forward pass.
const BATCH: usize = 500;

/// Batches that are read back from the device at once.
const READ: usize = 20;

/// The pixels of `count` images of a generator without differentiation, one after the other; each is
/// `[channels, height, width]`.
pub fn sample(
    generator: &Generator,
    latent_size: usize,
    (seed, stream): (u64, LatentStream),
    count: usize,
    device: &Device,
) -> Vec<u8> {
    let starts = (0..count).step_by(BATCH).enumerate();
    let batches = starts.map(|(index, start)| {
        let stream = Stream::new(seed, Purpose::Sample, stream as u64, index as u64);
        let batch_size = BATCH.min(count - start);
        forward(generator, latent(stream, [batch_size, latent_size], device))
    });
    to_bytes(batches)
}

/// Images `[batch, channels, height, width]` from -1 to 1 of latent vectors `[batch, latent]`.
fn forward(generator: &Generator, latent: Tensor<2>) -> Tensor<4> {
    generator.forward(latent, &mut ForwardContext::default())
}

/// The pixels of images from -1 to 1: `(value + 1) * 127.5`, rounded. Many batches are read back at once.
fn to_bytes(batches: impl Iterator<Item = Tensor<4>>) -> Vec<u8> {
    let (mut batches, mut bytes) = (batches.peekable(), Vec::new());
    while batches.peek().is_some() {
        let values = Tensor::cat(batches.by_ref().take(READ).collect(), 0).into_data();
        let values = values.try_into_vec::<f32>().expect("images are f32 on every backend here");
        bytes.extend(values.into_iter().map(|value| ((value + 1.0) * 127.5).round() as u8));
    }
    bytes
}

/// A trained generator.
#[derive(Debug)]
pub struct Sampler {
    trained: LoadedRun,
    pub(crate) generator: Generator,
    pub(crate) latent_size: usize,
    pub(crate) device: Device,
    shape: ImageShape,
}

impl Sampler {
    /// Loads the generator of a run's checkpoint, with the moving average of its weights where it keeps one. A run of
    /// a classifier is an error.
    pub fn open(
        path: &Path,
        which: CheckpointSelector,
        backend: Backend,
    ) -> Result<Self, TrainError> {
        let mut trained = LoadedRun::open(path, which)?;
        let ModelConfig::Gan(config) = &trained.config.model else {
            return Err(trained.is_not("a generator"));
        };
        let device = backend.device()?;
        let latent_size = gan::latent_size(config);
        let (dims, shape) = (trained.info.dims()?, trained.info.shape()?);
        let networks = Gan::new(config, dims, trained.config.run.seed, &device)?;
        let mut state = std::mem::take(&mut trained.state).take_under("model");
        let average = state.take_under("average");
        let weights = if average.is_empty() { state.take_under("generator") } else { average };
        let generator = restore_module(networks.generator, weights)?;
        Ok(Self { trained, generator, latent_size, device, shape })
    }

    /// The run and checkpoint of the generator.
    pub fn trained(&self) -> &LoadedRun {
        &self.trained
    }

    /// The shape of an image.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// The pixels of `count` images, one after the other; the same ones for the same seed.
    pub fn sample(&self, seed: u64, count: usize) -> Vec<u8> {
        sample(
            &self.generator,
            self.latent_size,
            (seed, LatentStream::Requested),
            count,
            &self.device,
        )
    }

    /// The size of a latent vector.
    pub fn latent_size(&self) -> usize {
        self.latent_size
    }

    /// The latent vectors of the first `count` images of [`Sampler::sample`], [`Sampler::latent_size`] values each; at
    /// most those of the first 500 images.
    pub fn numbers(&self, seed: u64, count: usize) -> Vec<f32> {
        let mut stream = Stream::new(seed, Purpose::Sample, LatentStream::Requested as u64, 0);
        let count = count.min(BATCH) * self.latent_size;
        (0..count).map(|_| stream.normal() as f32).collect()
    }

    /// The pixels of the images of these latent vectors, [`Sampler::latent_size`] values each.
    ///
    /// # Panics
    ///
    /// If the last latent vector is incomplete.
    pub fn draw(&self, numbers: &[f32]) -> Vec<u8> {
        assert!(numbers.len().is_multiple_of(self.latent_size), "whole latent vectors");
        let batches = numbers.chunks(BATCH * self.latent_size).map(|numbers| {
            let shape = [numbers.len() / self.latent_size, self.latent_size];
            let data = TensorData::new(numbers.to_vec(), shape);
            forward(&self.generator, Tensor::from_data(data, &self.device))
        });
        to_bytes(batches)
    }

    /// The pixels of `rows` interpolations of `steps` images each between two random latent vectors, along the arc
    /// between them (White 2016, section 2.1: a straight line would leave the region that training covers).
    pub fn interpolate(&self, seed: u64, rows: usize, steps: usize) -> Vec<u8> {
        let mut latents = Vec::new();
        for row in 0..rows {
            let mut stream =
                Stream::new(seed, Purpose::Sample, LatentStream::Requested as u64, row as u64);
            let mut vector = || (0..self.latent_size).map(|_| stream.normal()).collect::<Vec<_>>();
            let (from, to) = (vector(), vector());
            for step in 0..steps {
                let part = step as f64 / (steps.max(2) - 1) as f64;
                latents.extend(slerp(&from, &to, part));
            }
        }
        self.draw(&latents)
    }
}

/// Spherical linear interpolation between two vectors, at `part` of the way from 0 to 1.
fn slerp(from: &[f64], to: &[f64], part: f64) -> Vec<f32> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let angle = (dot(from, to) / (dot(from, from) * dot(to, to)).sqrt()).clamp(-1.0, 1.0).acos();
    let weights = if angle.sin() < 1e-6 {
        [1.0 - part, part]
    } else {
        [((1.0 - part) * angle).sin() / angle.sin(), (part * angle).sin() / angle.sin()]
    };
    let mixed = from.iter().zip(to).map(|(from, to)| weights[0] * from + weights[1] * to);
    mixed.map(|value| value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slerp_keeps_the_norm() {
        let (from, to) = ([2.0, 0.0], [0.0, 2.0]);
        let half = slerp(&from, &to, 0.5);
        assert!((half[0] - 2.0_f32.sqrt()).abs() < 1e-6 && (half[1] - 2.0_f32.sqrt()).abs() < 1e-6);
        assert_eq!(slerp(&from, &to, 0.0), [2.0, 0.0]);
        assert_eq!(slerp(&from, &from, 0.3), [2.0, 0.0], "no arc to go along");
    }
}
