//! Rows of a table, selected by token ids.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::float::Float;
use crate::patches::processor;
use crate::rows::rows_per_task;
use crate::view::filled;

/// The rows of `weights`, `[vocabulary, width]`, with these ids: `[tokens, width]`.
pub fn select<E: Float>(weights: &[E], width: usize, ids: &[u32]) -> Vec<E> {
    let rows = rows_per_task(width);
    filled(ids.len() * width, |out| {
        out.par_chunks_mut(rows * width).zip(ids.par_chunks(rows)).for_each(|(out, ids)| {
            for (out, id) in out.chunks_exact_mut(width).zip(ids) {
                out.copy_from_slice(&weights[*id as usize * width..][..width]);
            }
        });
    })
}

/// The gradient of the weights: each row is the sum of the rows of `gradient`, `[tokens, width]`, of its
/// tokens, in the tokens' order.
pub fn scatter_add<E: Float>(
    gradient: &[E],
    width: usize,
    ids: &[u32],
    vocabulary: usize,
) -> Vec<E> {
    // The position makes each pair unique: tokens of one id stay in order.
    let mut tokens: Vec<(u32, u32)> = ids.iter().copied().zip(0..).collect();
    tokens.sort_unstable();
    let rows = rows_per_task(width);
    filled(vocabulary * width, |table| {
        table.par_chunks_mut(rows * width).enumerate().for_each(|(task, table)| {
            let first = task * rows;
            let below = |row: usize| tokens.partition_point(|(id, _)| (*id as usize) < row);
            let tokens = &tokens[below(first)..below(first + rows)];
            table.fill(E::default());
            processor().dispatch(AddRows { gradient, width, tokens, first, table });
        });
    })
}

/// Adds the gradients of the tokens to a part of the table, from row `first` on.
struct AddRows<'a, E> {
    gradient: &'a [E],
    width: usize,
    /// The id and the position of each token.
    tokens: &'a [(u32, u32)],
    first: usize,
    table: &'a mut [E],
}

impl<E: Float> WithSimd for AddRows<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { gradient, width, tokens, first, table } = self;
        for (id, position) in tokens {
            let row = &mut table[(*id as usize - first) * width..][..width];
            let gradient = &gradient[*position as usize * width..][..width];
            for (sum, gradient) in row.iter_mut().zip(gradient) {
                *sum += *gradient;
            }
        }
    }
}
