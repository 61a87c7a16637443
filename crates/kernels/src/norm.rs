//! Batch normalisation, with what follows it in a network done in the same pass.
//!
//! Ioffe and Szegedy 2015, algorithm 1: over all m pixels of a channel, with mean mu and variance
//! s2, `xhat = (x - mu) / sqrt(s2 + epsilon)` and `z = gamma xhat + beta`. Then come, where they are
//! asked for, the addition of a shortcut, `max(z, slope z)`, and the largest of each window.
//!
//! Backward, with g the gradient at z: `dbeta = sum g`, `dgamma = sum g xhat`, and
//! `dx = gamma / sqrt(s2 + epsilon) (g - dbeta / m - xhat dgamma / m)`.

use rayon::prelude::*;

use crate::blocks::{Block, at, at_mut, bend, bend_gradient, bend_gradient_all, for_each_block};
use crate::float::Float;
use crate::view::{Frame, Source, filled};

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

/// Pixels whose numbers are added up in the tensor's own precision. Pictures have many equal
/// pixels, which round the same way each time: in a long sum that would show.
const SHORT_SUM: usize = 64;

/// The sums over all pixels of `term`, for `W` channels from `first`.
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

/// The moments of some of the pixels, to be joined with those of the others.
#[derive(Debug)]
pub struct PartMoments {
    pixels: usize,
    mean: Vec<f64>,
    /// Sums of the squared distances from the mean.
    squares: Vec<f64>,
}

