//! The forward pass of attention.

use rayon::prelude::*;

use super::{
    AttentionMask, AttentionSizes, Heads, TARGETS_PER_BLOCK, TargetBlock, blocks_of, offsets,
};
use crate::float::Float;
use crate::float::with_scratch;
use crate::matrix::RightFactor;
use crate::reduce::softmax;
use crate::view::filled_all;

/// The output in the order `[batch, targets, heads, value_width]`, and each softmax's largest score and
/// reciprocal of the sum, `[batch, targets, heads, 2]`.
pub fn forward<E: Float>(
    sizes: AttentionSizes,
    mask: &AttentionMask,
    scale: f64,
    [queries, keys, values]: [&Heads<'_, E>; 3],
) -> [Vec<E>; 2] {
    let AttentionSizes { batch, heads, targets, value_width, .. } = sizes;
    let scale = E::from_f64(scale);
    let lengths = [value_width, 2].map(|width| batch * targets * heads * width);
    filled_all(lengths, |[output, softmaxes]| {
        let rows = output.par_chunks_mut(targets * heads * value_width);
        let rows = rows.zip(softmaxes.par_chunks_mut(targets * heads * 2)).enumerate();
        let tasks = rows.flat_map(|(row, (output, softmaxes))| {
            let output = output.par_chunks_mut(TARGETS_PER_BLOCK * heads * value_width);
            let softmaxes = softmaxes.par_chunks_mut(TARGETS_PER_BLOCK * heads * 2);
            let blocks: Vec<_> = blocks_of(row, targets).collect();
            (blocks, output, softmaxes).into_par_iter()
        });
        tasks.for_each(|(block, output, softmaxes)| {
            for head in 0..heads {
                let task = Task { sizes, mask, scale, queries, keys, values, block, head };
                task.run(output, softmaxes);
            }
        });
    })
}

/// A block of targets and one head.
struct Task<'a, E: Clone> {
    sizes: AttentionSizes,
    mask: &'a AttentionMask,
    scale: E,
    queries: &'a Heads<'a, E>,
    keys: &'a Heads<'a, E>,
    values: &'a Heads<'a, E>,
    block: TargetBlock,
    head: usize,
}

impl<E: Float> Task<'_, E> {
    fn run(&self, output: &mut [E], softmaxes: &mut [E]) {
        let Self { sizes: AttentionSizes { heads, value_width, .. }, head, .. } = *self;
        let TargetBlock { row, first, targets } = self.block;
        // The last target attends to the most keys.
        let sources = self.mask.keys(row, first + targets - 1);
        if sources == 0 {
            for target in 0..targets {
                let place = target * heads + head;
                output[place * value_width..][..value_width].fill(E::default());
                softmaxes[place * 2..][..2].fill(E::default());
            }
            return;
        }
        let keys = self.keys.matrix(row, head, sources).transposed();
        let keys = RightFactor::new(keys, targets);
        let values = RightFactor::new(self.values.matrix(row, head, sources), targets);
        let (queries, step) = self.queries.rows(row, head, first);
        let of_scores = offsets(targets, sources);
        with_scratch(targets * sources, |scores| {
            keys.multiply((queries, &offsets(targets, step)), None, (scores, &of_scores));
            for (target, scores) in scores.chunks_exact_mut(sources).enumerate() {
                let (seen, hidden) = scores.split_at_mut(self.mask.keys(row, first + target));
                hidden.fill(E::default());
                let by = softmax(seen, self.scale);
                softmaxes[(target * heads + head) * 2..][..2]
                    .copy_from_slice(&[by.largest, by.reciprocal]);
            }
            let out = &mut output[head * value_width..];
            let places = offsets(targets, heads * value_width);
            values.multiply((scores, &of_scores), None, (out, &places));
        });
    }
}
