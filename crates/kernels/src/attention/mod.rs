//! Scaled dot-product attention (Vaswani et al. 2017, equation 1), and its gradients.
//!
//! A task takes a block of targets of one row of the batch through all heads. Only the block's matrix of
//! weights is in memory: the forward pass keeps the largest score and the sum of each target, from which the
//! backward pass computes the weights again.

mod backward;
mod forward;
mod heads;

use crate::lengths::Lengths;

pub use backward::{AttentionSaved, backward};
pub use forward::forward;
pub use heads::Heads;

/// The keys that a query attends to.
#[derive(Clone, Debug)]
pub struct AttentionMask {
    /// The number of sources in each row of the batch; keys at or beyond it get no weight.
    pub lengths: Lengths,
    /// True if query i attends to keys up to the i-th alone.
    pub causal: bool,
}

impl AttentionMask {
    /// The number of keys, from the first, that a query attends to.
    pub(crate) fn keys(&self, row: usize, target: usize) -> usize {
        let length = self.lengths.of(row);
        if self.causal { length.min(target + 1) } else { length }
    }
}

/// The sizes of an attention.
#[derive(Clone, Copy, Debug)]
pub struct AttentionSizes {
    /// Rows of the batch.
    pub batch: usize,
    /// Heads.
    pub heads: usize,
    /// Queries.
    pub targets: usize,
    /// Keys.
    pub sources: usize,
    /// Elements of a query and of a key.
    pub width: usize,
    /// Elements of a value.
    pub value_width: usize,
}

/// Targets in a block: its weights fit a core's cache for a thousand sources.
const TARGETS_PER_BLOCK: usize = 64;

/// The targets of a block.
#[derive(Clone, Copy, Debug)]
struct TargetBlock {
    row: usize,
    first: usize,
    targets: usize,
}

/// The blocks of one row of the batch.
fn blocks_of(row: usize, targets: usize) -> impl Iterator<Item = TargetBlock> {
    (0..targets).step_by(TARGETS_PER_BLOCK).map(move |first| TargetBlock {
        row,
        first,
        targets: TARGETS_PER_BLOCK.min(targets - first),
    })
}

/// Offsets 0, step, 2 step, ...
fn offsets(count: usize, step: usize) -> Vec<u32> {
    (0..count).map(|at| (at * step) as u32).collect()
}
