//! The forward pass of a gated recurrent unit.

use rayon::prelude::*;

use super::{Direction, RecurrentSizes, RowBlock, blocks, rows_per_task, split_steps, starts};
use crate::blocks::{ChannelBlock, at, at_mut, for_each_block};
use crate::float::elementary::Elementary;
use crate::float::with_scratch;
use crate::lengths::Lengths;
use crate::matrix::{RightFactor, StridedMatrix};
use crate::view::filled;

/// The inputs of a recurrence, in row-major order.
pub struct GruInputs<'a, E> {
    /// `[batch, time, 3 hidden]`.
    pub projected: &'a [E],
    /// `[batch, hidden]`.
    pub initial: &'a [E],
    /// `[hidden, 3 hidden]`.
    pub weights: &'a [E],
    /// `[3 hidden]`.
    pub bias: &'a [E],
}

/// The states `[batch, time, hidden]`, and for the backward pass the gates `[steps, 4 hidden]` of all
/// steps without padding: r, z, n and `h W_n + b_n`.
pub fn forward<E: Elementary>(
    sizes: RecurrentSizes,
    lengths: &Lengths,
    direction: Direction,
    inputs: &GruInputs<'_, E>,
    keep_gates: bool,
) -> (Vec<E>, Option<Vec<E>>) {
    let RecurrentSizes { batch, time, hidden } = sizes;
    let weights = StridedMatrix::row_major(inputs.weights, [hidden, 3 * hidden]);
    let recurrence = Recurrence {
        sizes,
        lengths,
        direction,
        inputs,
        weights: RightFactor::new(weights, lengths.total()),
        starts: starts(lengths),
    };
    let blocks = blocks(batch);
    let run = |gates: Vec<Option<&mut [E]>>| {
        filled(batch * time * hidden, |outputs| {
            let outputs = outputs.par_chunks_mut(rows_per_task(batch) * time * hidden);
            let tasks = (blocks.par_iter(), outputs, gates).into_par_iter();
            tasks.for_each(|(block, outputs, gates)| recurrence.run(*block, outputs, gates));
        })
    };
    if !keep_gates {
        return (run(blocks.iter().map(|_| None).collect()), None);
    }
    let mut outputs = Vec::new();
    let gates = filled(lengths.total() * 4 * hidden, |gates| {
        let parts = split_steps(gates, &blocks, &recurrence.starts, 4 * hidden);
        outputs = run(parts.into_iter().map(Some).collect());
    });
    (outputs, Some(gates))
}

struct Recurrence<'a, E: Clone> {
    sizes: RecurrentSizes,
    lengths: &'a Lengths,
    direction: Direction,
    inputs: &'a GruInputs<'a, E>,
    weights: RightFactor<'a, E>,
    starts: Vec<usize>,
}

impl<E: Elementary> Recurrence<'_, E> {
    /// Takes the rows of a block through all steps.
    fn run(&self, block: RowBlock, outputs: &mut [E], mut gates: Option<&mut [E]>) {
        let RecurrentSizes { time, hidden, .. } = self.sizes;
        let RowBlock { first, rows } = block;
        let mut live = Vec::with_capacity(rows);
        let (mut sources, mut places) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        with_scratch(rows * 4 * hidden, |scratch| {
            let (states, products) = scratch.split_at_mut(rows * hidden);
            states.copy_from_slice(&self.inputs.initial[first * hidden..][..rows * hidden]);
            for step in self.direction.steps(time) {
                live.clear();
                live.extend((0..rows).filter(|row| step < self.lengths.of(first + row)));
                sources.clear();
                sources.extend(live.iter().map(|row| (row * hidden) as u32));
                places.clear();
                places.extend(live.iter().map(|row| (row * 3 * hidden) as u32));
                let bias = Some(self.inputs.bias);
                self.weights.multiply((states, &sources), bias, (products, &places));
                for row in &live {
                    let input = (first + row) * time + step;
                    let entry = self.starts[first + row] + step - self.starts[first];
                    let gates = gates.as_deref_mut();
                    let mut unit = Unit {
                        hidden,
                        projected: &self.inputs.projected[input * 3 * hidden..][..3 * hidden],
                        product: &products[row * 3 * hidden..][..3 * hidden],
                        state: &mut states[row * hidden..][..hidden],
                        gates: gates.map(|gates| &mut gates[entry * 4 * hidden..][..4 * hidden]),
                    };
                    for_each_block(hidden, &mut unit);
                }
                for (row, state) in states.chunks_exact(hidden).enumerate() {
                    outputs[(row * time + step) * hidden..][..hidden].copy_from_slice(state);
                }
            }
        });
    }
}

/// One step of one row: replaces the state, and writes the gates r, z, n and `h W_n + b_n`.
pub struct Unit<'a, E> {
    pub hidden: usize,
    pub projected: &'a [E],
    /// `h W + b`.
    pub product: &'a [E],
    pub state: &'a mut [E],
    pub gates: Option<&'a mut [E]>,
}

impl<E: Elementary> ChannelBlock for Unit<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let parts = [0, 1, 2].map(|gate| gate * self.hidden + first);
        let [of_r, of_z, of_n] = parts.map(|part| *at::<E, W>(self.projected, part));
        let [by_r, by_z, by_n] = parts.map(|part| *at::<E, W>(self.product, part));
        let mut state = *at::<E, W>(self.state, first);
        let [mut r, mut z, mut n] = [[E::default(); W]; 3];
        for i in 0..W {
            r[i] = (of_r[i] + by_r[i]).fast_sigmoid();
            z[i] = (of_z[i] + by_z[i]).fast_sigmoid();
            n[i] = (of_n[i] + r[i] * by_n[i]).fast_tanh();
            state[i] = n[i] + z[i] * (state[i] - n[i]);
        }
        *at_mut(self.state, first) = state;
        if let Some(gates) = self.gates.as_deref_mut() {
            for (gate, values) in [r, z, n, by_n].into_iter().enumerate() {
                *at_mut(gates, gate * self.hidden + first) = values;
            }
        }
    }
}
