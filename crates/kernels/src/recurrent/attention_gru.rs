//! The forward pass of a gated recurrent unit with additive attention.

use rayon::prelude::*;

use super::gru::Unit;
use super::scores::scores;
use super::{RowBlock, blocks, rows_per_task};
use crate::blocks::for_each_block;
use crate::float::elementary::Elementary;
use crate::float::{Float, with_scratch};
use crate::lengths::Lengths;
use crate::matrix::{RightFactor, StridedMatrix};
use crate::reduce::{add, softmax, weighted_sum};
use crate::view::filled_all;

/// The sizes of a recurrence with attention.
#[derive(Clone, Copy, Debug)]
pub struct AttentionGruSizes {
    /// Rows of the batch.
    pub batch: usize,
    /// Steps of the recurrence.
    pub targets: usize,
    /// Steps of the memory, with padding.
    pub sources: usize,
    /// Elements of the state.
    pub hidden: usize,
    /// Elements of a key.
    pub attention: usize,
    /// Elements of a step of the memory.
    pub memory: usize,
}

impl AttentionGruSizes {
    /// Elements of a query and the three gates, which are products of the state.
    pub(super) fn joined(&self) -> usize {
        self.attention + 3 * self.hidden
    }

    /// Elements of the output at a step: state and context.
    pub(super) fn output(&self) -> usize {
        self.hidden + self.memory
    }
}

/// The inputs and parameters, in row-major order.
pub struct AttentionGruSlices<'a, E> {
    /// `[batch, targets, 3 hidden]`.
    pub projected: &'a [E],
    /// `[batch, hidden]`.
    pub initial: &'a [E],
    /// `[batch, sources, memory]`.
    pub memory: &'a [E],
    /// `[batch, sources, attention]`.
    pub keys: &'a [E],
    /// `[hidden, attention]`.
    pub query: &'a [E],
    /// `[attention]`.
    pub score: &'a [E],
    /// `[memory, 3 hidden]`.
    pub context: &'a [E],
    /// `[hidden, 3 hidden]`.
    pub state: &'a [E],
    /// `[3 hidden]`.
    pub bias: &'a [E],
}

impl<E: Float> AttentionGruSlices<'_, E> {
    /// The weights of the query beside those of the state, `[hidden, attention + 3 hidden]`.
    pub(super) fn joined_weights(&self, sizes: AttentionGruSizes) -> Vec<E> {
        let mut joined = Vec::with_capacity(self.query.len() + self.state.len());
        let rows = self.query.chunks_exact(sizes.attention);
        for (query, state) in rows.zip(self.state.chunks_exact(3 * sizes.hidden)) {
            joined.extend_from_slice(query);
            joined.extend_from_slice(state);
        }
        joined
    }
}

/// The results of the forward pass.
pub struct AttentionGruOutput<E> {
    /// States and contexts, `[batch, targets, hidden + memory]`.
    pub output: Vec<E>,
    /// `[batch, targets, sources]`.
    pub weights: Vec<E>,
    /// For the backward pass, the queries and the gates r, z, n and `h W_n + b_n`: `[batch, targets,
    /// attention]` and `[batch, targets, 4 hidden]`.
    pub kept: Option<[Vec<E>; 2]>,
}

/// Runs the recurrence.
pub fn forward<E: Elementary>(
    sizes: AttentionGruSizes,
    lengths: &Lengths,
    inputs: &AttentionGruSlices<'_, E>,
    keep: bool,
) -> AttentionGruOutput<E> {
    let AttentionGruSizes { batch, targets, sources, hidden, attention, memory } = sizes;
    let factor =
        |weights, dims| RightFactor::new(StridedMatrix::row_major(weights, dims), batch * targets);
    let decoder = Decoder {
        sizes,
        lengths,
        inputs,
        query: factor(inputs.query, [hidden, attention]),
        state: factor(inputs.state, [hidden, 3 * hidden]),
        context: factor(inputs.context, [memory, 3 * hidden]),
    };
    let (blocks, steps) = (blocks(batch), rows_per_task(batch) * targets);
    let kept = if keep { [attention, 4 * hidden] } else { [0; 2] };
    let [output_width, queries_width, gates_width] = [sizes.output(), kept[0], kept[1]];
    let widths = [output_width, sources, queries_width, gates_width];
    let lengths = widths.map(|width| batch * targets * width);
    let [output, weights, queries, gates] =
        filled_all(lengths, |[output, weights, queries, gates]| {
            let mut parts = queries.chunks_mut((steps * queries_width).max(1));
            let mut gates = gates.chunks_mut((steps * gates_width).max(1));
            let kept: Vec<_> = blocks.iter().map(|_| parts.next().zip(gates.next())).collect();
            let output = output.par_chunks_mut(steps * output_width);
            let weights = weights.par_chunks_mut(steps * sources);
            let tasks = (&blocks, output, weights, kept).into_par_iter();
            tasks.for_each(|(block, output, weights, kept)| {
                decoder.run(*block, output, weights, kept);
            });
        });
    AttentionGruOutput { output, weights, kept: keep.then_some([queries, gates]) }
}

