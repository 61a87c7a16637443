//! Mean and variance of each channel.

use rayon::prelude::*;

use super::pixels_per_task;
use crate::blocks::{ChannelBlock, at, at_mut, for_each_block};
use crate::float::Float;

/// Mean and biased variance of each channel: the variance is the sum of squares over the number of
/// pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments<E> {
    /// The means.
    pub mean: Vec<E>,
    /// The variances.
    pub variance: Vec<E>,
}

/// The number of pixels summed in the tensor's own precision. Images have many equal pixels, whose
/// rounding errors all have the same sign and would add up in a longer sum.
const SHORT_SUM: usize = 64;

/// The sums of `term` over all pixels, for `W` channels from `first` on.
#[inline(always)]
fn sum_over<E: Float, const W: usize>(
    x: &[E],
    channels: usize,
    first: usize,
    term: impl Fn([E; W]) -> [E; W],
) -> [f64; W] {
    let mut total = [0.0; W];
    for x in x.chunks(SHORT_SUM * channels) {
        let mut sums = [E::default(); W];
        for start in (first..x.len()).step_by(channels) {
            let terms = term(*at::<E, W>(x, start));
            for i in 0..W {
                sums[i] += terms[i];
            }
        }
        for i in 0..W {
            total[i] += sums[i].into_f64();
        }
    }
    total
}

/// The moments of a part of the pixels.
#[derive(Debug)]
pub struct PartialMoments {
    pixels: usize,
    mean: Vec<f64>,
    /// The sums of squared differences from the mean.
    squares: Vec<f64>,
}

impl PartialMoments {
    /// The moments of `x`, `[pixels, channels]`.
    pub fn new<E: Float>(x: &[E], channels: usize) -> Self {
        struct Sums<'a, E> {
            x: &'a [E],
            part: PartialMoments,
        }
        impl<E: Float> ChannelBlock for Sums<'_, E> {
            #[inline(always)]
            fn run<const W: usize>(&mut self, first: usize) {
                let channels = self.part.mean.len();
                // Differences from the first pixel are small if all pixels are about the same.
                let origin = *at::<E, W>(self.x, first);
                let mut mean = sum_over::<E, W>(self.x, channels, first, |mut x| {
                    for i in 0..W {
                        x[i] = x[i] - origin[i];
                    }
                    x
                });
                let mut centre = [E::default(); W];
                for i in 0..W {
                    mean[i] = origin[i].into_f64() + mean[i] / self.part.pixels as f64;
                    centre[i] = E::from_f64(mean[i]);
                }
                let squares = sum_over::<E, W>(self.x, channels, first, |mut x| {
                    for i in 0..W {
                        let off = x[i] - centre[i];
                        x[i] = off * off;
                    }
                    x
                });
                *at_mut(&mut self.part.mean, first) = mean;
                *at_mut(&mut self.part.squares, first) = squares;
            }
        }

        let zeros = vec![0.0; channels];
        let part = Self { pixels: x.len() / channels, mean: zeros.clone(), squares: zeros };
        let mut sums = Sums { x, part };
        for_each_block(channels, &mut sums);
        sums.part
    }
}

impl<E: Float> Moments<E> {
    /// Combines the parts in order (Chan, Golub and LeVeque 1983), without cancellation for a large mean.
    pub fn join(parts: &[PartialMoments], channels: usize) -> Self {
        let (mut count, mut mean, mut squares) = (0.0, vec![0.0; channels], vec![0.0; channels]);
        for part in parts {
            let pixels = part.pixels as f64;
            let total = count + pixels;
            for channel in 0..channels {
                let off = part.mean[channel] - mean[channel];
                mean[channel] += off * pixels / total;
                squares[channel] += part.squares[channel] + off * off * count * pixels / total;
            }
            count = total;
        }
        Self {
            mean: mean.into_iter().map(E::from_f64).collect(),
            variance: squares.into_iter().map(|sum| E::from_f64(sum / count)).collect(),
        }
    }

    /// The moments of `x`, `[pixels, channels]`.
    pub fn new(x: &[E], channels: usize) -> Self {
        let chunks = x.par_chunks(pixels_per_task(channels) * channels);
        let parts: Vec<_> = chunks.map(|x| PartialMoments::new(x, channels)).collect();
        Self::join(&parts, channels)
    }
}
