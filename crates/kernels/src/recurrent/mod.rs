//! Recurrences over whole sequences: gated recurrent units, and their gradients through time.
//!
//! Each task takes a few rows of the batch through all steps, without waiting for the others. The
//! gradients of the weights are one product over the rows of all steps.

mod attention_gru;
mod attention_gru_backward;
mod gru;
mod gru_backward;
mod scores;

use crate::lengths::Lengths;

pub use attention_gru::{AttentionGruSizes, AttentionGruSlices, forward as attention_gru};
pub use attention_gru_backward::{AttentionGruSaved, backward as attention_gru_backward};
pub use gru::{GruInputs, forward};
pub use gru_backward::{GruSaved, backward};

/// The order in which a recurrence reads its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first step to the last.
    Forward,
    /// From the last step to the first; each row begins at its own end.
    Backward,
}

impl Direction {
    /// The steps in order.
    pub(crate) fn steps(self, time: usize) -> impl DoubleEndedIterator<Item = usize> {
        (0..time).map(move |step| match self {
            Self::Forward => step,
            Self::Backward => time - 1 - step,
        })
    }

    /// The step before `step`; None for the first one.
    fn before(self, step: usize, time: usize) -> Option<usize> {
        match self {
            Self::Forward => step.checked_sub(1),
            Self::Backward => Some(step + 1).filter(|step| *step < time),
        }
    }
}

/// The sizes of a recurrence.
#[derive(Clone, Copy, Debug)]
pub struct RecurrentSizes {
    /// Rows of the batch.
    pub batch: usize,
    /// Steps, with padding.
    pub time: usize,
    /// Elements of the state.
    pub hidden: usize,
}

/// Rows of the batch in a task: enough to pay for reading the weights at each step.
const ROWS_PER_TASK: usize = 12;

/// The number of rows in a task, which depends on the batch alone.
fn rows_per_task(batch: usize) -> usize {
    batch.div_ceil(batch.div_ceil(ROWS_PER_TASK)).max(1)
}

/// The rows of a task.
#[derive(Clone, Copy, Debug)]
struct RowBlock {
    first: usize,
    rows: usize,
}

/// The batch cut into tasks.
fn blocks(batch: usize) -> Vec<RowBlock> {
    let rows = rows_per_task(batch);
    let block = |first| RowBlock { first, rows: rows.min(batch - first) };
    (0..batch).step_by(rows).map(block).collect()
}

/// The place of each row's steps in a list of all steps without padding: row b's step t is number
/// `starts[b] + t`. One more entry holds the total.
fn starts(lengths: &Lengths) -> Vec<usize> {
    let mut total = 0;
    let mut starts = vec![0];
    for length in lengths.as_slice() {
        total += *length as usize;
        starts.push(total);
    }
    starts
}

/// Cuts `data`, with `width` elements for each entry of the list of steps, into the parts of the blocks.
fn split_steps<'a, E>(
    mut data: &'a mut [E],
    blocks: &[RowBlock],
    starts: &[usize],
    width: usize,
) -> Vec<&'a mut [E]> {
    let mut parts = Vec::with_capacity(blocks.len());
    for RowBlock { first, rows } in blocks {
        let (part, rest) = data.split_at_mut((starts[first + rows] - starts[*first]) * width);
        parts.push(part);
        data = rest;
    }
    parts
}