struct Decoder<'a, E: Clone> {
    sizes: AttentionGruSizes,
    lengths: &'a Lengths,
    inputs: &'a AttentionGruSlices<'a, E>,
    query: RightFactor<'a, E>,
    state: RightFactor<'a, E>,
    context: RightFactor<'a, E>,
}

impl<E: Elementary> Decoder<'_, E> {
    /// Takes the rows of a block through all steps.
    fn run(
        &self,
        block: RowBlock,
        output: &mut [E],
        weights: &mut [E],
        mut kept: Option<(&mut [E], &mut [E])>,
    ) {
        let Self { sizes, inputs, .. } = self;
        let AttentionGruSizes { targets, sources, hidden, attention, memory, .. } = *sizes;
        let (joined_width, width) = (sizes.joined(), sizes.output());
        let RowBlock { first, rows } = block;
        let places =
            |step: usize| (0..rows).map(move |row| (row * step) as u32).collect::<Vec<_>>();
        let (of_states, of_queries, of_gates) =
            (places(hidden), places(joined_width), places(3 * hidden));
        let mut of_contexts = places(targets * width);
        with_scratch(rows * (hidden + joined_width + 3 * hidden), |scratch| {
            let (states, scratch) = scratch.split_at_mut(rows * hidden);
            let (joined, gate_inputs) = scratch.split_at_mut(rows * joined_width);
            states.copy_from_slice(&inputs.initial[first * hidden..][..rows * hidden]);
            for step in 0..targets {
                let states_at = (&*states, &of_states[..]);
                self.query.multiply(states_at, None, (joined, &of_queries));
                let products = &mut joined[attention..];
                self.state.multiply(states_at, Some(inputs.bias), (products, &of_queries));
                for row in 0..rows {
                    let entry = row * targets + step;
                    let query = &joined[row * joined_width..][..attention];
                    let length = self.lengths.of(first + row);
                    let keys = &inputs.keys[(first + row) * sources * attention..];
                    let (weights, padding) =
                        weights[entry * sources..][..sources].split_at_mut(length);
                    padding.fill(E::default());
                    scores(query, &keys[..length * attention], inputs.score, weights);
                    softmax(weights, E::from_f64(1.0));
                    let steps = &inputs.memory[(first + row) * sources * memory..];
                    let context = &mut output[entry * width + hidden..][..memory];
                    weighted_sum(weights, &steps[..length * memory], context);
                    if let Some((queries, _)) = &mut kept {
                        queries[entry * attention..][..attention].copy_from_slice(query);
                    }
                }
                for (row, place) in of_contexts.iter_mut().enumerate() {
                    *place = ((row * targets + step) * width + hidden) as u32;
                }
                self.context.multiply((output, &of_contexts), None, (gate_inputs, &of_gates));
                for row in 0..rows {
                    let entry = row * targets + step;
                    let projected = (first * targets + entry) * 3 * hidden;
                    let gate_inputs = &mut gate_inputs[row * 3 * hidden..][..3 * hidden];
                    add(gate_inputs, &inputs.projected[projected..][..3 * hidden]);
                    let state = &mut states[row * hidden..][..hidden];
                    let gates = kept
                        .as_mut()
                        .map(|(_, gates)| &mut gates[entry * 4 * hidden..][..4 * hidden]);
                    let mut unit = Unit {
                        hidden,
                        projected: gate_inputs,
                        product: &joined[row * joined_width + attention..][..3 * hidden],
                        state: &mut *state,
                        gates,
                    };
                    for_each_block(hidden, &mut unit);
                    output[entry * width..][..hidden].copy_from_slice(state);
                }
            }
        });
    }
}
