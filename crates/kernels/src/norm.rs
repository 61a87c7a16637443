//! Batch normalisation, with what follows it in a network done in the same pass.
//!
//! Ioffe and Szegedy 2015, algorithm 1: over all m pixels of a channel, with mean mu and variance
//! s2, `xhat = (x - mu) / sqrt(s2 + epsilon)` and `z = gamma xhat + beta`. Then come, where they are
//! asked for, the addition of a shortcut, `max(z, slope z)`, and the largest of each window.
//!
//! Backward, with g the gradient at z: `dbeta = sum g`, `dgamma = sum g xhat`, and
//! `dx = gamma / sqrt(s2 + epsilon) (g - dbeta / m - xhat dgamma / m)`.

use rayon::prelude::*;

use crate::blocks::{Block, at, at_mut, for_each_block};
use crate::float::Float;
use crate::view::filled;

/// Mean and variance of each channel (the sum of squares over the number of pixels).
#[derive(Clone, Debug, PartialEq)]
pub struct Moments<E> {
    /// The means.
    pub mean: Vec<E>,
    /// The variances.
    pub variance: Vec<E>,
}

/// Numbers that one task treats: small enough for a core's cache, and the same on every machine.
const CHUNK: usize = 1 << 14;

/// Whole pixels in a chunk.
fn pixels_per_task(channels: usize) -> usize {
    (CHUNK / channels).max(1)
}

/// The moments of `x`, `[pixels, channels]`.
///
/// Each chunk is centred on its own mean, and the chunks are joined in order (Chan, Golub and
/// LeVeque 1983), so that a large mean costs no digits.
pub fn moments<E: Float>(x: &[E], channels: usize) -> Moments<E> {
    struct Chunk<'a, E> {
        x: &'a [E],
        channels: usize,
        mean: Vec<E>,
        squares: Vec<E>,
    }
    impl<E: Float> Block for Chunk<'_, E> {
        #[inline(always)]
        fn run<const W: usize>(&mut self, first: usize) {
            let rows = || self.x.chunks_exact(self.channels).map(|row| at::<E, W>(row, first));
            let scale = E::from_f64(1.0 / (self.x.len() / self.channels) as f64);
            let mut mean = [E::default(); W];
            for row in rows() {
                for i in 0..W {
                    mean[i] += row[i];
                }
            }
            let mean = mean.map(|sum| sum * scale);
            let mut squares = [E::default(); W];
            for row in rows() {
                for i in 0..W {
                    let off = row[i] - mean[i];
                    squares[i] += off * off;
                }
            }
            *at_mut(&mut self.mean, first) = mean;
            *at_mut(&mut self.squares, first) = squares;
        }
    }

    let chunk = pixels_per_task(channels) * channels;
    let parts: Vec<_> = x
        .par_chunks(chunk)
        .map(|x| {
            let zeros = vec![E::default(); channels];
            let mut part = Chunk { x, channels, mean: zeros.clone(), squares: zeros };
            for_each_block(channels, &mut part);
            (x.len() / channels, part.mean, part.squares)
        })
        .collect();
    let (mut count, mut mean, mut squares) = (0.0, vec![0.0; channels], vec![0.0; channels]);
    for (pixels, part_mean, part_squares) in parts {
        let pixels = pixels as f64;
        let total = count + pixels;
        for channel in 0..channels {
            let off = part_mean[channel].into_f64() - mean[channel];
            mean[channel] += off * pixels / total;
            squares[channel] +=
                part_squares[channel].into_f64() + off * off * count * pixels / total;
        }
        count = total;
    }
    Moments {
        mean: mean.into_iter().map(E::from_f64).collect(),
        variance: squares.into_iter().map(|sum| E::from_f64(sum / count)).collect(),
    }
}

/// The factor and the summand that normalise a channel: `z = factor x + summand`.
#[derive(Clone, Debug)]
pub struct Affine<E> {
    factor: Vec<E>,
    summand: Vec<E>,
}

