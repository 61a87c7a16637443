//! The batches of each step, made ahead as long as steps follow one another.

use std::ops::Range;
use std::sync::Arc;

use hearth_data::{Examples, Loader, Prefetch, Source};

/// Hands out the batches of each step.
pub struct Batches<S: Source = Examples> {
    loader: Arc<Loader<S>>,
    per_step: usize,
    steps_per_epoch: u64,
    ahead: Option<(u64, Prefetch<S>)>,
}

impl<S: Source> Batches<S> {
    /// `per_step` batches for each step.
    pub fn new(loader: Loader<S>, per_step: usize) -> Self {
        let steps_per_epoch = loader.batches_per_epoch().div_ceil(per_step) as u64;
        Self { loader: Arc::new(loader), per_step, steps_per_epoch, ahead: None }
    }

    /// Steps in one pass over the training set.
    pub fn steps_per_epoch(&self) -> u64 {
        self.steps_per_epoch
    }

    /// The batches of the step that follows `step` finished ones; fewer at the end of an epoch.
    pub fn of_step(&mut self, step: u64) -> Vec<S::Batch> {
        let (epoch, batches) = self.place_of(step);
        let first = batches.start;
        let mut prefetch = match self.ahead.take() {
            Some((next, prefetch)) if next == step => prefetch,
            _ => Prefetch::new(Arc::clone(&self.loader), epoch, first),
        };
        let batches = batches.map(|_| prefetch.next()).collect();
        self.ahead = Some((step + 1, prefetch));
        batches
    }

    /// The epoch of a step, and its batches in it.
    fn place_of(&self, step: u64) -> (u64, Range<usize>) {
        let (epoch, place) = (step / self.steps_per_epoch, step % self.steps_per_epoch);
        let first = place as usize * self.per_step;
        (epoch, first..self.loader.batches_per_epoch().min(first + self.per_step))
    }

    /// The places in the training set of the samples of that step.
    pub fn sources(&self, step: u64) -> Vec<u32> {
        let (epoch, batches) = self.place_of(step);
        let order = self.loader.order(epoch);
        batches.flat_map(|index| self.loader.indices(&order, index).to_vec()).collect()
    }

    /// Takes buffers back, to be filled again.
    pub fn recycle(&mut self, batches: Vec<S::Batch>) {
        if let Some((_, prefetch)) = &mut self.ahead {
            for batch in batches {
                prefetch.recycle(batch);
            }
        }
    }
}
