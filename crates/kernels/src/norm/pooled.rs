//! Normalisation followed by max pooling, forward and backward.

use rayon::prelude::*;

use super::Affine;
use crate::blocks::{ChannelBlock, at, at_mut, for_each_block, leaky_relu};
use crate::float::Float;
use crate::view::filled;

/// Max pooling by windows of `size` by `size` with stride `size`, on images of `height` by `width`; rows
/// and columns beyond the last whole window are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolWindows {
    /// The height of the images, in pixels.
    pub height: usize,
    /// The width of the images, in pixels.
    pub width: usize,
    /// Height and width of a window, in pixels.
    pub size: usize,
}

impl PoolWindows {
    /// The number of windows, down and across.
    pub fn count(&self) -> [usize; 2] {
        [self.height / self.size, self.width / self.size]
    }
}

/// The maximum of `max(z, slope z)` in each window, and the x at the maximum.
///
/// The latter is saved for the backward pass: a quarter of the size of x for 2x2 windows.
pub fn normalize_and_pool<E: Float>(
    x: &[E],
    affine: &Affine<E>,
    slope: E,
    windows: PoolWindows,
) -> (Vec<E>, Vec<E>) {
    /// One sample; `S` is the size of the windows, or 0 if it is not a constant.
    struct Sample<'a, E, const S: usize> {
        x: &'a [E],
        affine: &'a Affine<E>,
        slope: E,
        windows: PoolWindows,
        y: &'a mut [E],
        chosen: &'a mut [E],
    }
    impl<E: Float, const S: usize> ChannelBlock for Sample<'_, E, S> {
        #[inline(always)]
        fn run<const W: usize>(&mut self, first: usize) {
            let channels = self.affine.factor.len();
            let factor = *at::<E, W>(&self.affine.factor, first);
            let summand = *at::<E, W>(&self.affine.summand, first);
            let size = if S == 0 { self.windows.size } else { S };
            let [rows, columns] = self.windows.count();
            let line = self.windows.width * channels;
            for row in 0..rows {
                let x = &self.x[row * size * line..][..size * line];
                let range = row * columns * channels..(row + 1) * columns * channels;
                let (y, chosen) = (&mut self.y[range.clone()], &mut self.chosen[range]);
                for column in 0..columns {
                    let start = column * size * channels + first;
                    let mut taken = *at::<E, W>(x, start);
                    let mut best = [E::default(); W];
                    for i in 0..W {
                        best[i] = factor[i] * taken[i] + summand[i];
                    }
                    for down in 0..size {
                        for across in 0..size {
                            let x = at::<E, W>(x, start + down * line + across * channels);
                            for i in 0..W {
                                let z = factor[i] * x[i] + summand[i];
                                let larger = z > best[i];
                                best[i] = if larger { z } else { best[i] };
                                taken[i] = if larger { x[i] } else { taken[i] };
                            }
                        }
                    }
                    for z in &mut best {
                        *z = leaky_relu(*z, self.slope);
                    }
                    *at_mut(y, column * channels + first) = best;
                    *at_mut(chosen, column * channels + first) = taken;
                }
            }
        }
    }

    let channels = affine.factor.len();
    let [rows, columns] = windows.count();
    let (sample, pooled) =
        (windows.height * windows.width * channels, (rows * columns * channels).max(1));
    let total = x.len() / sample * rows * columns * channels;
    let mut chosen = Vec::new();
    let y = filled(total, |y| {
        chosen = filled(total, |chosen| {
            let samples = x.par_chunks_exact(sample).zip(y.par_chunks_exact_mut(pooled));
            samples.zip(chosen.par_chunks_exact_mut(pooled)).for_each(|((x, y), chosen)| {
                if windows.size == 2 {
                    let mut block = Sample::<E, 2> { x, affine, slope, windows, y, chosen };
                    for_each_block(channels, &mut block);
                } else {
                    let mut block = Sample::<E, 0> { x, affine, slope, windows, y, chosen };
                    for_each_block(channels, &mut block);
                }
            });
        });
    });
    (y, chosen)
}
