//! The gradients of a gated recurrent unit, through time.
//!
//! With g the gradient of the state h' of a step, from its output and from the step after it:
//!
//! - `dn = g (1 - z) (1 - n^2)`, `dz = g (h - n) z (1 - z)`, `dr = dn (h W_n + b_n) r (1 - r)` are the
//!   gradients of the projected inputs;
//! - `d = (dr, dz, r dn)` are those of `h W + b`, so that `g z + d W^T` is that of the state before;
//! - the gradient of the weights is the sum of `h^T d` over all rows and steps, and that of the bias the sum
//!   of d.

use rayon::prelude::*;

use super::{Direction, RecurrentSizes, RowBlock, blocks, rows_per_task, split_steps, starts};
use crate::blocks::{ChannelBlock, at, at_mut, for_each_block};
use crate::float::{Float, with_scratch};
use crate::lengths::Lengths;
use crate::matrix::{RightFactor, SpacedRows, StridedMatrix, slack, transposed_product};
use crate::view::filled_all;

/// The saved tensors of the forward pass, and the gradient of its output.
pub struct GruSaved<'a, E> {
    /// `[batch, hidden]`.
    pub initial: &'a [E],
    /// `[hidden, 3 hidden]`.
    pub weights: &'a [E],
    /// `[batch, time, hidden]`.
    pub outputs: &'a [E],
    /// `[steps, 4 hidden]`.
    pub gates: &'a [E],
    /// `[batch, time, hidden]`.
    pub gradient: &'a [E],
}

/// The gradients of the inputs.
pub struct GruGradients<E> {
    /// `[batch, time, 3 hidden]`.
    pub projected: Vec<E>,
    /// `[batch, hidden]`.
    pub initial: Vec<E>,
    /// `[hidden, 3 hidden]` and `[3 hidden]`, if they were asked for.
    pub weights_and_bias: Option<(Vec<E>, Vec<E>)>,
}

/// The gradients of all inputs.
pub fn backward<E: Float>(
    sizes: RecurrentSizes,
    lengths: &Lengths,
    direction: Direction,
    saved: &GruSaved<'_, E>,
    needs_weights: bool,
) -> GruGradients<E> {
    let RecurrentSizes { batch, time, hidden } = sizes;
    let weights = StridedMatrix::row_major(saved.weights, [hidden, 3 * hidden]).transposed();
    let recurrence = Recurrence {
        sizes,
        lengths,
        direction,
        saved,
        weights: RightFactor::new(weights, lengths.total()),
        starts: starts(lengths),
    };
    let (blocks, rows, steps) = (blocks(batch), rows_per_task(batch), lengths.total());
    let starts = &recurrence.starts;
    let lengths = [
        batch * time * 3 * hidden,
        batch * hidden,
        steps * (hidden + 1),
        steps * 3 * hidden + slack::<E>(3 * hidden),
    ];
    let [projected, initial, states, products] =
        filled_all(lengths, |[projected, initial, states, products]| {
            let (products, behind) = products.split_at_mut(steps * 3 * hidden);
            behind.fill(E::default());
            let tasks = (
                &blocks,
                projected.par_chunks_mut(rows * time * 3 * hidden),
                initial.par_chunks_mut(rows * hidden),
                split_steps(states, &blocks, starts, hidden + 1),
                split_steps(products, &blocks, starts, 3 * hidden),
            );
            tasks.into_par_iter().for_each(|(block, projected, carried, states, products)| {
                let out = BlockGradients { projected, carried, states, products };
                recurrence.run(*block, out);
            });
        });
    let weights_and_bias = needs_weights.then(|| {
        let states = SpacedRows::dense(&states, hidden + 1);
        let mut sums = transposed_product(states, (&products, 3 * hidden));
        let bias = sums.split_off(hidden * 3 * hidden);
        (sums, bias)
    });
    GruGradients { projected, initial, weights_and_bias }
}

struct Recurrence<'a, E: Clone> {
    sizes: RecurrentSizes,
    lengths: &'a Lengths,
    direction: Direction,
    saved: &'a GruSaved<'a, E>,
    /// The transpose of the weights.
    weights: RightFactor<'a, E>,
    starts: Vec<usize>,
}

/// The results of a block.
struct BlockGradients<'a, E> {
    /// `[rows, time, 3 hidden]`.
    projected: &'a mut [E],
    /// The gradients of the states, from the last step back to the initial states, `[rows, hidden]`.
    carried: &'a mut [E],
    /// The states before each step without padding, and a one for the bias: `[steps, hidden + 1]`.
    states: &'a mut [E],
    /// The gradients of `h W + b`, `[steps, 3 hidden]`.
    products: &'a mut [E],
}

