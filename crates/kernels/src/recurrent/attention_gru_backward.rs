//! The gradients of a gated recurrent unit with additive attention, through time.
//!
//! The activations of the scores, one for each target, source and element of a key, are computed again:
//! for 64 rows of 24 targets and sources they are 38 MB, which take longer to write and to read (19.5 ms
//! against 15.4 ms in both passes).

use rayon::prelude::*;

use super::attention_gru::{AttentionGruSizes, AttentionGruSlices};
use super::gru_backward::UnitBackward;
use super::scores::ScoreGradients;
use super::{RowBlock, blocks, rows_per_task};
use crate::blocks::{add_rows, for_each_block};
use crate::float::elementary::Elementary;
use crate::float::with_scratch;
use crate::lengths::Lengths;
use crate::matrix::{RightFactor, SpacedRows, StridedMatrix, slack, transposed_product};
use crate::patches::{Correlation, correlate, padded};
use crate::reduce::{add, dots, softmax_gradient};
use crate::view::filled_all;

/// The saved tensors of the forward pass, and the gradient of its output.
pub struct AttentionGruSaved<'a, E> {
    /// The inputs; `projected` and `bias` are not read.
    pub inputs: AttentionGruSlices<'a, E>,
    /// `[batch, targets, hidden + memory]`.
    pub output: &'a [E],
    /// `[batch, targets, sources]`.
    pub weights: &'a [E],
    /// `[batch, targets, attention]`.
    pub queries: &'a [E],
    /// `[batch, targets, 4 hidden]`.
    pub gates: &'a [E],
    /// `[batch, targets, hidden + memory]`.
    pub gradient: &'a [E],
}

/// The gradients of the inputs and parameters, in the shapes of [`AttentionGruSlices`].
pub struct AttentionGruGradients<E> {
    pub projected: Vec<E>,
    pub initial: Vec<E>,
    pub memory: Vec<E>,
    pub keys: Vec<E>,
    pub query: Vec<E>,
    pub score: Vec<E>,
    pub context: Vec<E>,
    pub state: Vec<E>,
    pub bias: Vec<E>,
}

/// The gradients of all inputs and parameters.
pub fn backward<E: Elementary>(
    sizes: AttentionGruSizes,
    lengths: &Lengths,
    saved: &AttentionGruSaved<'_, E>,
) -> AttentionGruGradients<E> {
    let AttentionGruSizes { batch, targets, sources, hidden, attention, memory } = sizes;
    let joined = saved.inputs.joined_weights(sizes);
    let joined = StridedMatrix::row_major(&joined, [hidden, sizes.joined()]).transposed();
    let context = StridedMatrix::row_major(saved.inputs.context, [memory, 3 * hidden]);
    let decoder = Decoder {
        sizes,
        lengths,
        saved,
        joined: RightFactor::new(joined, batch * targets),
        context: RightFactor::new(context.transposed(), batch * targets),
    };
    let (steps, rows) = (batch * targets, rows_per_task(batch));
    let [gates, joined] = [3 * hidden, sizes.joined()];
    let lengths = [
        steps * gates + slack::<E>(gates),
        steps * joined + slack::<E>(joined),
        steps * (hidden + 1),
        batch * hidden,
        batch * sources * memory,
        batch * sources * attention,
        batch * attention,
    ];
    let [mut projected, joined, states, initial, of_memory, keys, scores] =
        filled_all(lengths, |[projected, joined_rows, states, initial, memories, keys, scores]| {
            let (projected, behind) = projected.split_at_mut(steps * gates);
            behind.fill(E::default());
            let (joined_rows, behind) = joined_rows.split_at_mut(steps * joined);
            behind.fill(E::default());
            let of_steps = (
                projected.par_chunks_mut(rows * targets * gates),
                joined_rows.par_chunks_mut(rows * targets * joined),
                states.par_chunks_mut(rows * targets * (hidden + 1)),
            );
            let of_rows = (
                initial.par_chunks_mut(rows * hidden),
                memories.par_chunks_mut(rows * sources * memory),
                keys.par_chunks_mut(rows * sources * attention),
                scores.par_chunks_mut(rows * attention),
            );
            let tasks = (blocks(batch), of_steps, of_rows).into_par_iter();
            tasks.for_each(|(block, (projected, joined, states), of_rows)| {
                let (carried, memory, keys, scores) = of_rows;
                let out =
                    BlockGradients { projected, joined, states, carried, memory, keys, scores };
                decoder.run(block, out);
            });
        });
    let contexts = SpacedRows {
        data: saved.output.get(hidden..).unwrap_or_default(),
        width: memory,
        step: sizes.output(),
        rows: steps,
    };
    let context = transposed_product(contexts, (&projected, gates));
    projected.truncate(steps * gates);
    let states = SpacedRows::dense(&states, hidden + 1);
    let of_joined = transposed_product(states, (&joined, sizes.joined()));
    let mut query = Vec::with_capacity((hidden + 1) * attention);
    let mut state = Vec::with_capacity((hidden + 1) * gates);
    for row in of_joined.chunks_exact(sizes.joined()) {
        let (of_query, of_state) = row.split_at(attention);
        query.extend_from_slice(of_query);
        state.extend_from_slice(of_state);
    }
    // The last row is the bias's: the query has none.
    query.truncate(hidden * attention);
    let bias = state.split_off(hidden * gates);
    let mut score = vec![E::default(); attention];
    add_rows(&scores, &mut score);
    AttentionGruGradients {
        projected,
        initial,
        memory: of_memory,
        keys,
        query,
        score,
        context,
        state,
        bias,
    }
}

