//! The backward pass of a normalisation.

use rayon::prelude::*;

use super::pooled::PoolWindows;
use super::{Affine, Moments, pixels_per_task};
use crate::blocks::{ChannelBlock, at, at_mut, for_each_block, leaky_relu_gradient};
use crate::float::Float;
use crate::view::{PaddedFrame, SampleSource, filled};

/// The operations between z and the output, through which the backward pass goes first.
#[derive(Clone, Copy, Debug)]
pub enum PostNorm<'a, E> {
    /// No operation.
    Identity,
    /// `max(z, slope z)`.
    LeakyRelu,
    /// `max(z, slope z)` and max pooling, with the x at each maximum, from [`normalize_and_pool`].
    Pooling(&'a [E], PoolWindows),
}

/// The inputs of the backward pass: the forward pass, and the gradient of its output.
#[derive(Clone, Copy, Debug)]
pub struct BackwardInputs<'a, E> {
    /// The input, channels last.
    pub x: &'a [E],
    /// Batch, channels, height and width of the input.
    pub dims: [usize; 4],
    /// The moments of the input.
    pub moments: &'a Moments<E>,
    /// The affine map that normalised it.
    pub affine: &'a Affine<E>,
    /// The number added to the variance.
    pub epsilon: f64,
    /// The gradient of the output, channels last.
    pub gradient: &'a [E],
    /// The operations between z and the output.
    pub post_norm: PostNorm<'a, E>,
    /// The slope of the leaky ReLU.
    pub slope: E,
}

impl<'a, E: Float> BackwardInputs<'a, E> {
    /// The gradients of gamma and beta, and the coefficients of the input's.
    pub fn gradients(self) -> NormGradients<'a, E> {
        let channels = self.affine.factor.len();
        // With pooling, g is zero but at the chosen pixels.
        let x = match self.post_norm {
            PostNorm::Pooling(chosen, _) => chosen,
            _ => self.x,
        };
        let chunk = pixels_per_task(channels) * channels;
        let parts: Vec<_> = x
            .par_chunks(chunk)
            .zip(self.gradient.par_chunks(chunk))
            .map(|(x, gradient)| {
                let zeros = vec![E::default(); channels];
                let (plain, times_x) = (zeros.clone(), zeros);
                let mut sums = Sums { x, gradient, inputs: &self, plain, times_x };
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
        NormGradients { inputs: self, by_x: slope, rest, gamma, beta }
    }
}

/// The sums of `g` and of `g (x - mean)` over a chunk's pixels.
struct Sums<'a, E> {
    x: &'a [E],
    gradient: &'a [E],
    inputs: &'a BackwardInputs<'a, E>,
    plain: Vec<E>,
    times_x: Vec<E>,
}

