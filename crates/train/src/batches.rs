//! The batches of each step, made ahead as long as steps follow one another.

use std::sync::Arc;

use hearth_data::{Batch, Loader, Prefetch};

/// Hands out the batches of each step.
pub struct Batches {
    loader: Arc<Loader>,
    per_step: usize,
    steps_per_epoch: u64,
    ahead: Option<(u64, Prefetch)>,
}

impl Batches {
    /// `per_step` batches for each step.
    pub fn new(loader: Loader, per_step: usize) -> Self {
        let steps_per_epoch = loader.batches_per_epoch().div_ceil(per_step) as u64;
        Self { loader: Arc::new(loader), per_step, steps_per_epoch, ahead: None }
    }

    /// Steps in one pass over the training set.
    pub fn steps_per_epoch(&self) -> u64 {
        self.steps_per_epoch
    }

    /// The batches of the step that follows `step` finished ones; fewer at the end of an epoch.
    pub fn of_step(&mut self, step: u64) -> Vec<Batch> {
        let (epoch, place) = (step / self.steps_per_epoch, step % self.steps_per_epoch);
        let first = place as usize * self.per_step;
        let count = self.per_step.min(self.loader.batches_per_epoch() - first);
        let mut prefetch = match self.ahead.take() {
            Some((next, prefetch)) if next == step => prefetch,
            _ => Prefetch::new(Arc::clone(&self.loader), epoch, first),
        };
        let batches = (0..count).map(|_| prefetch.next()).collect();
        self.ahead = Some((step + 1, prefetch));
        batches
    }

    /// The places in the training set of the images of that step.
    pub fn sources(&mut self, step: u64) -> Vec<u32> {
        self.of_step(step).into_iter().flat_map(|batch| batch.indices).collect()
    }

    /// Takes buffers back, to be filled again.
    pub fn recycle(&mut self, batches: Vec<Batch>) {
        if let Some((_, prefetch)) = &mut self.ahead {
            for batch in batches {
                prefetch.recycle(batch);
            }
        }
    }
}