struct Decoder<'a, E: Clone> {
    sizes: AttentionGruSizes,
    lengths: &'a Lengths,
    saved: &'a AttentionGruSaved<'a, E>,
    /// The transpose of the weights of query and state.
    joined: RightFactor<'a, E>,
    /// The transpose of the context's weights.
    context: RightFactor<'a, E>,
}

/// The results of a block of rows.
struct BlockGradients<'a, E> {
    /// `[rows, targets, 3 hidden]`.
    projected: &'a mut [E],
    /// The gradients of the queries and of `h W + b`, `[rows, targets, attention + 3 hidden]`.
    joined: &'a mut [E],
    /// The states before each step, and a one for the bias: `[rows, targets, hidden + 1]`.
    states: &'a mut [E],
    /// The gradients of the states, from the last step back to the initial states, `[rows, hidden]`.
    carried: &'a mut [E],
    /// `[rows, sources, memory]`.
    memory: &'a mut [E],
    /// `[rows, sources, attention]`.
    keys: &'a mut [E],
    /// The gradient of the score's vector for each row, `[rows, attention]`.
    scores: &'a mut [E],
}

impl<E: Elementary> Decoder<'_, E> {
    /// Takes the rows of a block back through all steps.
    fn run(&self, block: RowBlock, mut out: BlockGradients<'_, E>) {
        let AttentionGruSizes { targets, sources, hidden, memory, .. } = self.sizes;
        let RowBlock { rows, .. } = block;
        out.carried.fill(E::default());
        out.keys.fill(E::default());
        out.scores.fill(E::default());
        let places = |step: usize| (0..rows).map(move |row| (row * step) as u32).collect();
        let of_states: Vec<u32> = places(hidden);
        let at_step = |step: usize, width: usize| -> Vec<u32> {
            (0..rows).map(|row| ((row * targets + step) * width) as u32).collect()
        };
        let contexts = rows * targets * memory + slack::<E>(memory);
        with_scratch(rows * (hidden + sources) + contexts, |scratch| {
            let (back, scratch) = scratch.split_at_mut(rows * hidden);
            let (scores, contexts) = scratch.split_at_mut(rows * sources);
            for step in (0..targets).rev() {
                for row in 0..rows {
                    self.unit(block, row, step, &mut out);
                }
                let of_gates = at_step(step, 3 * hidden);
                let of_contexts = at_step(step, memory);
                self.context.multiply((out.projected, &of_gates), None, (contexts, &of_contexts));
                for (row, scores) in scores.chunks_exact_mut(sources).enumerate() {
                    let context = &mut contexts[(row * targets + step) * memory..][..memory];
                    self.attention(block, row, step, (context, scores), &mut out);
                }
                let of_joined = at_step(step, self.sizes.joined());
                self.joined.multiply((out.joined, &of_joined), None, (back, &of_states));
                add(out.carried, back);
            }
            for row in 0..rows {
                let contexts = &contexts[row * targets * memory..];
                self.memory(block, row, contexts, out.memory);
            }
        });
    }

    /// The gates of a row at a step.
    fn unit(
        &self,
        RowBlock { first, .. }: RowBlock,
        row: usize,
        step: usize,
        out: &mut BlockGradients<'_, E>,
    ) {
        let Self { sizes, saved, .. } = self;
        let AttentionGruSizes { targets, hidden, attention, .. } = *sizes;
        let (width, joined) = (sizes.output(), sizes.joined());
        let entry = row * targets + step;
        let of_all = first * targets + entry;
        let carried = &mut out.carried[row * hidden..][..hidden];
        add(carried, &saved.gradient[of_all * width..][..hidden]);
        let before = match step {
            0 => &saved.inputs.initial[(first + row) * hidden..][..hidden],
            _ => &saved.output[(of_all - 1) * width..][..hidden],
        };
        let state = &mut out.states[entry * (hidden + 1)..][..=hidden];
        state[..hidden].copy_from_slice(before);
        state[hidden] = E::from_f64(1.0);
        let mut unit = UnitBackward {
            hidden,
            gates: &saved.gates[of_all * 4 * hidden..][..4 * hidden],
            state: before,
            carried,
            projected: &mut out.projected[entry * 3 * hidden..][..3 * hidden],
            product: &mut out.joined[entry * joined + attention..][..3 * hidden],
        };
        for_each_block(hidden, &mut unit);
    }

    /// The attention of a row at a step; `context` is the context's gradient through the gates, and
    /// `scores` scratch.
    fn attention(
        &self,
        RowBlock { first, .. }: RowBlock,
        row: usize,
        step: usize,
        (context, scores): (&mut [E], &mut [E]),
        out: &mut BlockGradients<'_, E>,
    ) {
        let Self { sizes, saved, .. } = self;
        let AttentionGruSizes { targets, sources, hidden, attention, memory, .. } = *sizes;
        let entry = row * targets + step;
        let of_all = first * targets + entry;
        add(context, &saved.gradient[of_all * sizes.output() + hidden..][..memory]);
        let length = self.lengths.of(first + row);
        let of_row = (first + row) * sources;
        let scores = &mut scores[..length];
        dots(context, &saved.inputs.memory[of_row * memory..][..length * memory], scores);
        softmax_gradient(&saved.weights[of_all * sources..][..length], scores, E::from_f64(1.0));
        let of_query = &mut out.joined[entry * sizes.joined()..][..attention];
        of_query.fill(E::default());
        ScoreGradients {
            query: &saved.queries[of_all * attention..][..attention],
            keys: &saved.inputs.keys[of_row * attention..][..length * attention],
            vector: saved.inputs.score,
            gradient: scores,
            of_query,
            of_keys: &mut out.keys[row * sources * attention..][..length * attention],
            of_vector: &mut out.scores[row * attention..][..attention],
        }
        .add();
    }

    /// The gradient of a row's memory, a product over all steps: `weights^T contexts`.
    fn memory(&self, RowBlock { first, .. }: RowBlock, row: usize, contexts: &[E], out: &mut [E]) {
        let AttentionGruSizes { targets, sources, memory, .. } = self.sizes;
        let stride = padded::<E>(memory);
        let taps: Vec<_> = (0..sources as u32).collect();
        let patches: Vec<_> = (0..targets).map(|step| (step * sources) as u32).collect();
        with_scratch(sources * stride, |sums| {
            sums.fill(E::default());
            correlate(Correlation {
                data: &self.saved.weights[(first + row) * targets * sources..],
                patches: &patches,
                taps: &taps,
                gradients: contexts,
                channels: memory,
                stride,
                sums,
            });
            let out = &mut out[row * sources * memory..][..sources * memory];
            for (sums, out) in sums.chunks_exact(stride).zip(out.chunks_exact_mut(memory)) {
                out.copy_from_slice(&sums[..memory]);
            }
        });
    }
}