impl<E: Float> ChannelBlock for Sums<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let Affine { factor, summand } = self.inputs.affine;
        let channels = factor.len();
        let (factor, summand) = (*at::<E, W>(factor, first), *at::<E, W>(summand, first));
        let mean = *at::<E, W>(&self.inputs.moments.mean, first);
        let is_leaky = !matches!(self.inputs.post_norm, PostNorm::Identity);
        let (mut plain, mut times_x) = ([E::default(); W], [E::default(); W]);
        for start in (first..self.x.len()).step_by(channels) {
            let x = at::<E, W>(self.x, start);
            let mut g = *at::<E, W>(self.gradient, start);
            if is_leaky {
                for i in 0..W {
                    g[i] =
                        leaky_relu_gradient(factor[i] * x[i] + summand[i], self.inputs.slope, g[i]);
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

/// The gradients of a normalisation. The gradient of the input is computed on the fly where it is read
/// ([`SampleSource`]): storing it would cost a write and a read of the input's size.
#[derive(Debug)]
pub struct NormGradients<'a, E> {
    pub(super) inputs: BackwardInputs<'a, E>,
    /// `dx = factor g + by_x x + rest` for each channel.
    pub(super) by_x: Vec<E>,
    pub(super) rest: Vec<E>,
    /// The gradient of gamma, `[channels]`.
    pub gamma: Vec<E>,
    /// The gradient of beta, `[channels]`.
    pub beta: Vec<E>,
}

impl<E: Float> NormGradients<'_, E> {
    /// The gradient of the input, channels last.
    pub fn input(&self) -> Vec<E> {
        let [_, channels, height, width] = self.inputs.dims;
        filled(self.inputs.x.len(), |dx| {
            dx.par_chunks_exact_mut(channels * height * width).enumerate().for_each(
                |(sample, dx)| self.copy_sample(sample, PaddedFrame::exact(height, width), dx),
            );
        })
    }
}

impl<E: Float> SampleSource<E> for NormGradients<'_, E> {
    fn dims(&self) -> [usize; 4] {
        self.inputs.dims
    }

    fn framed(&self, _: PaddedFrame) -> Option<&[E]> {
        None
    }

    fn copy_sample(&self, sample: usize, frame: PaddedFrame, out: &mut [E]) {
        let [_, channels, height, width] = self.inputs.dims;
        frame.fill_margin(height, width, channels, out);
        let size = channels * height * width;
        let x = &self.inputs.x[sample * size..][..size];
        let (rows, columns) =
            (height.min(frame.height - frame.top), width.min(frame.width - frame.left));
        assert!(rows == height && columns == width, "a gradient's frame holds all of it");
        let whole = self;
        if let PostNorm::Pooling(chosen, windows) = self.inputs.post_norm {
            let pooled: usize = windows.count().iter().product::<usize>() * channels;
            let range = sample * pooled..(sample + 1) * pooled;
            let (chosen, gradient) = (&chosen[range.clone()], &self.inputs.gradient[range]);
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
            let gradient = &self.inputs.gradient[sample * size..][..size];
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
    frame: PaddedFrame,
    out: &'a mut [E],
}

impl<E: Float> ChannelBlock for InputGradient<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let NormGradients { inputs, by_x, rest, .. } = self.whole;
        let Affine { factor, summand } = inputs.affine;
        let channels = factor.len();
        let (factor, summand) = (*at::<E, W>(factor, first), *at::<E, W>(summand, first));
        let (by_x, rest) = (*at::<E, W>(by_x, first), *at::<E, W>(rest, first));
        let is_leaky = !matches!(inputs.post_norm, PostNorm::Identity);
        let line = self.width * channels;
        for (row, x) in self.x.chunks_exact(line).enumerate() {
            let gradient = &self.gradient[row * line..][..line];
            let out = self.frame.row(row, channels, self.out, line);
            for start in (first..line).step_by(channels) {
                let x = at::<E, W>(x, start);
                let mut g = *at::<E, W>(gradient, start);
                if is_leaky {
                    for i in 0..W {
                        g[i] =
                            leaky_relu_gradient(factor[i] * x[i] + summand[i], inputs.slope, g[i]);
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

/// One sample of the input's gradient with max pooling by windows of size `S`, or 0 if it is not a
/// constant.
struct PooledGradient<'a, E, const S: usize> {
    x: &'a [E],
    gradient: &'a [E],
    chosen: &'a [E],
    windows: PoolWindows,
    whole: &'a NormGradients<'a, E>,
    frame: PaddedFrame,
    out: &'a mut [E],
}

impl<E: Float, const S: usize> ChannelBlock for PooledGradient<'_, E, S> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let NormGradients { inputs, by_x, rest, .. } = self.whole;
        let Affine { factor, summand } = inputs.affine;
        let channels = factor.len();
        let (factor, summand) = (*at::<E, W>(factor, first), *at::<E, W>(summand, first));
        let (by_x, rest) = (*at::<E, W>(by_x, first), *at::<E, W>(rest, first));
        let PoolWindows { height, width, .. } = self.windows;
        let size = if S == 0 { self.windows.size } else { S };
        let [rows, columns] = self.windows.count();
        let (line, framed_line) = (width * channels, self.frame.width * channels);
        // Pixels outside of all windows contribute through the moments alone.
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
                    g[i] = factor[i] * leaky_relu_gradient(z, inputs.slope, g[i]);
                }
                let start = column * size * channels + first;
                for down in 0..size {
                    for across in 0..size {
                        let x = at::<E, W>(x, start + down * line + across * channels);
                        let place = start + down * framed_line + across * channels;
                        let out = at_mut::<E, W>(out, place);
                        for i in 0..W {
                            // The first pixel that equals the maximum takes the whole gradient.
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
