//! Reductions of a row: dot products and softmax.
//!
//! Each sums in lanes, whose number is the same on every processor.

use pulp::{Simd, WithSimd};

use crate::float::Float;
use crate::patches::processor;

/// The lanes of a sum: a few vectors, so that an addition need not wait for the one before it.
const LANES: usize = 16;

/// The sum of the lanes.
#[inline(always)]
pub fn total<E: Float, const W: usize>(mut lanes: [E; W]) -> E {
    let mut width = W;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
    }
    lanes[0]
}

/// The dot product of two rows.
#[inline(always)]
fn dot_in_lanes<E: Float>(left: &[E], right: &[E]) -> E {
    let ((left, left_rest), (right, right_rest)) =
        (left.as_chunks::<LANES>(), right.as_chunks::<LANES>());
    let mut lanes = [E::default(); LANES];
    for (left, right) in left.iter().zip(right) {
        for i in 0..LANES {
            lanes[i] += left[i] * right[i];
        }
    }
    let mut sum = total(lanes);
    for (left, right) in left_rest.iter().zip(right_rest) {
        sum += *left * *right;
    }
    sum
}

/// The dot products of `row` with each of the rows in `matrix`, into `products`.
pub fn dots<E: Float>(row: &[E], matrix: &[E], products: &mut [E]) {
    struct Dots<'a, E>(&'a [E], &'a [E], &'a mut [E]);
    impl<E: Float> WithSimd for Dots<'_, E> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            for (other, product) in self.1.chunks_exact(self.0.len()).zip(self.2) {
                *product = dot_in_lanes(self.0, other);
            }
        }
    }
    processor().dispatch(Dots(row, matrix, products));
}

/// A softmax: the largest of the scaled scores, and the reciprocal of the sum of the exponentials below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normaliser<E> {
    /// The largest scaled score.
    pub largest: E,
    /// `1 / sum_j exp(scale score_j - largest)`.
    pub reciprocal: E,
}

/// Replaces the scores by their softmax weights, `exp(scale score - largest) / sum`.
pub fn softmax<E: Float>(scores: &mut [E], scale: E) -> Normaliser<E> {
    struct Softmax<'a, E>(&'a mut [E], E);
    impl<E: Float> WithSimd for Softmax<'_, E> {
        type Output = Normaliser<E>;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> Normaliser<E> {
            let Self(scores, scale) = self;
            let Some(first) = scores.first().copied() else {
                return Normaliser { largest: E::default(), reciprocal: E::default() };
            };
            // The last few scores as a whole chunk: most rows have a few only. Copies of the first score
            // leave the largest one as it is, and -infinity adds nothing to the sum.
            let (chunks, rest) = scores.as_chunks_mut::<LANES>();
            let mut last = [first; LANES];
            last[..rest.len()].copy_from_slice(rest);
            let mut most = [first * scale; LANES];
            for chunk in chunks.iter_mut().chain([&mut last]) {
                for i in 0..LANES {
                    chunk[i] = chunk[i] * scale;
                    most[i] = if chunk[i] > most[i] { chunk[i] } else { most[i] };
                }
            }
            let larger = |a: E, b: E| if b > a { b } else { a };
            let largest = most.into_iter().fold(most[0], larger);
            last[rest.len()..].fill(E::from_f64(f64::NEG_INFINITY));
            let mut lanes = [E::default(); LANES];
            for chunk in chunks.iter_mut().chain([&mut last]) {
                for i in 0..LANES {
                    chunk[i] = (chunk[i] - largest).quick_exp();
                    lanes[i] += chunk[i];
                }
            }
            let reciprocal = E::from_f64(1.0) / total(lanes);
            rest.copy_from_slice(&last[..rest.len()]);
            for weight in scores {
                *weight = *weight * reciprocal;
            }
            Normaliser { largest, reciprocal }
        }
    }
    processor().dispatch(Softmax(scores, scale))
}

/// Replaces the scores by the weights that [`softmax`] gave them.
pub fn softmax_again<E: Float>(scores: &mut [E], scale: E, by: Normaliser<E>) {
    struct Again<'a, E>(&'a mut [E], E, Normaliser<E>);
    impl<E: Float> WithSimd for Again<'_, E> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Self(scores, scale, Normaliser { largest, reciprocal }) = self;
            for score in scores {
                *score = (*score * scale - largest).quick_exp() * reciprocal;
            }
        }
    }
    processor().dispatch(Again(scores, scale, by));
}

/// The gradient of the scores in front of a softmax, `scale weight (gradient - sum weight gradient)`, in
/// place of the gradient of the weights.
pub fn softmax_gradient<E: Float>(weights: &[E], gradient: &mut [E], scale: E) {
    struct Gradient<'a, E>(&'a [E], &'a mut [E], E);
    impl<E: Float> WithSimd for Gradient<'_, E> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Self(weights, gradient, scale) = self;
            let mean = dot_in_lanes(weights, gradient);
            for (weight, gradient) in weights.iter().zip(gradient) {
                *gradient = scale * *weight * (*gradient - mean);
            }
        }
    }
    processor().dispatch(Gradient(weights, gradient, scale));
}

/// The sum of the rows in `matrix`, weighted: `sum_j weights_j matrix_j`.
pub fn weighted_sum<E: Float>(weights: &[E], matrix: &[E], sum: &mut [E]) {
    struct Weighted<'a, E>(&'a [E], &'a [E], &'a mut [E]);
    impl<E: Float> WithSimd for Weighted<'_, E> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Self(weights, matrix, sum) = self;
            sum.fill(E::default());
            // Row after row, as they lie in memory.
            for (weight, row) in weights.iter().zip(matrix.chunks_exact(sum.len())) {
                for (sum, value) in sum.iter_mut().zip(row) {
                    *sum += *weight * *value;
                }
            }
        }
    }
    processor().dispatch(Weighted(weights, matrix, sum));
}

/// Adds each element of `values` to that of `sums`.
pub fn add<E: Float>(sums: &mut [E], values: &[E]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += *value;
    }
}
