//! Samples of any kind, and subsets that share them without a copy.

use std::ops::Range;
use std::sync::Arc;

use hearth_config::seed::Stream;

use super::examples::Examples;

/// Samples of one kind, such as images or rows of a table.
pub trait Source: Send + Sync + 'static {
    /// A batch of samples in contiguous buffers, ready to become tensors.
    type Batch: Default + Send + 'static;

    /// Number of samples.
    fn len(&self) -> usize;

    /// True if there is no sample.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `batch` with the samples at `indices`, in this order, and reuses its buffers. `random` is given in
    /// training only, for augmentation.
    ///
    /// # Panics
    /// If an index is not below `len()`.
    fn fill(&self, indices: &[u32], random: Option<&mut Stream>, batch: &mut Self::Batch);

    /// The order of the samples at `indices` in an epoch, which batches of `batch_size` are cut from; the last batch may
    /// be smaller. By default, every order is equally likely.
    fn order(&self, indices: &[u32], _batch_size: usize, random: &mut Stream) -> Vec<u32> {
        let mut order = indices.to_vec();
        random.shuffle(&mut order);
        order
    }
}

/// A subset of a source, by sample indices.
#[derive(Debug)]
pub struct Subset<S = Examples> {
    /// The source of the samples.
    pub source: Arc<S>,
    /// `[count]`: sample indices in the source, ascending.
    pub indices: Arc<[u32]>,
}

// A derived `Clone` would demand `S: Clone`.
impl<S> Clone for Subset<S> {
    fn clone(&self) -> Self {
        Self { source: Arc::clone(&self.source), indices: Arc::clone(&self.indices) }
    }
}

impl<S: Source> Subset<S> {
    /// Every sample of a source.
    pub fn all(source: Arc<S>) -> Self {
        let indices = (0..source.len() as u32).collect();
        Self { source, indices }
    }

    /// Fills `batch` with the samples of `range`, in stored order and without augmentation: for evaluation.
    ///
    /// # Panics
    /// If `range` ends beyond `len()`.
    pub fn fill(&self, range: Range<usize>, batch: &mut S::Batch) {
        self.source.fill(&self.indices[range], None, batch);
    }
}

impl<S> Subset<S> {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// True if there is no sample.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }
}

/// Training, validation and test split of a dataset. They are disjoint, unless `data.overfit_batches` makes the
/// validation set equal to the training set.
#[derive(Debug)]
pub struct Splits<S = Examples> {
    /// Training samples.
    pub train: Subset<S>,
    /// Validation samples, which the best checkpoint is chosen by: held out of the training set, unless the dataset
    /// has a validation set of its own.
    pub valid: Subset<S>,
    /// Test samples: only for the final report.
    pub test: Subset<S>,
}

impl<S> Clone for Splits<S> {
    fn clone(&self) -> Self {
        let Self { train, valid, test } = self;
        Self { train: train.clone(), valid: valid.clone(), test: test.clone() }
    }
}

impl<S> Splits<S> {
    /// Counts of training, validation and test samples.
    pub fn counts(&self) -> [usize; 3] {
        [&self.train, &self.valid, &self.test].map(Subset::len)
    }
}
