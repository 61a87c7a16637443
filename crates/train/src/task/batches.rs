//! The batches of each step, prefetched as long as steps follow one another.

use std::ops::Range;
use std::sync::Arc;

use hearth_data::{Examples, Loader, Prefetch, Source};

/// The batches of each step, counted from 0: several with gradient accumulation or with several discriminator steps.
pub struct Batches<S: Source = Examples> {
    loader: Arc<Loader<S>>,
    per_step: usize,
    steps_per_epoch: u64,
    /// The step that the prefetch is ready for, and the prefetch.
    ahead: Option<(u64, Prefetch<S>)>,
}

impl<S: Source> Batches<S> {
    /// Batches of `loader`, `per_step` of them for each step: gradient accumulation, or discriminator steps.
    pub fn new(loader: Loader<S>, per_step: usize) -> Self {
        let steps_per_epoch = loader.batches_per_epoch().div_ceil(per_step) as u64;
        Self { loader: Arc::new(loader), per_step, steps_per_epoch, ahead: None }
    }

    /// Steps in one epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        self.steps_per_epoch
    }

    /// The batches of step `step`, counted from 0; fewer at the end of an epoch.
    pub fn of_step(&mut self, step: u64) -> Vec<S::Batch> {
        let (epoch, batches) = self.position(step);
        let first = batches.start;
        let mut prefetch = match self.ahead.take() {
            Some((next, prefetch)) if next == step => prefetch,
            _ => Prefetch::new(Arc::clone(&self.loader), epoch, first),
        };
        let batches = batches.map(|_| prefetch.next()).collect();
        self.ahead = Some((step + 1, prefetch));
        batches
    }

    /// The epoch of step `step`, counted from 0, and the range of its batches in that epoch.
    fn position(&self, step: u64) -> (u64, Range<usize>) {
        let (epoch, step_in_epoch) = (step / self.steps_per_epoch, step % self.steps_per_epoch);
        let first = step_in_epoch as usize * self.per_step;
        (epoch, first..self.loader.batches_per_epoch().min(first + self.per_step))
    }

    /// Indices into the training set of the samples of step `step`, counted from 0, one per sample.
    pub fn sources(&self, step: u64) -> Vec<u32> {
        let (epoch, batches) = self.position(step);
        let order = self.loader.order(epoch);
        batches.flat_map(|index| self.loader.indices(&order, index).to_vec()).collect()
    }

    /// Returns the buffers of used batches for reuse.
    pub fn recycle(&mut self, batches: Vec<S::Batch>) {
        if let Some((_, prefetch)) = &mut self.ahead {
            for batch in batches {
                prefetch.recycle(batch);
            }
        }
    }
}