impl PartMoments {
    /// Of `x`, `[pixels, channels]`, centred on their own mean.
    pub fn new<E: Float>(x: &[E], channels: usize) -> Self {
        struct Sums<'a, E> {
            x: &'a [E],
            part: PartMoments,
        }
        impl<E: Float> Block for Sums<'_, E> {
            #[inline(always)]
            fn run<const W: usize>(&mut self, first: usize) {
                let channels = self.part.mean.len();
                // From the first pixel on, numbers are small where they are all about the same.
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
    /// Joins the parts in order (Chan, Golub and LeVeque 1983), so that a large mean costs no
    /// digits.
    pub fn join(parts: &[PartMoments], channels: usize) -> Self {
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

    /// Of `x`, `[pixels, channels]`.
    pub fn new(x: &[E], channels: usize) -> Self {
        let chunks = x.par_chunks(pixels_per_task(channels) * channels);
        let parts: Vec<_> = chunks.map(|x| PartMoments::new(x, channels)).collect();
        Self::join(&parts, channels)
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

/// The gradient at z, `[pixels, channels]`, which is that of the shortcut, too.
pub fn bent_gradient<E: Float>(output: &[E], gradient: &[E], slope: E) -> Vec<E> {
    filled(output.len(), |g| {
        g.par_chunks_mut(CHUNK).enumerate().for_each(|(task, g)| {
            let range = task * CHUNK..task * CHUNK + g.len();
            bend_gradient_all(&output[range.clone()], &gradient[range], slope, g);
        });
    })
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
    /// `S` is the size of the windows, 0 for one that is not known to the compiler.
    struct Sample<'a, E, const S: usize> {
        x: &'a [E],
        affine: &'a Affine<E>,
        slope: E,
        windows: Windows,
        y: &'a mut [E],
        chosen: &'a mut [E],
    }
    impl<E: Float, const S: usize> Block for Sample<'_, E, S> {
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
                        *z = bend(*z, self.slope);
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

/// How the gradient at z comes from that of the output.
#[derive(Clone, Copy, Debug)]
pub enum Behind<'a, E> {
    /// They are the same.
    Nothing,
    /// `max(z, slope z)` is between them.
    Bend,
    /// That, and the largest of each window; with the `x` that [`normalize_and_pool`] chose.
    Pooling(&'a [E], Windows),
}

/// A normalisation's forward pass and the gradient of its output.
#[derive(Clone, Copy, Debug)]
pub struct Backward<'a, E> {
    /// The input, channels last.
    pub x: &'a [E],
    /// Batch, channels, height and width of the input.
    pub dims: [usize; 4],
    /// Its moments.
    pub moments: &'a Moments<E>,
    /// What normalised it.
    pub affine: &'a Affine<E>,
    /// What keeps the variance from zero.
    pub epsilon: f64,
    /// The output's gradient, channels last.
    pub gradient: &'a [E],
    /// What is between z and the output.
    pub behind: Behind<'a, E>,
    /// Of the bend.
    pub slope: E,
}

impl<'a, E: Float> Backward<'a, E> {
    /// Sums over all pixels what the gradients need, and gives them.
    pub fn gradients(self) -> NormGradients<'a, E> {
        let channels = self.affine.factor.len();
        // With pooling, g is zero but at the chosen pixels.
        let x = match self.behind {
            Behind::Pooling(chosen, _) => chosen,
            _ => self.x,
        };
        let chunk = pixels_per_task(channels) * channels;
        let parts: Vec<_> = x
            .par_chunks(chunk)
            .zip(self.gradient.par_chunks(chunk))
            .map(|(x, gradient)| {
                let zeros = vec![E::default(); channels];
                let (plain, times_x) = (zeros.clone(), zeros);
                let mut sums = Sums { x, gradient, pass: &self, plain, times_x };
                for_each_block(channels, &mut sums);
                [sums.plain, sums.times_x]
            })
            .collect();
        let (mut plain, mut times_x) = (vec![0.0; channels], vec![0.0; channels]);
        for [part_plain, part_times_x] in parts {
            for channel in 0..channels {
                plain[channel] += part_plain[channel].into_f64();
                times_x[channel] += part_times_x[channel].into_f64();
            }
        }
        let pixels = (self.x.len() / channels) as f64;
        let (mut slope, mut rest) = (Vec::new(), Vec::new());
        let (mut gamma, mut beta) = (Vec::new(), Vec::new());
        for channel in 0..channels {
            let mean = self.moments.mean[channel].into_f64();
            let variance = self.moments.variance[channel].into_f64();
            let scale = 1.0 / (variance + self.epsilon).sqrt();
            let factor = self.affine.factor[channel].into_f64();
            gamma.push(E::from_f64(times_x[channel] * scale));
            beta.push(E::from_f64(plain[channel]));
            // dx = factor g + by_x x + rest
            let by_x = -factor * scale * scale * times_x[channel] / pixels;
            slope.push(E::from_f64(by_x));
            rest.push(E::from_f64(-factor * plain[channel] / pixels - by_x * mean));
        }
        NormGradients { pass: self, by_x: slope, rest, gamma, beta }
    }
}

/// The sums of `g` and of `g (x - mean)` over a chunk's pixels.
struct Sums<'a, E> {
    x: &'a [E],
    gradient: &'a [E],
    pass: &'a Backward<'a, E>,
    plain: Vec<E>,
    times_x: Vec<E>,
}

impl<E: Float> Block for Sums<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let Affine { factor, summand } = self.pass.affine;
        let channels = factor.len();
        let (factor, summand) = (*at::<E, W>(factor, first), *at::<E, W>(summand, first));
        let mean = *at::<E, W>(&self.pass.moments.mean, first);
        let bends = !matches!(self.pass.behind, Behind::Nothing);
        let (mut plain, mut times_x) = ([E::default(); W], [E::default(); W]);
        for start in (first..self.x.len()).step_by(channels) {
            let x = at::<E, W>(self.x, start);
            let mut g = *at::<E, W>(self.gradient, start);
            if bends {
                for i in 0..W {
                    g[i] = bend_gradient(factor[i] * x[i] + summand[i], self.pass.slope, g[i]);
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

/// The gradients of a normalisation. That of the input is computed where it is read
/// ([`Source`]), for it is as large as the input and would have to be written and read again.
#[derive(Debug)]
pub struct NormGradients<'a, E> {
    pass: Backward<'a, E>,
    /// `dx = factor g + by_x x + rest` for each channel.
    by_x: Vec<E>,
    rest: Vec<E>,
    /// Of gamma.
    pub gamma: Vec<E>,
    /// Of beta.
    pub beta: Vec<E>,
}

impl<E: Float> NormGradients<'_, E> {
    /// The gradient of the input, channels last.
    pub fn input(&self) -> Vec<E> {
        let [_, channels, height, width] = self.pass.dims;
        filled(self.pass.x.len(), |dx| {
            dx.par_chunks_exact_mut(channels * height * width)
                .enumerate()
                .for_each(|(sample, dx)| self.copy_sample(sample, Frame::exact(height, width), dx));
        })
    }
}

impl<E: Float> Source<E> for NormGradients<'_, E> {
    fn dims(&self) -> [usize; 4] {
        self.pass.dims
    }

    fn framed(&self, _: Frame) -> Option<&[E]> {
        None
    }

    fn copy_sample(&self, sample: usize, frame: Frame, out: &mut [E]) {
        let [_, channels, height, width] = self.pass.dims;
        frame.fill_margin(height, width, channels, out);
        let size = channels * height * width;
        let x = &self.pass.x[sample * size..][..size];
        let (rows, columns) =
            (height.min(frame.height - frame.top), width.min(frame.width - frame.left));
        assert!(rows == height && columns == width, "a gradient's frame holds all of it");
        let whole = self;
        if let Behind::Pooling(chosen, windows) = self.pass.behind {
            let pooled: usize = windows.count().iter().product::<usize>() * channels;
            let range = sample * pooled..(sample + 1) * pooled;
            let (chosen, gradient) = (&chosen[range.clone()], &self.pass.gradient[range]);
            if windows.size == 2 {
                let mut block =
                    PooledGradient::<E, 2> { x, gradient, chosen, windows, whole, frame, out };
                for_each_block(channels, &mut block);
            } else {
                let mut block =
                    PooledGradient::<E, 0> { x, gradient, chosen, windows, whole, frame, out };
                for_each_block(channels, &mut block);
            }
        } else {
            let gradient = &self.pass.gradient[sample * size..][..size];
            let mut block = InputGradient { x, gradient, width, whole, frame, out };
            for_each_block(channels, &mut block);
        }
    }
}

/// One sample of the input's gradient.
struct InputGradient<'a, E> {
    x: &'a [E],
    gradient: &'a [E],
    width: usize,
    whole: &'a NormGradients<'a, E>,
    frame: Frame,
    out: &'a mut [E],
}