impl<E: Float> Recurrence<'_, E> {
    /// Takes the rows of a block back through all steps.
    fn run(&self, block: RowBlock, out: BlockGradients<'_, E>) {
        let RecurrentSizes { time, hidden, .. } = self.sizes;
        let RowBlock { first, rows } = block;
        let BlockGradients { projected, carried, states, products } = out;
        let row_of = |step: usize, row: usize| ((first + row) * time + step) * hidden;
        let entry = |step: usize, row: usize| self.starts[first + row] + step - self.starts[first];
        let mut live = Vec::with_capacity(rows);
        let (mut sources, mut places) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        carried.fill(E::default());
        with_scratch(rows * hidden, |back| {
            for step in self.direction.steps(time).rev() {
                for (row, carried) in carried.chunks_exact_mut(hidden).enumerate() {
                    let gradient = &self.saved.gradient[row_of(step, row)..][..hidden];
                    for (carried, gradient) in carried.iter_mut().zip(gradient) {
                        *carried += *gradient;
                    }
                }
                live.clear();
                live.extend((0..rows).filter(|row| step < self.lengths.of(first + row)));
                for row in 0..rows {
                    let of_row = &mut projected[(row * time + step) * 3 * hidden..][..3 * hidden];
                    if step >= self.lengths.of(first + row) {
                        of_row.fill(E::default());
                        continue;
                    }
                    let entry = entry(step, row);
                    let before = self.direction.before(step, time);
                    let before = before.map_or_else(
                        || &self.saved.initial[(first + row) * hidden..][..hidden],
                        |step| &self.saved.outputs[row_of(step, row)..][..hidden],
                    );
                    let state = &mut states[entry * (hidden + 1)..][..=hidden];
                    state[..hidden].copy_from_slice(before);
                    state[hidden] = E::from_f64(1.0);
                    let of_all = self.starts[first] + entry;
                    let mut unit = UnitBackward {
                        hidden,
                        gates: &self.saved.gates[of_all * 4 * hidden..][..4 * hidden],
                        state: before,
                        carried: &mut carried[row * hidden..][..hidden],
                        projected: of_row,
                        product: &mut products[entry * 3 * hidden..][..3 * hidden],
                    };
                    for_each_block(hidden, &mut unit);
                }
                sources.clear();
                sources.extend(live.iter().map(|row| (entry(step, *row) * 3 * hidden) as u32));
                places.clear();
                places.extend(live.iter().map(|row| (row * hidden) as u32));
                self.weights.multiply((products, &sources), None, (back, &places));
                for row in &live {
                    let back = &back[row * hidden..][..hidden];
                    for (carried, back) in carried[row * hidden..].iter_mut().zip(back) {
                        *carried += *back;
                    }
                }
            }
        });
    }
}

/// One step of one row, backwards.
pub struct UnitBackward<'a, E> {
    pub hidden: usize,
    pub gates: &'a [E],
    /// The state before the step.
    pub state: &'a [E],
    /// The gradient of the state after the step, and then the part of the gradient of the state before it
    /// that does not pass through the product.
    pub carried: &'a mut [E],
    pub projected: &'a mut [E],
    pub product: &'a mut [E],
}

impl<E: Float> ChannelBlock for UnitBackward<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let parts = [0, 1, 2, 3].map(|gate| gate * self.hidden + first);
        let [r, z, n, by_n] = parts.map(|part| *at::<E, W>(self.gates, part));
        let state = *at::<E, W>(self.state, first);
        let mut carried = *at::<E, W>(self.carried, first);
        let [mut of_r, mut of_z, mut of_n, mut through_n] = [[E::default(); W]; 4];
        let one = E::from_f64(1.0);
        for i in 0..W {
            of_n[i] = carried[i] * (one - z[i]) * (one - n[i] * n[i]);
            of_z[i] = carried[i] * (state[i] - n[i]) * z[i] * (one - z[i]);
            of_r[i] = of_n[i] * by_n[i] * r[i] * (one - r[i]);
            through_n[i] = of_n[i] * r[i];
            carried[i] = carried[i] * z[i];
        }
        *at_mut(self.carried, first) = carried;
        for (out, of_n) in [(&mut *self.projected, of_n), (&mut *self.product, through_n)] {
            for (part, values) in parts.into_iter().zip([of_r, of_z, of_n]) {
                *at_mut(out, part) = values;
            }
        }
    }
}
