//! The label-smoothed cross-entropy of rows of logits.
//!
//! With the maximum m of a row x and `S = sum_v exp(x[v] - m)`, the probabilities are
//! `p[v] = exp(x[v] - m) / S`, and the loss of a row with target t and smoothing e is
//! `log S - (1 - e) (x[t] - m) - e / V sum_v (x[v] - m)`. The backward pass computes p anew from the
//! logits, m and S.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::float::Float;
use crate::patches::processor;
use crate::rows::{SHORT_SUM, maximum, rows_per_task, sum};
use crate::view::filled;

/// The smoothed target of a row.
#[derive(Clone, Copy, Debug)]
struct Target {
    id: usize,
    smoothing: f64,
}

/// The softmax of a row: the maximum, the sum of `exp(x - maximum)`, and the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowSoftmax {
    maximum: f64,
    sum: f64,
    loss: f64,
}

/// The targets of rows of logits.
#[derive(Clone, Copy, Debug)]
pub struct Targets<'a> {
    /// The class of each row.
    pub ids: &'a [u32],
    /// The class of rows that are left out.
    pub ignored: Option<u32>,
    /// The share of the target distribution that is divided equally among all classes.
    pub smoothing: f64,
}

impl Targets<'_> {
    /// The target of each row; None if it is left out.
    fn rows(&self) -> impl IndexedParallelIterator<Item = Option<Target>> {
        let Self { ids, ignored, smoothing } = *self;
        ids.par_iter()
            .map(move |id| (Some(*id) != ignored).then_some(Target { id: *id as usize, smoothing }))
    }

    /// The loss, summed over the rows of `logits` in order, and the softmax of each row.
    pub fn loss<E: Float>(&self, logits: &[E], vocabulary: usize) -> (f64, Vec<RowSoftmax>) {
        let rows = logits.par_chunks_exact(vocabulary).zip(self.rows());
        let rows = rows.with_min_len(rows_per_task(vocabulary)).map(|(logits, target)| {
            let forward = |target| processor().dispatch(ForwardRow { logits, target });
            target.map(forward).unwrap_or_default()
        });
        let rows: Vec<RowSoftmax> = rows.collect();
        (rows.iter().map(|row| row.loss).sum(), rows)
    }

    /// The gradient of the logits: `scale` times the difference between softmax and target distribution.
    pub fn gradient<E: Float>(
        &self,
        logits: &[E],
        vocabulary: usize,
        rows: &[RowSoftmax],
        scale: f64,
    ) -> Vec<E> {
        filled(logits.len(), |gradient| {
            let outputs = gradient.par_chunks_exact_mut(vocabulary);
            let inputs = logits.par_chunks_exact(vocabulary).zip(rows).zip(self.rows());
            let rows = outputs.zip(inputs).with_min_len(rows_per_task(vocabulary));
            rows.for_each(|(gradient, ((logits, softmax), target))| match target {
                None => gradient.fill(E::default()),
                Some(target) => {
                    processor().dispatch(BackwardRow { logits, softmax, target, scale, gradient });
                }
            });
        })
    }
}

struct ForwardRow<'a, E> {
    logits: &'a [E],
    target: Target,
}

impl<E: Float> WithSimd for ForwardRow<'_, E> {
    type Output = RowSoftmax;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> RowSoftmax {
        let Self { logits, target: Target { id, smoothing } } = self;
        let largest = maximum(logits);
        let (mut total, mut distance) = (0.0, 0.0);
        // Apart from the sums: loops over elements alone become vectors.
        let (mut shifted, mut powers) = ([E::default(); SHORT_SUM], [E::default(); SHORT_SUM]);
        for block in logits.chunks(SHORT_SUM) {
            let (shifted, powers) = (&mut shifted[..block.len()], &mut powers[..block.len()]);
            for ((shifted, power), x) in shifted.iter_mut().zip(&mut *powers).zip(block) {
                *shifted = *x - largest;
                *power = shifted.quick_exp();
            }
            total += sum(simd, powers);
            distance += sum(simd, shifted);
        }
        let mut loss = total.ln() - (1.0 - smoothing) * (logits[id] - largest).into_f64();
        // Without smoothing, a logit of minus infinity adds nothing.
        if smoothing > 0.0 {
            loss -= smoothing * distance / logits.len() as f64;
        }
        RowSoftmax { maximum: largest.into_f64(), sum: total, loss }
    }
}

struct BackwardRow<'a, E> {
    logits: &'a [E],
    softmax: &'a RowSoftmax,
    target: Target,
    scale: f64,
    gradient: &'a mut [E],
}

impl<E: Float> WithSimd for BackwardRow<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { logits, softmax, target: Target { id, smoothing }, scale, gradient } = self;
        let largest = E::from_f64(softmax.maximum);
        let share = E::from_f64(scale / softmax.sum);
        let uniform = E::from_f64(scale * smoothing / logits.len() as f64);
        for (gradient, x) in gradient.iter_mut().zip(logits) {
            *gradient = (*x - largest).quick_exp() * share - uniform;
        }
        gradient[id] = gradient[id] - E::from_f64(scale * (1.0 - smoothing));
    }
}
