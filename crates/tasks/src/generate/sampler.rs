//! A trained generator at work.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::ModelConfig;
use hearth_config::seed::{Purpose, Stream};
use hearth_data::PictureShape;
use hearth_model::{ForwardContext, Gan, Generator, gan};

use crate::latent::{Use, latent};
use hearth_train::backend::Backend;
use hearth_train::error::TrainError;
use hearth_train::learner::state::restore_module;
use hearth_train::run::trained::{CheckpointSelector, Trained};

/// Pictures that are made in one pass.
const BATCH: usize = 500;

/// Batches that gather on the device before they are read.
const READ: usize = 20;

/// `count` pictures of a generator without differentiation, one after the other; each is
/// `[channels, height, width]`.
pub fn sample(
    generator: &Generator,
    latent_size: usize,
    (seed, purpose): (u64, Use),
    count: usize,
    device: &Device,
) -> Vec<u8> {
    let starts = (0..count).step_by(BATCH).enumerate();
    let batches = starts.map(|(index, start)| {
        let stream = Stream::new(seed, Purpose::Sample, purpose as u64, index as u64);
        let rows = BATCH.min(count - start);
        pictures(generator, latent(stream, [rows, latent_size], device))
    });
    bytes(batches)
}

/// What the generator makes of these numbers, from -1 to 1.
fn pictures(generator: &Generator, latent: Tensor<2>) -> Tensor<4> {
    generator.forward(latent, &mut ForwardContext::default())
}

/// Pictures from -1 to 1 as bytes; many batches are read at once.
fn bytes(batches: impl Iterator<Item = Tensor<4>>) -> Vec<u8> {
    let (mut batches, mut bytes) = (batches.peekable(), Vec::new());
    while batches.peek().is_some() {
        let made = Tensor::cat(batches.by_ref().take(READ).collect(), 0).into_data();
        let made = made.try_into_vec::<f32>().expect("pictures are f32 on every backend here");
        bytes.extend(made.into_iter().map(|value| ((value + 1.0) * 127.5).round() as u8));
    }
    bytes
}

/// A trained generator.
#[derive(Debug)]
pub struct Sampler {
    trained: Trained,
    pub(crate) generator: Generator,
    pub(crate) latent_size: usize,
    pub(crate) device: Device,
    shape: PictureShape,
}

impl Sampler {
    /// Loads a run's checkpoint: the average of its generator's weights, where it keeps one.
    pub fn open(
        path: &Path,
        which: CheckpointSelector,
        backend: Backend,
    ) -> Result<Self, TrainError> {
        let mut trained = Trained::open(path, which)?;
        let ModelConfig::Gan(config) = &trained.config.model else {
            let help = "it names the classes of pictures, by `hearth predict`";
            return Err(trained.is_not("a generator", help));
        };
        let device = backend.device()?;
        let latent_size = gan::latent_size(config);
        let (dims, shape) = (trained.info.dims()?, trained.info.shape()?);
        let networks = Gan::new(config, dims, trained.config.run.seed, &device)?;
        let mut state = std::mem::take(&mut trained.state).take_under("model");
        let average = state.take_under("average");
        let numbers = if average.is_empty() { state.take_under("generator") } else { average };
        let generator = restore_module(networks.generator, numbers)?;
        Ok(Self { trained, generator, latent_size, device, shape })
    }

    /// Where it comes from.
    pub fn trained(&self) -> &Trained {
        &self.trained
    }

    /// The size of its pictures.
    pub fn shape(&self) -> PictureShape {
        self.shape
    }

    /// `count` pictures, one after the other; the same ones for the same seed.
    pub fn sample(&self, seed: u64, count: usize) -> Vec<u8> {
        sample(&self.generator, self.latent_size, (seed, Use::Asked), count, &self.device)
    }

    /// How many random numbers a picture is made from.
    pub fn latent_size(&self) -> usize {
        self.latent_size
    }

    /// The random numbers of the first pictures of [`Sampler::sample`], `count` times
    /// [`Sampler::latent_size`] of them; at most 500 pictures' are known.
    pub fn numbers(&self, seed: u64, count: usize) -> Vec<f32> {
        let mut stream = Stream::new(seed, Purpose::Sample, Use::Asked as u64, 0);
        let count = count.min(BATCH) * self.latent_size;
        (0..count).map(|_| stream.normal() as f32).collect()
    }

    /// What the generator makes of these numbers, [`Sampler::latent_size`] for each picture.
    ///
    /// # Panics
    ///
    /// When a picture's numbers are incomplete.
    pub fn draw(&self, numbers: &[f32]) -> Vec<u8> {
        assert!(numbers.len().is_multiple_of(self.latent_size), "whole places");
        let batches = numbers.chunks(BATCH * self.latent_size).map(|numbers| {
            let shape = [numbers.len() / self.latent_size, self.latent_size];
            let data = TensorData::new(numbers.to_vec(), shape);
            pictures(&self.generator, Tensor::from_data(data, &self.device))
        });
        bytes(batches)
    }

    /// `rows` walks of `steps` pictures each from one random place to another, on the arc between
    /// them (White 2016, section 2.1: a straight line would leave the places that were learned).
    pub fn interpolate(&self, seed: u64, rows: usize, steps: usize) -> Vec<u8> {
        let mut numbers = Vec::new();
        for row in 0..rows {
            let mut stream = Stream::new(seed, Purpose::Sample, Use::Asked as u64, row as u64);
            let mut place = || (0..self.latent_size).map(|_| stream.normal()).collect::<Vec<_>>();
            let (from, to) = (place(), place());
            for step in 0..steps {
                let part = step as f64 / (steps.max(2) - 1) as f64;
                numbers.extend(on_arc(&from, &to, part));
            }
        }
        self.draw(&numbers)
    }
}

/// The place at `part` of the way on the arc between two places.
fn on_arc(from: &[f64], to: &[f64], part: f64) -> Vec<f32> {
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
    fn the_arc_keeps_the_distance_from_the_middle() {
        let (from, to) = ([2.0, 0.0], [0.0, 2.0]);
        let half = on_arc(&from, &to, 0.5);
        assert!((half[0] - 2.0_f32.sqrt()).abs() < 1e-6 && (half[1] - 2.0_f32.sqrt()).abs() < 1e-6);
        assert_eq!(on_arc(&from, &to, 0.0), [2.0, 0.0]);
        assert_eq!(on_arc(&from, &from, 0.3), [2.0, 0.0], "no arc to go along");
    }
}
