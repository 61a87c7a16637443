//! What an export is checked on.

use std::path::Path;

use hearth_config::seed::{Purpose, Stream};
use hearth_data::Batch;

use super::SAMPLES;
use super::network::Network;
use crate::backend::Backend;
use crate::error::TrainError;
use crate::metrics::values;
use crate::sampler::{Use, latent};
use crate::trained::Trained;

/// Test pictures, or random numbers.
pub struct Samples {
    pub batch: Batch,
    pub latent: Vec<f32>,
    pub count: usize,
}

impl Samples {
    pub fn of(
        network: &Network,
        trained: &Trained,
        datasets: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Self, TrainError> {
        if network.latent > 0 {
            let stream = Stream::new(0, Purpose::Sample, Use::Asked as u64, 0);
            let device = Backend::default().device()?;
            let numbers = latent(stream, [SAMPLES, network.latent], &device);
            return Ok(Self { batch: Batch::default(), latent: values(numbers), count: SAMPLES });
        }
        let test = trained.images(datasets, notice)?.splits.test;
        let mut batch = Batch::default();
        let count = SAMPLES.min(test.len());
        test.fill(0..count, &mut batch);
        Ok(Self { batch, latent: Vec::new(), count })
    }

    /// As a graph takes them.
    pub fn numbers(&self) -> Vec<f32> {
        if self.latent.is_empty() {
            self.batch.pixels.iter().copied().map(f32::from).collect()
        } else {
            self.latent.clone()
        }
    }
}
