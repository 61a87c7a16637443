//! Lengths of padded sequences.

use std::sync::Arc;

/// The length of each sequence of a padded batch, on the host: steps at or beyond it are padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lengths(Arc<[u32]>);

impl Lengths {
    /// The lengths of a batch's sequences.
    pub fn new(lengths: impl Into<Arc<[u32]>>) -> Self {
        Self(lengths.into())
    }

    /// A batch without padding: sequences of `steps` steps.
    pub fn full(batch: usize, steps: usize) -> Self {
        Self(vec![steps as u32; batch].into())
    }

    /// The lengths.
    pub fn as_slice(&self) -> &[u32] {
        &self.0
    }

    /// The number of steps in all sequences, without padding.
    pub fn total(&self) -> usize {
        self.0.iter().map(|length| *length as usize).sum()
    }

    /// The length of a sequence, in steps.
    pub(crate) fn of(&self, row: usize) -> usize {
        self.0[row] as usize
    }

    /// # Panics
    ///
    /// If there is not one length of at most `steps` for each sequence of a batch.
    pub(crate) fn check(&self, batch: usize, steps: usize) {
        assert_eq!(self.0.len(), batch, "one length for each sequence of the batch");
        let longest = self.0.iter().max().map_or(0, |longest| *longest as usize);
        assert!(longest <= steps, "a length of {longest} in sequences of {steps} steps");
    }
}

impl From<Vec<u32>> for Lengths {
    fn from(lengths: Vec<u32>) -> Self {
        Self(lengths.into())
    }
}
