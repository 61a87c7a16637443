//! Samples of any kind, and choices among them that copy none.

use std::ops::Range;
use std::sync::Arc;

use hearth_config::seed::Stream;

use crate::images::Examples;

/// Samples of one kind, from which batches are made: images, rows of a table.
pub trait Source: Send + Sync + 'static {
    /// Some samples in one buffer, ready to become a tensor.
    type Batch: Default + Send + 'static;

    /// The number of samples.
    fn len(&self) -> usize;

    /// No sample at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes `batch` the samples at `places`, in this order; its buffers are used again. In training there are
    /// `random` numbers, for random changes.
    ///
    /// # Panics
    /// When a place is not below `len()`.
    fn fill(&self, places: &[u32], random: Option<&mut Stream>, batch: &mut Self::Batch);
}

/// Some samples of a source, by their places in it.
#[derive(Debug)]
pub struct Subset<S = Examples> {
    /// The source that the places refer to.
    pub source: Arc<S>,
    /// `[count]`: places in the source, ascending.
    pub indices: Arc<[u32]>,
}

// Without asking that the source can be copied.
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

    /// Makes `batch` the samples of `range`, in stored order, unchanged: for evaluation.
    ///
    /// # Panics
    /// When `range` ends beyond `len()`.
    pub fn fill(&self, range: Range<usize>, batch: &mut S::Batch) {
        self.source.fill(&self.indices[range], None, batch);
    }
}

impl<S> Subset<S> {
    /// The number of samples.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// No sample at all.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }
}

/// The three parts of a data set. They have no sample in common, unless a few are learned by heart.
#[derive(Debug)]
pub struct Splits<S = Examples> {
    /// The samples that are learned from.
    pub train: Subset<S>,
    /// The samples that progress is measured on and the best checkpoint chosen by: cut from the training set,
    /// unless the data set has some of its own.
    pub valid: Subset<S>,
    /// The samples of the final report, and of nothing else.
    pub test: Subset<S>,
}

impl<S> Clone for Splits<S> {
    fn clone(&self) -> Self {
        let Self { train, valid, test } = self;
        Self { train: train.clone(), valid: valid.clone(), test: test.clone() }
    }
}

impl<S> Splits<S> {
    /// The numbers of training, validation and test samples.
    pub fn counts(&self) -> [usize; 3] {
        [&self.train, &self.valid, &self.test].map(Subset::len)
    }
}
