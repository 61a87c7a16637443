//! Samples that batches are filled from.

use hearth_config::seed::Stream;

/// Samples in memory, by their places.
pub trait Source: Send + Sync + 'static {
    /// Some samples in buffers that are used again.
    type Batch: Default + Send + 'static;

    /// How many samples there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes `batch` the samples at `places`, in this order; `random` is there in training, for random changes.
    ///
    /// # Panics
    /// When a place is not below `len()`.
    fn fill(&self, places: &[u32], random: Option<&mut Stream>, batch: &mut Self::Batch);
}
