//! The gradients of attention.
//!
//! With the weights P, the output's gradient dO and `dP = dO V^T`: the scores' gradient is
//! `dS = scale P (dP - sum_j P dP)`, and `dQ = dS K`, `dK = dS^T Q`, `dV = P^T dO`.

use rayon::prelude::*;

use super::{AttentionMask, AttentionSizes, Heads, TargetBlock, blocks_of, offsets};
use crate::float::Float;
use crate::float::with_scratch;
use crate::matrix::RightFactor;
use crate::patches::{Correlation, correlate, padded};
use crate::reduce::{Normaliser, softmax_again, softmax_gradient};
use crate::view::filled_all;

/// The saved tensors of the forward pass, and the gradient of its output.
pub struct AttentionSaved<'a, E: Clone> {
    /// Queries, keys and values.
    pub inputs: [Heads<'a, E>; 3],
    /// `[batch, targets, heads, 2]`.
    pub softmaxes: &'a [E],
    /// The gradient of the output.
    pub gradient: Heads<'a, E>,
}

/// The gradients of the inputs, in the order batch, time, heads, width.
pub struct AttentionGradients<E> {
    /// The gradient of the queries.
    pub queries: Vec<E>,
    /// The gradient of the keys.
    pub keys: Vec<E>,
    /// The gradient of the values.
    pub values: Vec<E>,
}

/// The gradients of all inputs.
pub fn backward<E: Float>(
    sizes: AttentionSizes,
    mask: &AttentionMask,
    scale: f64,
    saved: &AttentionSaved<'_, E>,
) -> AttentionGradients<E> {
    let AttentionSizes { batch, heads, targets, sources, width, value_width } = sizes;
    let scale = E::from_f64(scale);
    let [query_row, key_row, value_row] =
        [targets * width, sources * width, sources * value_width].map(|size| size * heads);
    let lengths = [query_row, key_row, value_row].map(|size| batch * size);
    let [queries, keys, values] = filled_all(lengths, |[queries, keys, values]| {
        let rows = (
            queries.par_chunks_mut(query_row),
            keys.par_chunks_mut(key_row),
            values.par_chunks_mut(value_row),
        );
        rows.into_par_iter().enumerate().for_each(|(row, (queries, keys, values))| {
            for head in 0..heads {
                let task = Task { sizes, mask, scale, saved, row, head };
                task.run(queries, keys, values);
            }
        });
    });
    AttentionGradients { queries, keys, values }
}

/// One head of one row of the batch.
struct Task<'a, E: Clone> {
    sizes: AttentionSizes,
    mask: &'a AttentionMask,
    scale: E,
    saved: &'a AttentionSaved<'a, E>,
    row: usize,
    head: usize,
}

impl<E: Float> Task<'_, E> {
    /// Writes the head's gradients to those of the row, each `[time, heads, width]`.
    fn run(&self, of_queries: &mut [E], of_keys: &mut [E], of_values: &mut [E]) {
        let AttentionSizes { targets, sources, width, value_width, .. } = self.sizes;
        let strides = [padded::<E>(width), padded::<E>(value_width)];
        with_scratch(sources * (strides[0] + strides[1]), |sums| {
            sums.fill(E::default());
            let (key_sums, value_sums) = sums.split_at_mut(sources * strides[0]);
            for block in blocks_of(self.row, targets) {
                self.add_block(block, of_queries, key_sums, value_sums);
            }
            self.scatter(key_sums, strides[0], width, of_keys);
            self.scatter(value_sums, strides[1], value_width, of_values);
        });
    }

    /// Copies the head's rows, `stride` elements apart, to the rows of all heads.
    fn scatter(&self, rows: &[E], stride: usize, width: usize, out: &mut [E]) {
        let rows = rows.chunks_exact(stride);
        for (row, out) in rows.zip(out.chunks_exact_mut(self.sizes.heads * width)) {
            out[self.head * width..][..width].copy_from_slice(&row[..width]);
        }
    }

    /// Writes the gradients of a block's queries, and adds to those of all keys and values.
    fn add_block(
        &self,
        block: TargetBlock,
        of_queries: &mut [E],
        key_sums: &mut [E],
        value_sums: &mut [E],
    ) {
        let Self { sizes: AttentionSizes { heads, width, value_width, .. }, row, head, .. } = *self;
        let TargetBlock { first, targets, .. } = block;
        let out = &mut of_queries[first * heads * width..][..targets * heads * width];
        let out = &mut out[head * width..];
        let out_places = offsets(targets, heads * width);
        let sources = self.mask.keys(row, first + targets - 1);
        if sources == 0 {
            for place in out_places {
                out[place as usize..][..width].fill(E::default());
            }
            return;
        }
        let [queries, keys, values] = &self.saved.inputs;
        let (keys, values) = (keys.matrix(row, head, sources), values.matrix(row, head, sources));
        let by_keys = RightFactor::new(keys.transposed(), targets);
        let by_values = RightFactor::new(values.transposed(), targets);
        let back = RightFactor::new(keys, targets);
        let places = offsets(targets, sources);
        let sizes = [sources, sources, padded::<E>(width), padded::<E>(value_width)];
        with_scratch(targets * sizes.iter().sum::<usize>(), |scratch| {
            let (weights, scratch) = scratch.split_at_mut(targets * sources);
            let (gradient, scratch) = scratch.split_at_mut(targets * sources);
            let (query_rows, output_rows) = scratch.split_at_mut(targets * sizes[2]);
            queries.copy_rows(row, head, first, &mut query_rows[..targets * width]);
            let of_output = &self.saved.gradient;
            of_output.copy_rows(row, head, first, &mut output_rows[..targets * value_width]);
            by_keys.multiply((query_rows, &offsets(targets, width)), None, (weights, &places));
            let output_offsets = offsets(targets, value_width);
            by_values.multiply((output_rows, &output_offsets), None, (gradient, &places));
            let rows = weights.chunks_exact_mut(sources).zip(gradient.chunks_exact_mut(sources));
            for (target, (weights, gradient)) in rows.enumerate() {
                let place = ((row * self.sizes.targets + first + target) * heads + head) * 2;
                let by = Normaliser {
                    largest: self.saved.softmaxes[place],
                    reciprocal: self.saved.softmaxes[place + 1],
                };
                let seen = self.mask.keys(row, first + target);
                let (weights, hidden) = weights.split_at_mut(seen);
                hidden.fill(E::default());
                softmax_again(weights, self.scale, by);
                let (gradient, hidden) = gradient.split_at_mut(seen);
                hidden.fill(E::default());
                softmax_gradient(weights, gradient, self.scale);
            }
            back.multiply((gradient, &places), None, (out, &out_places));
            let taps = offsets(sources, 1);
            for (data, gradients, channels, sums) in [
                (&*gradient, &*query_rows, width, key_sums),
                (&*weights, &*output_rows, value_width, value_sums),
            ] {
                let stride = padded::<E>(channels);
                correlate(Correlation {
                    data,
                    patches: &places,
                    taps: &taps,
                    gradients,
                    channels,
                    stride,
                    sums,
                });
            }
        });
    }
}
