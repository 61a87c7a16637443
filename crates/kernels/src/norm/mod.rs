//! Batch normalisation, fused with a shortcut, an activation and max pooling.
//!
//! Ioffe and Szegedy 2015, algorithm 1: over all m pixels of a channel, with mean mu and variance
//! s2, `xhat = (x - mu) / sqrt(s2 + epsilon)` and `z = gamma xhat + beta`. Optionally
//! followed by the addition of a shortcut, `max(z, slope z)`, and max pooling.
//!
//! Backward, with g the gradient at z: `dbeta = sum g`, `dgamma = sum g xhat`, and
//! `dx = gamma / sqrt(s2 + epsilon) (g - dbeta / m - xhat dgamma / m)`.

mod backward;
mod moments;
mod pooled;

use rayon::prelude::*;

use crate::blocks::{ChannelBlock, Nonlinearity, at, at_mut, for_each_block, leaky_relu};
use crate::float::Float;
use crate::view::filled;

pub use backward::{BackwardInputs, PostNorm};
pub use moments::{Moments, PartialMoments};
pub use pooled::{PoolWindows, normalize_and_pool};

/// Elements in a task: few enough for a core's cache, and the same on every machine.
const CHUNK: usize = 1 << 14;

/// The number of whole pixels in a task.
fn pixels_per_task(channels: usize) -> usize {
    (CHUNK / channels).max(1)
}

/// Normalisation as an affine map of each channel: `z = factor x + summand`.
#[derive(Clone, Debug)]
pub struct Affine<E> {
    factor: Vec<E>,
    summand: Vec<E>,
}

impl<E: Float> Affine<E> {
    /// The affine map `gamma (x - mean) / sqrt(variance + epsilon) + beta`.
    pub fn new(moments: &Moments<E>, gamma: &[E], beta: &[E], epsilon: f64) -> Self {
        let (mut factor, mut summand) = (Vec::new(), Vec::new());
        for channel in 0..gamma.len() {
            let deviation = (moments.variance[channel].into_f64() + epsilon).sqrt();
            let scale = gamma[channel].into_f64() / deviation;
            let shift = beta[channel].into_f64() - moments.mean[channel].into_f64() * scale;
            factor.push(E::from_f64(scale));
            summand.push(E::from_f64(shift));
        }
        Self { factor, summand }
    }
}

/// `max(z, slope z)` with `z = factor x + summand + shortcut`, for `x` of `[pixels, channels]`.
pub fn normalize<E: Float>(
    x: &[E],
    affine: &Affine<E>,
    shortcut: Option<&[E]>,
    slope: E,
) -> Vec<E> {
    struct Chunk<'a, E> {
        x: &'a [E],
        shortcut: Option<&'a [E]>,
        affine: &'a Affine<E>,
        slope: E,
        y: &'a mut [E],
    }
    impl<E: Float> ChannelBlock for Chunk<'_, E> {
        #[inline(always)]
        fn run<const W: usize>(&mut self, first: usize) {
            let channels = self.affine.factor.len();
            let factor = *at::<E, W>(&self.affine.factor, first);
            let summand = *at::<E, W>(&self.affine.summand, first);
            for start in (first..self.x.len()).step_by(channels) {
                let x = at::<E, W>(self.x, start);
                let y = at_mut::<E, W>(self.y, start);
                let mut z = [E::default(); W];
                for i in 0..W {
                    z[i] = factor[i] * x[i] + summand[i];
                }
                if let Some(shortcut) = self.shortcut {
                    let shortcut = at::<E, W>(shortcut, start);
                    for i in 0..W {
                        z[i] += shortcut[i];
                    }
                }
                for i in 0..W {
                    y[i] = leaky_relu(z[i], self.slope);
                }
            }
        }
    }

    let channels = affine.factor.len();
    let chunk = pixels_per_task(channels) * channels;
    filled(x.len(), |y| {
        y.par_chunks_mut(chunk).zip(x.par_chunks(chunk)).enumerate().for_each(|(task, (y, x))| {
            let shortcut = shortcut.map(|shortcut| &shortcut[task * chunk..][..x.len()]);
            for_each_block(channels, &mut Chunk { x, shortcut, affine, slope, y });
        });
    })
}

/// The gradient at z, in front of the nonlinearity, `[pixels, channels]`; also the shortcut's gradient.
pub fn activation_gradient<E: Float>(
    output: &[E],
    gradient: &[E],
    nonlinearity: Nonlinearity,
) -> Vec<E> {
    filled(output.len(), |g| {
        g.par_chunks_mut(CHUNK).enumerate().for_each(|(task, g)| {
            let range = task * CHUNK..task * CHUNK + g.len();
            g.copy_from_slice(&gradient[range.clone()]);
            nonlinearity.chain(&output[range], g);
        });
    })
}
