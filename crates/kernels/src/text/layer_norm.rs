//! Layer normalisation: rows of mean 0 and variance 1, scaled and shifted.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::float::{Float, with_scratch};
use crate::patches::processor;
use crate::rows::{dot, rows_per_task, sum};
use crate::view::filled;

/// The moments of a row, from which both passes compute the normalised row
/// `((x - x[0]) - offset) * scale`: differences from the first element are exact for a large mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RowMoments {
    /// The mean of the row, from its first element on.
    offset: f64,
    /// The reciprocal of the standard deviation.
    scale: f64,
}

impl RowMoments {
    /// The moments of a row, with `epsilon` added to the biased variance. The differences are scratch.
    #[inline(always)]
    fn new<E: Float, S: Simd>(simd: S, x: &[E], epsilon: f64, differences: &mut [E]) -> Self {
        let (width, first) = (x.len() as f64, x[0]);
        for (difference, x) in differences.iter_mut().zip(x) {
            *difference = *x - first;
        }
        // Rounded, so that the variance is about the number that is subtracted.
        let offset = E::from_f64(sum(simd, differences) / width);
        for difference in &mut *differences {
            *difference = *difference - offset;
        }
        let squares = dot(simd, differences, differences);
        let scale = 1.0 / (squares / width + epsilon).sqrt();
        Self { offset: offset.into_f64(), scale }
    }

    /// The function that normalises the elements of the row x.
    #[inline(always)]
    fn normalizer<E: Float>(self, x: &[E]) -> impl Fn(E) -> E {
        let (first, offset, scale) = (x[0], E::from_f64(self.offset), E::from_f64(self.scale));
        move |x| ((x - first) - offset) * scale
    }
}

/// The normalised rows of `x`, times the gain, plus the bias, and the moments of each row.
pub fn forward<E: Float>(
    x: &[E],
    [gain, bias]: [&[E]; 2],
    epsilon: f64,
) -> (Vec<E>, Vec<RowMoments>) {
    let task = rows_per_task(gain.len()) * gain.len();
    let mut moments = Vec::new();
    let output = filled(x.len(), |output| {
        let tasks = output.par_chunks_mut(task).zip(x.par_chunks(task));
        let parts: Vec<_> = tasks
            .map(|(output, x)| {
                with_scratch(gain.len(), |scratch| {
                    processor().dispatch(Forward { x, gain, bias, epsilon, output, scratch })
                })
            })
            .collect();
        moments = parts.concat();
    });
    (output, moments)
}

struct Forward<'a, E> {
    x: &'a [E],
    gain: &'a [E],
    bias: &'a [E],
    epsilon: f64,
    output: &'a mut [E],
    scratch: &'a mut [E],
}

impl<E: Float> WithSimd for Forward<'_, E> {
    type Output = Vec<RowMoments>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<RowMoments> {
        let Self { x, gain, bias, epsilon, output, scratch } = self;
        let width = gain.len();
        let mut all = Vec::with_capacity(x.len() / width);
        for (output, x) in output.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
            let moments = RowMoments::new(simd, x, epsilon, scratch);
            let normalize = moments.normalizer(x);
            let affine = gain.iter().zip(bias);
            for ((output, x), (gain, bias)) in output.iter_mut().zip(x).zip(affine) {
                *output = normalize(*x) * *gain + *bias;
            }
            all.push(moments);
        }
        all
    }
}

/// The gradients of a layer normalisation.
pub struct LayerNormGradients<E> {
    /// The gradient of x, in rows.
    pub x: Vec<E>,
    /// The gradient of the gain.
    pub gain: Vec<E>,
    /// The gradient of the bias.
    pub bias: Vec<E>,
}

/// The number of rows whose gradients of gain and bias are summed in their own precision.
const SHORT_SUM: usize = 64;

/// The gradients of x, gain and bias, from the gradient of the output.
pub fn backward<E: Float>(
    x: &[E],
    gain: &[E],
    moments: &[RowMoments],
    gradient: &[E],
) -> LayerNormGradients<E> {
    let width = gain.len();
    let rows = rows_per_task(width).min(SHORT_SUM);
    let task = rows * width;
    let mut sums = vec![0.0; 2 * width];
    let dx = filled(x.len(), |dx| {
        let outputs = dx.par_chunks_mut(task);
        let inputs =
            x.par_chunks(task).zip(gradient.par_chunks(task)).zip(moments.par_chunks(rows));
        let tasks = outputs.zip(inputs).map(|(dx, ((x, gradient), moments))| {
            let mut sums = vec![E::default(); 2 * width];
            with_scratch(2 * width, |scratch| {
                let (normalized, scaled) = scratch.split_at_mut(width);
                let (of_gain, of_bias) = sums.split_at_mut(width);
                processor().dispatch(Backward {
                    x,
                    gain,
                    moments,
                    gradient,
                    dx,
                    normalized,
                    scaled,
                    of_gain,
                    of_bias,
                });
            });
            sums
        });
        let parts: Vec<Vec<E>> = tasks.collect();
        for part in parts {
            for (sum, part) in sums.iter_mut().zip(part) {
                *sum += part.into_f64();
            }
        }
    });
    let [gain, bias] = [&sums[..width], &sums[width..]]
        .map(|sums| sums.iter().map(|sum| E::from_f64(*sum)).collect());
    LayerNormGradients { x: dx, gain, bias }
}

struct Backward<'a, E> {
    x: &'a [E],
    gain: &'a [E],
    moments: &'a [RowMoments],
    gradient: &'a [E],
    dx: &'a mut [E],
    /// Scratch for the normalised row.
    normalized: &'a mut [E],
    /// Scratch for the gradient of the normalised row.
    scaled: &'a mut [E],
    /// The sums of the gradient of the gain.
    of_gain: &'a mut [E],
    /// The sums of the gradient of the bias.
    of_bias: &'a mut [E],
}

impl<E: Float> WithSimd for Backward<'_, E> {
    type Output = ();

    /// With the normalised row y, its gradient g and means over the row, the gradient of x is
    /// `scale (g - mean(g) - y mean(g y))`.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, gain, moments, gradient, dx, normalized, scaled, of_gain, of_bias } = self;
        let width = gain.len();
        let rows = x.chunks_exact(width).zip(gradient.chunks_exact(width)).zip(moments);
        for (dx, ((x, gradient), moments)) in dx.chunks_exact_mut(width).zip(rows) {
            let normalize = moments.normalizer(x);
            for (y, x) in normalized.iter_mut().zip(x) {
                *y = normalize(*x);
            }
            for ((scaled, gradient), gain) in scaled.iter_mut().zip(gradient).zip(gain) {
                *scaled = *gradient * *gain;
            }
            for ((sum, gradient), y) in of_gain.iter_mut().zip(gradient).zip(&*normalized) {
                *sum += *gradient * *y;
            }
            for (sum, gradient) in of_bias.iter_mut().zip(gradient) {
                *sum += *gradient;
            }
            let mean = E::from_f64(sum(simd, scaled) / width as f64);
            let along = E::from_f64(dot(simd, scaled, normalized) / width as f64);
            let scale = E::from_f64(moments.scale);
            for ((dx, g), y) in dx.iter_mut().zip(&*scaled).zip(&*normalized) {
                *dx = (*g - mean - *y * along) * scale;
            }
        }
    }
}
