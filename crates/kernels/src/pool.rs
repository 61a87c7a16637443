//! Pooling, on pictures with the channels last.

use rayon::prelude::*;

use crate::blocks::{Block, at, at_mut, for_each_block, outdoes};
use crate::float::Float;
use crate::view::filled;

/// The windows of a pooling layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pooling {
    /// Height and width of the pictures.
    pub input: [usize; 2],
    /// Height and width of a window.
    pub kernel: [usize; 2],
    /// From window to window.
    pub stride: [usize; 2],
    /// On each side; the margin is never the largest, and is counted by the average as zeros
    /// where `count_padding` says so.
    pub padding: [usize; 2],
    /// Whether the average divides by the window's size, wherever it lies.
    pub count_padding: bool,
}

impl Pooling {
    /// Height and width of the output.
    ///
    /// # Panics
    ///
    /// When the window is larger than the padded picture.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|axis| {
            let free = (self.input[axis] + 2 * self.padding[axis]).checked_sub(self.kernel[axis]);
            free.expect("a window no larger than the padded picture") / self.stride[axis] + 1
        })
    }

    /// First and last of the pixels in window number `at` along `axis`, without the margin.
    fn span(&self, axis: usize, at: usize) -> std::ops::Range<usize> {
        let start = at * self.stride[axis];
        let end = (start + self.kernel[axis]).min(self.input[axis] + self.padding[axis]);
        start.saturating_sub(self.padding[axis])..end.saturating_sub(self.padding[axis])
    }

    /// Where the pixels of a window start, in a sample with this many channels.
    #[inline(always)]
    fn pixels(&self, row: usize, column: usize, channels: usize) -> impl Iterator<Item = usize> {
        let (across, width) = (self.span(1, column), self.input[1]);
        self.span(0, row).flat_map(move |y| across.clone().map(move |x| (y * width + x) * channels))
    }

    /// What the average of a window is multiplied by.
    #[inline(always)]
    fn share<E: Float>(&self, row: usize, column: usize) -> E {
        let [height, width] = if self.count_padding {
            self.kernel
        } else {
            [self.span(0, row).len(), self.span(1, column).len()]
        };
        E::from_f64(1.0 / (height * width) as f64)
    }

    /// Numbers in a sample of the input and of the output.
    fn sizes(&self, channels: usize) -> [usize; 2] {
        [self.input, self.output()].map(|[height, width]| height * width * channels)
    }

    /// The largest of each window: `[batch, height, width, channels]`.
    pub fn largest<E: Float>(&self, x: &[E], channels: usize) -> Vec<E> {
        self.forward(x, channels, Kind::Largest)
    }

    /// The average of each window: `[batch, height, width, channels]`.
    pub fn average<E: Float>(&self, x: &[E], channels: usize) -> Vec<E> {
        self.forward(x, channels, Kind::Average)
    }

    fn forward<E: Float>(&self, x: &[E], channels: usize, kind: Kind) -> Vec<E> {
        let [input, output] = self.sizes(channels);
        filled(x.len() / input * output, |y| {
            y.par_chunks_exact_mut(output).zip(x.par_chunks_exact(input)).for_each(|(y, x)| {
                for_each_block(channels, &mut Forward { pooling: *self, kind, x, channels, y });
            });
        })
    }

    /// The input's gradient: each window's goes to the first of its pixels that is the largest.
    pub fn largest_gradient<E: Float>(
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
            let pooling = *self;
            let largest = Some((x, output));
            for_each_block(channels, &mut Backward { pooling, largest, gradient, channels, dx });
        });
        dx
    }

    /// The input's gradient: each window's is shared by its pixels.
    pub fn average_gradient<E: Float>(&self, gradient: &[E], channels: usize) -> Vec<E> {
        let [sample, pooled] = self.sizes(channels);
        let mut dx = vec![E::default(); gradient.len() / pooled * sample];
        let samples = dx.par_chunks_exact_mut(sample).zip(gradient.par_chunks_exact(pooled));
        samples.for_each(|(dx, gradient)| {
            let (pooling, largest) = (*self, None);
            for_each_block(channels, &mut Backward { pooling, largest, gradient, channels, dx });
        });
        dx
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Largest,
    Average,
}

/// One sample of the forward pass.
struct Forward<'a, E> {
    pooling: Pooling,
    kind: Kind,
    x: &'a [E],
    channels: usize,
    y: &'a mut [E],
}

impl<E: Float> Block for Forward<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let [rows, columns] = self.pooling.output();
        for row in 0..rows {
            for column in 0..columns {
                let mut pixels = self.pooling.pixels(row, column, self.channels);
                let start = pixels.next().map_or(first, |pixel| pixel + first);
                let mut y = *at::<E, W>(self.x, start);
                match self.kind {
                    Kind::Largest => {
                        for pixel in pixels {
                            let x = at::<E, W>(self.x, pixel + first);
                            for i in 0..W {
                                y[i] = if outdoes(x[i], y[i]) { x[i] } else { y[i] };
                            }
                        }
                    }
                    Kind::Average => {
                        for pixel in pixels {
                            let x = at::<E, W>(self.x, pixel + first);
                            for i in 0..W {
                                y[i] += x[i];
                            }
                        }
                        let share = self.pooling.share(row, column);
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
struct Backward<'a, E> {
    pooling: Pooling,
    /// Input and output, when the largest is asked for.
    largest: Option<(&'a [E], &'a [E])>,
    gradient: &'a [E],
    channels: usize,
    dx: &'a mut [E],
}

impl<E: Float> Block for Backward<'_, E> {
    #[inline(always)]
    fn run<const W: usize>(&mut self, first: usize) {
        let [rows, columns] = self.pooling.output();
        for row in 0..rows {
            for column in 0..columns {
                let window = (row * columns + column) * self.channels + first;
                let mut g = *at::<E, W>(self.gradient, window);
                if let Some((x, output)) = self.largest {
                    let y = at::<E, W>(output, window);
                    for pixel in self.pooling.pixels(row, column, self.channels) {
                        let x = at::<E, W>(x, pixel + first);
                        let dx = at_mut::<E, W>(self.dx, pixel + first);
                        for i in 0..W {
                            let hit = x[i] == y[i];
                            dx[i] += if hit { g[i] } else { E::default() };
                            g[i] = if hit { E::default() } else { g[i] };
                        }
                    }
                } else {
                    let share = self.pooling.share(row, column);
                    for pixel in self.pooling.pixels(row, column, self.channels) {
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
