//! Pooling on images with the channels last.

use rayon::prelude::*;

use crate::blocks::{ChannelBlock, at, at_mut, exceeds, for_each_block};
use crate::float::Float;
use crate::view::filled;

/// The reduction of a pooling layer's windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Max pooling.
    Max,
    /// Average pooling.
    Average,
}

/// The sizes of a pooling layer, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolGeometry {
    /// Height and width of the input.
    pub input: [usize; 2],
    /// Height and width of a window.
    pub kernel: [usize; 2],
    /// Distance between neighbouring windows, down and to the right.
    pub stride: [usize; 2],
    /// Padding on each side: ignored by max pooling, and zeros in an average if `count_padding`.
    pub padding: [usize; 2],
    /// True if an average divides by the size of the whole window, including padding.
    pub count_padding: bool,
}

impl PoolGeometry {
    /// Height and width of the output.
    ///
    /// # Panics
    ///
    /// If the window is larger than the padded image.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            let free = (self.input[axis] + 2 * self.padding[axis]).checked_sub(self.kernel[axis]);
            free.expect("a window no larger than the padded image") / self.stride[axis] + 1
        })
    }

    /// The range of pixels of window number `at` along `axis`, without the padding.
    fn span(&self, axis: usize, at: usize) -> std::ops::Range<usize> {
        let start = at * self.stride[axis];
        let end = (start + self.kernel[axis]).min(self.input[axis] + self.padding[axis]);
        start.saturating_sub(self.padding[axis])..end.saturating_sub(self.padding[axis])
    }

    /// The offsets of a window's pixels in a sample with this many channels.
    #[inline(always)]
    fn pixels(&self, row: usize, column: usize, channels: usize) -> impl Iterator<Item = usize> {
        let (across, width) = (self.span(1, column), self.input[1]);
        self.span(0, row).flat_map(move |y| across.clone().map(move |x| (y * width + x) * channels))
    }

    /// The reciprocal of the number of pixels that an average divides by.
    #[inline(always)]
    fn share<E: Float>(&self, row: usize, column: usize) -> E {
        let [height, width] = if self.count_padding {
            self.kernel
        } else {
            [self.span(0, row).len(), self.span(1, column).len()]
        };
        E::from_f64(1.0 / (height * width) as f64)
    }

    /// The sizes of a sample of the input and of the output, in elements.
    fn sizes(&self, channels: usize) -> [usize; 2] {
        [self.input, self.output()].map(|[height, width]| height * width * channels)
    }

    /// Max pooling: `[batch, height, width, channels]`.
    pub fn max<E: Float>(&self, x: &[E], channels: usize) -> Vec<E> {
        self.forward(x, channels, PoolKind::Max)
    }

    /// Average pooling: `[batch, height, width, channels]`.
    pub fn average<E: Float>(&self, x: &[E], channels: usize) -> Vec<E> {
        self.forward(x, channels, PoolKind::Average)
    }

    fn forward<E: Float>(&self, x: &[E], channels: usize, kind: PoolKind) -> Vec<E> {
        let [input, output] = self.sizes(channels);
        filled(x.len() / input * output, |y| {
            y.par_chunks_exact_mut(output).zip(x.par_chunks_exact(input)).for_each(|(y, x)| {
                for_each_block(
                    channels,
                    &mut ForwardSample { geometry: *self, kind, x, channels, y },
                );
            });
        })
    }

    /// The gradient of the input of max pooling: a window's gradient goes to the first of its pixels that
    /// equals the maximum.
    pub fn max_gradient<E: Float>(
        &self,
        x: &[E],
        output: &[E],
        gradient: &[E],
        channels: usize,
    ) -> Vec<E> {
        let [sample, pooled] = self.sizes(channels);
        let mut dx = vec![E::default(); x.len()];
        let samples = dx.par_chunks_exact_mut(sample).zip(x.par_chunks_exact(sample));
        let pooled = output.par_chunks_exact(pooled).zip(gradient.par_chunks_exact(pooled));
        samples.zip(pooled).for_each(|((dx, x), (output, gradient))| {
            let geometry = *self;
            let maximum = Some((x, output));
            for_each_block(
                channels,
                &mut BackwardSample { geometry, maximum, gradient, channels, dx },
            );
        });
        dx
    }

    /// The gradient of the input of average pooling: a window's gradient is divided equally among its pixels.
    pub fn average_gradient<E: Float>(&self, gradient: &[E], channels: usize) -> Vec<E> {
        let [sample, pooled] = self.sizes(channels);
        let mut dx = vec![E::default(); gradient.len() / pooled * sample];
        let samples = dx.par_chunks_exact_mut(sample).zip(gradient.par_chunks_exact(pooled));
        samples.for_each(|(dx, gradient)| {
            let (geometry, maximum) = (*self, None);
            for_each_block(
                channels,
                &mut BackwardSample { geometry, maximum, gradient, channels, dx },
            );
        });
        dx
    }
}

/// One sample of the forward pass.
struct ForwardSample<'a, E> {
    geometry: PoolGeometry,
    kind: PoolKind,
    x: &'a [E],
    channels: usize,
    y: &'a mut [E],
}

impl<E: Float> ChannelBlock for ForwardSample<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let [rows, columns] = self.geometry.output();
        for row in 0..rows {
            for column in 0..columns {
                let mut pixels = self.geometry.pixels(row, column, self.channels);
                let start = pixels.next().map_or(first, |pixel| pixel + first);
                let mut y = *at::<E, W>(self.x, start);
                match self.kind {
                    PoolKind::Max => {
                        for pixel in pixels {
                            let x = at::<E, W>(self.x, pixel + first);
                            for i in 0..W {
                                y[i] = if exceeds(x[i], y[i]) { x[i] } else { y[i] };
                            }
                        }
                    }
                    PoolKind::Average => {
                        for pixel in pixels {
                            let x = at::<E, W>(self.x, pixel + first);
                            for i in 0..W {
                                y[i] += x[i];
                            }
                        }
                        let share = self.geometry.share(row, column);
                        for sum in &mut y {
                            *sum = *sum * share;
                        }
                    }
                }
                *at_mut(self.y, (row * columns + column) * self.channels + first) = y;
            }
        }
    }
}

/// One sample of the backward pass.
struct BackwardSample<'a, E> {
    geometry: PoolGeometry,
    /// Input and output of max pooling; None for average pooling.
    maximum: Option<(&'a [E], &'a [E])>,
    gradient: &'a [E],
    channels: usize,
    dx: &'a mut [E],
}

impl<E: Float> ChannelBlock for BackwardSample<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let [rows, columns] = self.geometry.output();
        for row in 0..rows {
            for column in 0..columns {
                let window = (row * columns + column) * self.channels + first;
                let mut g = *at::<E, W>(self.gradient, window);
                if let Some((x, output)) = self.maximum {
                    let y = at::<E, W>(output, window);
                    for pixel in self.geometry.pixels(row, column, self.channels) {
                        let x = at::<E, W>(x, pixel + first);
                        let dx = at_mut::<E, W>(self.dx, pixel + first);
                        for i in 0..W {
                            let hit = x[i] == y[i];
                            dx[i] += if hit { g[i] } else { E::default() };
                            g[i] = if hit { E::default() } else { g[i] };
                        }
                    }
                } else {
                    let share = self.geometry.share(row, column);
                    for pixel in self.geometry.pixels(row, column, self.channels) {
                        let dx = at_mut::<E, W>(self.dx, pixel + first);
                        for i in 0..W {
                            dx[i] += g[i] * share;
                        }
                    }
                }
            }
        }
    }
}