impl<E: Float> Block for InputGradient<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let NormGradients { pass, by_x, rest, .. } = self.whole;
        let Affine { factor, summand } = pass.affine;
        let channels = factor.len();
        let (factor, summand) = (*at::<E, W>(factor, first), *at::<E, W>(summand, first));
        let (by_x, rest) = (*at::<E, W>(by_x, first), *at::<E, W>(rest, first));
        let bends = !matches!(pass.behind, Behind::Nothing);
        let line = self.width * channels;
        for (row, x) in self.x.chunks_exact(line).enumerate() {
            let gradient = &self.gradient[row * line..][..line];
            let out = self.frame.row(row, channels, self.out, line);
            for start in (first..line).step_by(channels) {
                let x = at::<E, W>(x, start);
                let mut g = *at::<E, W>(gradient, start);
                if bends {
                    for i in 0..W {
                        g[i] = bend_gradient(factor[i] * x[i] + summand[i], pass.slope, g[i]);
                    }
                }
                let out = at_mut::<E, W>(out, start);
                for i in 0..W {
                    out[i] = factor[i] * g[i] + by_x[i] * x[i] + rest[i];
                }
            }
        }
    }
}

/// One sample of the input's gradient behind pooling by windows of `S` by `S`, 0 for a size that
/// is not known to the compiler.
struct PooledGradient<'a, E, const S: usize> {
    x: &'a [E],
    gradient: &'a [E],
    chosen: &'a [E],
    windows: Windows,
    whole: &'a NormGradients<'a, E>,
    frame: Frame,
    out: &'a mut [E],
}

impl<E: Float, const S: usize> Block for PooledGradient<'_, E, S> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let NormGradients { pass, by_x, rest, .. } = self.whole;
        let Affine { factor, summand } = pass.affine;
        let channels = factor.len();
        let (factor, summand) = (*at::<E, W>(factor, first), *at::<E, W>(summand, first));
        let (by_x, rest) = (*at::<E, W>(by_x, first), *at::<E, W>(rest, first));
        let Windows { height, width, .. } = self.windows;
        let size = if S == 0 { self.windows.size } else { S };
        let [rows, columns] = self.windows.count();
        let (line, framed_line) = (width * channels, self.frame.width * channels);
        // Pixels that belong to no window hear of the output by the moments alone.
        for row in 0..height {
            let inside = if row < rows * size { columns * size } else { 0 };
            let out = self.frame.row(row, channels, self.out, line);
            for start in (inside * channels + first..line).step_by(channels) {
                let x = at::<E, W>(self.x, row * line + start);
                let out = at_mut::<E, W>(out, start);
                for i in 0..W {
                    out[i] = by_x[i] * x[i] + rest[i];
                }
            }
        }
        for row in 0..rows {
            let x = &self.x[row * size * line..][..size * line];
            let length = (size - 1) * framed_line + line;
            let out = self.frame.row(row * size, channels, self.out, length);
            let range = row * columns * channels..(row + 1) * columns * channels;
            let (chosen, gradient) = (&self.chosen[range.clone()], &self.gradient[range]);
            for column in 0..columns {
                let chosen = at::<E, W>(chosen, column * channels + first);
                let mut g = *at::<E, W>(gradient, column * channels + first);
                for i in 0..W {
                    let z = factor[i] * chosen[i] + summand[i];
                    g[i] = factor[i] * bend_gradient(z, pass.slope, g[i]);
                }
                let start = column * size * channels + first;
                for down in 0..size {
                    for across in 0..size {
                        let x = at::<E, W>(x, start + down * line + across * channels);
                        let place = start + down * framed_line + across * channels;
                        let out = at_mut::<E, W>(out, place);
                        for i in 0..W {
                            // The first pixel with the chosen value takes it all.
                            let hit = x[i] == chosen[i];
                            let taken = if hit { g[i] } else { E::default() };
                            out[i] = taken + by_x[i] * x[i] + rest[i];
                            g[i] = if hit { E::default() } else { g[i] };
                        }
                    }
                }
            }
        }
    }
}