impl<E: Float> Affine<E> {
    /// Of `gamma (x - mean) / sqrt(variance + epsilon) + beta`.
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

/// `max(z, slope z)` for slopes between 0 and 1.
#[inline(always)]
pub fn bend<E: Float>(z: E, slope: E) -> E {
    if z > E::default() { z } else { slope * z }
}

/// The derivative of [`bend`], times `gradient`; `y` has the sign of z.
#[inline(always)]
pub fn bend_gradient<E: Float>(y: E, slope: E, gradient: E) -> E {
    if y > E::default() { gradient } else { slope * gradient }
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
    impl<E: Float> Block for Chunk<'_, E> {
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
                    y[i] = bend(z[i], self.slope);
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

/// What the backward pass of a normalisation gives.
#[derive(Debug)]
pub struct NormGradients<E> {
    /// Of the input, `[pixels, channels]`.
    pub x: Vec<E>,
    /// Of gamma.
    pub gamma: Vec<E>,
    /// Of beta.
    pub beta: Vec<E>,
}

/// The gradient at z, `[pixels, channels]`, which is that of the shortcut, too.
pub fn bent_gradient<E: Float>(output: &[E], gradient: &[E], slope: E) -> Vec<E> {
    filled(output.len(), |g| {
        g.par_chunks_mut(CHUNK).enumerate().for_each(|(task, g)| {
            let range = task * CHUNK..task * CHUNK + g.len();
            let (output, gradient) = (&output[range.clone()], &gradient[range]);
            crate::patches::processor().dispatch(
                #[inline(always)]
                || {
                    for ((g, y), gradient) in g.iter_mut().zip(output).zip(gradient) {
                        *g = bend_gradient(*y, slope, *gradient);
                    }
                },
            );
        });
    })
}

/// What is needed of the forward pass to go back through it.
#[derive(Clone, Copy)]
pub struct Forward<'a, E> {
    /// The input, `[pixels, channels]`.
    pub x: &'a [E],
    /// Its moments.
    pub moments: &'a Moments<E>,
    /// The learned scale.
    pub gamma: &'a [E],
    /// What keeps the variance from zero.
    pub epsilon: f64,
}

impl<E: Float> Forward<'_, E> {
    /// The gradients, from `g` at z, or, where `output` is given, behind `max(z, slope z)`.
    pub fn backward(&self, gradient: &[E], output: Option<&[E]>, slope: E) -> NormGradients<E> {
        let channels = self.gamma.len();
        let chunk = pixels_per_task(channels) * channels;
        let slice = |data: &'_ [E], task: usize, length: usize| -> std::ops::Range<usize> {
            let start = task * chunk;
            debug_assert!(start + length <= data.len());
            start..start + length
        };
        let parts: Vec<_> = self
            .x
            .par_chunks(chunk)
            .enumerate()
            .map(|(task, x)| {
                let range = slice(gradient, task, x.len());
                let gradient = &gradient[range.clone()];
                let output = output.map(|output| &output[range]);
                sums(x, gradient, output, &self.moments.mean, slope)
            })
            .collect();
        let terms = self.terms(parts, (self.x.len() / channels) as f64);
        let x = filled(self.x.len(), |dx| {
            dx.par_chunks_mut(chunk).enumerate().for_each(|(task, dx)| {
                let range = slice(gradient, task, dx.len());
                let gradient = &gradient[range.clone()];
                let x = &self.x[range.clone()];
                let output = output.map(|output| &output[range]);
                let mut chunk = InputGradient { x, gradient, output, slope, terms: &terms, dx };
                for_each_block(channels, &mut chunk);
            });
        });
        NormGradients { x, gamma: terms.gamma, beta: terms.beta }
    }

    /// Joins the sums of the chunks, in order.
    fn terms(&self, parts: Vec<[Vec<E>; 2]>, pixels: f64) -> Terms<E> {
        let channels = self.gamma.len();
        let (mut plain, mut times_x) = (vec![0.0; channels], vec![0.0; channels]);
        for [part_plain, part_times_x] in parts {
            for channel in 0..channels {
                plain[channel] += part_plain[channel].into_f64();
                times_x[channel] += part_times_x[channel].into_f64();
            }
        }
        let mut terms = Terms::default();
        for channel in 0..channels {
            let mean = self.moments.mean[channel].into_f64();
            let variance = self.moments.variance[channel].into_f64();
            let scale = 1.0 / (variance + self.epsilon).sqrt();
            let beta = plain[channel];
            let gamma = times_x[channel] * scale;
            // dx = factor g + slope x + rest
            let factor = self.gamma[channel].into_f64() * scale;
            let slope = -factor * scale * gamma / pixels;
            terms.factor.push(E::from_f64(factor));
            terms.slope.push(E::from_f64(slope));
            terms.rest.push(E::from_f64(-factor * beta / pixels - slope * mean));
            terms.gamma.push(E::from_f64(gamma));
            terms.beta.push(E::from_f64(beta));
        }
        terms
    }
}

/// `dx = factor g + slope x + rest` for each channel, and the gradients of gamma and beta.
#[derive(Debug, Default)]
struct Terms<E> {
    factor: Vec<E>,
    slope: Vec<E>,
    rest: Vec<E>,
    gamma: Vec<E>,
    beta: Vec<E>,
}

/// The sums of `g` and of `g (x - mean)` over a chunk's pixels.
fn sums<E: Float>(
    x: &[E],
    gradient: &[E],
    output: Option<&[E]>,
    mean: &[E],
    slope: E,
) -> [Vec<E>; 2] {
    struct Sums<'a, E> {
        x: &'a [E],
        gradient: &'a [E],
        output: Option<&'a [E]>,
        mean: &'a [E],
        slope: E,
        plain: Vec<E>,
        times_x: Vec<E>,
    }
    impl<E: Float> Block for Sums<'_, E> {
        #[inline(always)]
        fn run<const W: usize>(&mut self, first: usize) {
            let mean = *at::<E, W>(self.mean, first);
            let (mut plain, mut times_x) = ([E::default(); W], [E::default(); W]);
            for start in (first..self.x.len()).step_by(self.mean.len()) {
                let x = at::<E, W>(self.x, start);
                let mut g = *at::<E, W>(self.gradient, start);
                if let Some(output) = self.output {
                    let y = at::<E, W>(output, start);
                    for i in 0..W {
                        g[i] = bend_gradient(y[i], self.slope, g[i]);
                    }
                }
                for i in 0..W {
                    plain[i] += g[i];
                    times_x[i] += g[i] * (x[i] - mean[i]);
                }
            }
            *at_mut(&mut self.plain, first) = plain;
            *at_mut(&mut self.times_x, first) = times_x;
        }
    }
    let zeros = vec![E::default(); mean.len()];
    let (plain, times_x) = (zeros.clone(), zeros);
    let mut sums = Sums { x, gradient, output, mean, slope, plain, times_x };
    for_each_block(mean.len(), &mut sums);
    [sums.plain, sums.times_x]
}

struct InputGradient<'a, E> {
    x: &'a [E],
    gradient: &'a [E],
    output: Option<&'a [E]>,
    slope: E,
    terms: &'a Terms<E>,
    dx: &'a mut [E],
}

impl<E: Float> Block for InputGradient<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let factor = *at::<E, W>(&self.terms.factor, first);
        let slope = *at::<E, W>(&self.terms.slope, first);
        let rest = *at::<E, W>(&self.terms.rest, first);
        for start in (first..self.x.len()).step_by(self.terms.factor.len()) {
            let x = at::<E, W>(self.x, start);
            let mut g = *at::<E, W>(self.gradient, start);
            if let Some(output) = self.output {
                let y = at::<E, W>(output, start);
                for i in 0..W {
                    g[i] = bend_gradient(y[i], self.slope, g[i]);
                }
            }
            let dx = at_mut::<E, W>(self.dx, start);
            for i in 0..W {
                dx[i] = factor[i] * g[i] + slope[i] * x[i] + rest[i];
            }
        }
    }
}

/// Windows of `size` by `size` that neither overlap nor reach over the edge, on pictures of
/// `height` by `width`; rows and columns that fill no window belong to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Of the pictures.
    pub height: usize,
    /// Of the pictures.
    pub width: usize,
    /// Of a window.
    pub size: usize,
}

impl Windows {
    /// How many there are, down and across.
    pub fn count(&self) -> [usize; 2] {
        [self.height / self.size, self.width / self.size]
    }

    /// Where the pixels of a window start, in a sample with this many channels.
    #[inline(always)]
    fn pixels(&self, row: usize, column: usize, channels: usize) -> impl Iterator<Item = usize> {
        let Self { width, size, .. } = *self;
        let start = row * size * width + column * size;
        (0..size * size).map(move |at| (start + at / size * width + at % size) * channels)
    }
}

/// The largest `max(z, slope z)` of each window, and the `x` that it comes from.
///
/// The second is what the backward pass needs: it is a quarter of `x` for windows of 2 by 2.
pub fn normalize_and_pool<E: Float>(
    x: &[E],
    affine: &Affine<E>,
    slope: E,
    windows: Windows,
) -> (Vec<E>, Vec<E>) {
    struct Sample<'a, E> {
        x: &'a [E],
        affine: &'a Affine<E>,
        slope: E,
        windows: Windows,
        y: &'a mut [E],
        chosen: &'a mut [E],
    }
    impl<E: Float> Block for Sample<'_, E> {
        #[inline(always)]
        fn run<const W: usize>(&mut self, first: usize) {
            let channels = self.affine.factor.len();
            let factor = *at::<E, W>(&self.affine.factor, first);
            let summand = *at::<E, W>(&self.affine.summand, first);
            let [rows, columns] = self.windows.count();
            for row in 0..rows {
                for column in 0..columns {
                    let mut best = [E::default(); W];
                    let mut chosen = [E::default(); W];
                    for (place, pixel) in self.windows.pixels(row, column, channels).enumerate() {
                        let x = at::<E, W>(self.x, pixel + first);
                        for i in 0..W {
                            let z = factor[i] * x[i] + summand[i];
                            let larger = place == 0 || z > best[i];
                            best[i] = if larger { z } else { best[i] };
                            chosen[i] = if larger { x[i] } else { chosen[i] };
                        }
                    }
                    let start = (row * columns + column) * channels + first;
                    *at_mut(self.y, start) = best.map(|z| bend(z, self.slope));
                    *at_mut(self.chosen, start) = chosen;
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
                for_each_block(channels, &mut Sample { x, affine, slope, windows, y, chosen });
            });
        });
    });
    (y, chosen)
}

impl<E: Float> Forward<'_, E> {
    /// The gradients behind [`normalize_and_pool`].
    pub fn pooled_backward(
        &self,
        gradient: &[E],
        output: &[E],
        chosen: &[E],
        slope: E,
        windows: Windows,
    ) -> NormGradients<E> {
        let channels = self.gamma.len();
        let chunk = pixels_per_task(channels) * channels;
        let parts: Vec<_> = gradient
            .par_chunks(chunk)
            .zip(output.par_chunks(chunk))
            .zip(chosen.par_chunks(chunk))
            .map(|((gradient, output), chosen)| {
                sums(chosen, gradient, Some(output), &self.moments.mean, slope)
            })
            .collect();
        let terms = self.terms(parts, (self.x.len() / channels) as f64);
        let [rows, columns] = windows.count();
        let (sample, pooled) =
            (windows.height * windows.width * channels, rows * columns * channels);
        let x = filled(self.x.len(), |dx| {
            dx.par_chunks_exact_mut(sample).enumerate().for_each(|(index, dx)| {
                let range = index * pooled..(index + 1) * pooled;
                let mut sample = PooledGradient {
                    x: &self.x[index * sample..][..sample],
                    gradient: &gradient[range.clone()],
                    output: &output[range.clone()],
                    chosen: &chosen[range],
                    slope,
                    windows,
                    terms: &terms,
                    dx,
                };
                for_each_block(channels, &mut sample);
            });
        });
        NormGradients { x, gamma: terms.gamma, beta: terms.beta }
    }
}

struct PooledGradient<'a, E> {
    x: &'a [E],
    gradient: &'a [E],
    output: &'a [E],
    chosen: &'a [E],
    slope: E,
    windows: Windows,
    terms: &'a Terms<E>,
    dx: &'a mut [E],
}

impl<E: Float> Block for PooledGradient<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let channels = self.terms.factor.len();
        let factor = *at::<E, W>(&self.terms.factor, first);
        let slope = *at::<E, W>(&self.terms.slope, first);
        let rest = *at::<E, W>(&self.terms.rest, first);
        let Windows { height, width, size } = self.windows;
        let [rows, columns] = self.windows.count();
        // Pixels that belong to no window hear of the output by the moments alone.
        for row in 0..height {
            let inside = if row < rows * size { columns * size } else { 0 };
            for column in inside..width {
                let start = (row * width + column) * channels + first;
                let x = at::<E, W>(self.x, start);
                let dx = at_mut::<E, W>(self.dx, start);
                for i in 0..W {
                    dx[i] = slope[i] * x[i] + rest[i];
                }
            }
        }
        for row in 0..rows {
            for column in 0..columns {
                let window = (row * columns + column) * channels + first;
                let chosen = at::<E, W>(self.chosen, window);
                let mut g = *at::<E, W>(self.gradient, window);
                let y = at::<E, W>(self.output, window);
                for i in 0..W {
                    g[i] = factor[i] * bend_gradient(y[i], self.slope, g[i]);
                }
                for pixel in self.windows.pixels(row, column, channels) {
                    let x = at::<E, W>(self.x, pixel + first);
                    let dx = at_mut::<E, W>(self.dx, pixel + first);
                    for i in 0..W {
                        // The first pixel with the chosen value takes it all.
                        let hit = x[i] == chosen[i];
                        dx[i] = (if hit { g[i] } else { E::default() }) + slope[i] * x[i] + rest[i];
                        g[i] = if hit { E::default() } else { g[i] };
                    }
                }
            }
        }
    }
}
