//! Convolution and its gradients, on pictures with the channels last.
//!
//! With x `[batch, channels_in, height, width]`, weights w `[channels_out, channels_in, kernel]`
//! and stride s, padding p:
//!
//! - forward: `y[n, o, i, j] = b[o] + sum_{c, u, v} x[n, c, i s - p + u, j s - p + v] w[o, c, u, v]`;
//! - input: `dx[n, c, h, k]` sums `dy[n, o, i, j] w[o, c, u, v]` over all `i s - p + u = h`,
//!   `j s - p + v = k`. Pixels of equal `(h + p) mod s` see the same taps, so it is a convolution
//!   with stride 1 for each of the s x s phases (Shi et al. 2016 draw it for upsampling);
//! - weights: `dw[o, c, u, v] = sum_{n, i, j} dy[n, o, i, j] x[n, c, i s - p + u, j s - p + v]`;
//! - bias: `db[o] = sum_{n, i, j} dy[n, o, i, j]`.
//!
//! A transposed convolution is the input's gradient taken as a forward pass (Dumoulin and Visin
//! 2016, chapter 4), so it needs no kernels of its own.

use rayon::prelude::*;

use crate::blocks::add_rows;
use crate::float::{Float, with_scratch};
use crate::patches::{Correlation, Panels, Product, Weights, correlate, multiply, padded};
use crate::view::{Frame, Source, View, filled};

/// The sizes of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Samples.
    pub batch: usize,
    /// Channels, height, width of what the convolution reads.
    pub input: [usize; 3],
    /// Channels, height, width of what it writes.
    pub output: [usize; 3],
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Down and to the right.
    pub stride: [usize; 2],
    /// Rows of zeros above the input and columns to its left. Those below and to its right are
    /// as many as the output needs.
    pub padding: [usize; 2],
}

impl Geometry {
    /// The convolution of pictures `[batch, channels, height, width]` by weights
    /// `[channels_out, channels_in, height, width]`; `None` when the channels differ, or the kernel
    /// is larger than the padded picture.
    pub fn new(
        [batch, channels, height, width]: [usize; 4],
        [channels_out, channels_in, kernel_height, kernel_width]: [usize; 4],
        stride: [usize; 2],
        padding: [(usize, usize); 2],
    ) -> Option<Self> {
        let size = |size: usize, kernel: usize, axis: usize| {
            let (before, behind) = padding[axis];
            Some((size + before + behind).checked_sub(kernel)? / stride[axis] + 1)
        };
        let rows = size(height, kernel_height, 0)?;
        let columns = size(width, kernel_width, 1)?;
        (channels == channels_in).then_some(Self {
            batch,
            input: [channels, height, width],
            output: [channels_out, rows, columns],
            kernel: [kernel_height, kernel_width],
            stride,
            padding: padding.map(|(before, _)| before),
        })
    }

    /// The convolution whose input's gradient is the transposed convolution of pictures
    /// `[batch, channels, height, width]` by weights `[channels_in, channels_out, height, width]`;
    /// `None` when the channels differ, or nothing is left of the output.
    pub fn transposed(
        [batch, channels, height, width]: [usize; 4],
        [channels_in, channels_out, kernel_height, kernel_width]: [usize; 4],
        stride: [usize; 2],
        padding: [usize; 2],
        output_padding: [usize; 2],
    ) -> Option<Self> {
        let size = |size: usize, kernel: usize, axis: usize| {
            let whole = size.checked_sub(1)? * stride[axis] + kernel + output_padding[axis];
            whole.checked_sub(2 * padding[axis]).filter(|size| *size > 0)
        };
        let rows = size(height, kernel_height, 0)?;
        let columns = size(width, kernel_width, 1)?;
        (channels == channels_in).then_some(Self {
            batch,
            input: [channels_out, rows, columns],
            output: [channels, height, width],
            kernel: [kernel_height, kernel_width],
            stride,
            padding,
        })
    }

    /// Shape of the weights.
    pub fn weights(&self) -> [usize; 4] {
        [self.output[0], self.input[0], self.kernel[0], self.kernel[1]]
    }

    /// The frame around an input within which every tap of every patch lies, and all of the input.
    fn input_frame(&self) -> Frame {
        let size = |axis: usize| {
            let taps = (self.output[axis + 1] - 1) * self.stride[axis] + self.kernel[axis];
            taps.max(self.padding[axis] + self.input[axis + 1])
        };
        Frame { top: self.padding[0], left: self.padding[1], height: size(0), width: size(1) }
    }

    /// Where each output's patch starts within the framed input.
    fn input_patches(&self) -> Vec<u32> {
        let [channels, ..] = self.input;
        let width = self.input_frame().width;
        let [_, rows, columns] = self.output;
        grid(rows, columns, |row, column| {
            (row * self.stride[0] * width + column * self.stride[1]) * channels
        })
    }

    /// Where each tap lies within a patch: rows, columns, channels.
    fn input_taps(&self) -> Vec<u32> {
        taps(self.kernel, self.input_frame().width, self.input[0])
    }
}

fn grid(rows: usize, columns: usize, place: impl Fn(usize, usize) -> usize) -> Vec<u32> {
    let at = |row, column| u32::try_from(place(row, column)).expect("pictures below 2^32 numbers");
    (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (row, column)))
        .map(|(row, column)| at(row, column))
        .collect()
}

fn taps([height, width]: [usize; 2], frame_width: usize, channels: usize) -> Vec<u32> {
    grid(height * width, channels, |tap, channel| {
        (tap / width.max(1) * frame_width + tap % width.max(1)) * channels + channel
    })
}

/// Output pixels that see the same taps.
struct Phase<'a, E: Clone> {
    /// Where each patch starts in a framed sample.
    patches: Vec<u32>,
    /// Where each patch's output starts in a sample of the output.
    places: Vec<u32>,
    taps: Vec<u32>,
    panels: Panels<'a, E>,
}

/// About as many numbers as a core's second-level cache holds beside the weights.
const CHUNK: usize = 1 << 15;

/// Samples that one task works on: few enough to stay in the cache, by shape alone.
fn samples_per_task(sample: usize) -> usize {
    (CHUNK / sample.max(1)).clamp(1, 16)
}

/// The tables of one sample, for `samples` that follow each other at a distance of `stride`.
fn repeat(table: &[u32], samples: usize, stride: usize) -> Vec<u32> {
    let mut all = Vec::with_capacity(samples * table.len());
    for sample in 0..samples {
        let shift = u32::try_from(sample * stride).expect("a task's samples below 2^32");
        all.extend(table.iter().map(|at| at + shift));
    }
    all
}

/// Applies the phases to every sample of `source`, and `finish` to what each task computed, while
/// it is in the cache. What that gives comes in the order of the samples.
fn convolve<E: Float, R: Send>(
    source: &impl Source<E>,
    frame: Frame,
    phases: &[Phase<'_, E>],
    bias: Option<&[E]>,
    sample_out: usize,
    finish: impl Fn(&mut [E]) -> R + Sync,
) -> (Vec<E>, Vec<R>) {
    let [batch, channels, ..] = source.dims();
    let framed = frame.height * frame.width * channels;
    let samples = samples_per_task(framed.max(sample_out));
    let direct = source.framed(frame);
    let tables: Vec<_> = phases
        .iter()
        .map(|phase| {
            (repeat(&phase.patches, samples, framed), repeat(&phase.places, samples, sample_out))
        })
        .collect();
    let mut finished = Vec::new();
    let out = filled(batch * sample_out, |out| {
        let tasks = out.par_chunks_mut(samples * sample_out).enumerate();
        let run = tasks.map(|(task, out)| {
            let first = task * samples;
            let count = samples.min(batch - first);
            let mut apply = |data: &[E]| {
                for (phase, (patches, places)) in phases.iter().zip(&tables) {
                    multiply(Product {
                        data,
                        patches: &patches[..count * phase.patches.len()],
                        taps: &phase.taps,
                        panels: &phase.panels,
                        bias,
                        out,
                        places: &places[..count * phase.places.len()],
                    });
                }
            };
            if let Some(data) = direct {
                apply(&data[first * framed..][..count * framed]);
            } else {
                with_scratch(count * framed, |scratch| {
                    for (index, sample) in scratch.chunks_exact_mut(framed).enumerate() {
                        source.copy_sample(first + index, frame, sample);
                    }
                    apply(scratch);
                });
            }
            finish(out)
        });
        run.collect_into_vec(&mut finished);
    });
    (out, finished)
}

/// The forward pass: `[batch, height, width, channels]` of the output, and what `finish` gives for
/// each task's samples.
pub fn forward<E: Float, R: Send>(
    geometry: &Geometry,
    input: &impl Source<E>,
    weights: View<'_, E>,
    bias: Option<&[E]>,
    finish: impl Fn(&mut [E]) -> R + Sync,
) -> (Vec<E>, Vec<R>) {
    let [channels_out, rows, columns] = geometry.output;
    let taps = geometry.input_taps();
    let [_, channels, height, width] = geometry.weights();
    let places = weight_places(&weights, 1, (0..height, 0..width, channels));
    let phase = Phase {
        patches: geometry.input_patches(),
        places: grid(rows, columns, |row, column| (row * columns + column) * channels_out),
        panels: Panels::arrange(
            Weights {
                data: weights.data,
                taps: &places,
                stride: weights.strides[0],
                channels: channels_out,
                run: channels,
            },
            geometry.batch * rows * columns,
        ),
        taps,
    };
    let sample_out = channels_out * rows * columns;
    convolve(input, geometry.input_frame(), &[phase], bias, sample_out, finish)
}

/// Where each tap's weight is: for all rows, columns and channels along dimension `axis`.
fn weight_places<E>(
    weights: &View<'_, E>,
    axis: usize,
    (rows, columns, channels): (
        impl Iterator<Item = usize>,
        impl Iterator<Item = usize> + Clone,
        usize,
    ),
) -> Vec<isize> {
    let [.., row_stride, column_stride] = weights.strides;
    let mut places = Vec::new();
    for row in rows {
        for column in columns.clone() {
            let start = weights.offset as isize
                + row as isize * row_stride
                + column as isize * column_stride;
            places.extend((0..channels).map(|at| start + at as isize * weights.strides[axis]));
        }
    }
    places
}

/// One axis of a phase of the input's gradient.
#[derive(Clone, Copy)]
struct Axis {
    /// The taps of this phase are `first`, `first + stride`, ...
    first: usize,
    /// How many there are.
    taps: usize,
}

/// The gradient of the input: `[batch, height, width, channels]` of the input.
///
/// `bias` has one number for each channel of the input, and `finish` looks at each task's samples:
/// a gradient has neither, a transposed convolution may.
pub fn input_gradient<E: Float, R: Send>(
    geometry: &Geometry,
    output_gradient: &impl Source<E>,
    weights: View<'_, E>,
    bias: Option<&[E]>,
    finish: impl Fn(&mut [E]) -> R + Sync,
) -> (Vec<E>, Vec<R>) {
    let Geometry { input, output, kernel, stride, padding, .. } = *geometry;
    let [channels, height, width] = input;
    // Row h of the input is h + p = q s + phase; it hears of outputs q, q - 1, ..., one for each
    // tap of its phase.
    let margin = [0, 1].map(|axis| kernel[axis].div_ceil(stride[axis]) - 1);
    let size = [0, 1].map(|axis| {
        let last = (input[axis + 1] - 1 + padding[axis]) / stride[axis];
        margin[axis] + output[axis + 1].max(last + 1)
    });
    let frame = Frame { top: margin[0], left: margin[1], height: size[0], width: size[1] };
    let axis = |axis: usize, first: usize| {
        let taps = kernel[axis].saturating_sub(first).div_ceil(stride[axis]);
        let inside =
            (0..input[axis + 1]).filter(move |at| (at + padding[axis]) % stride[axis] == first);
        (Axis { first, taps }, inside.collect::<Vec<_>>())
    };
    let start = |axis: usize, at: usize, phase: Axis| {
        (at + padding[axis]) / stride[axis] + margin[axis] + 1 - phase.taps.max(1)
    };
    let mut phases = Vec::new();
    for (vertical, rows) in (0..stride[0]).map(|first| axis(0, first)) {
        for (horizontal, columns) in (0..stride[1]).map(|first| axis(1, first)) {
            let window = [vertical.taps, horizontal.taps];
            let taps = taps(window, frame.width, output[0]);
            // The last output that a pixel hears of sees it through the first tap.
            let turned = |axis: Axis, stride: usize| {
                (0..axis.taps).rev().map(move |tap| axis.first + tap * stride)
            };
            let window = (turned(vertical, stride[0]), turned(horizontal, stride[1]), output[0]);
            let places = weight_places(&weights, 0, window);
            let phase = Phase {
                patches: grid(rows.len(), columns.len(), |row, column| {
                    let row = start(0, rows[row], vertical);
                    let column = start(1, columns[column], horizontal);
                    (row * frame.width + column) * output[0]
                }),
                places: grid(rows.len(), columns.len(), |row, column| {
                    (rows[row] * width + columns[column]) * channels
                }),
                panels: Panels::arrange(
                    Weights {
                        data: weights.data,
                        taps: &places,
                        stride: weights.strides[1],
                        channels,
                        run: output[0],
                    },
                    geometry.batch * rows.len() * columns.len(),
                ),
                taps,
            };
            phases.push(phase);
        }
    }
    convolve(output_gradient, frame, &phases, bias, channels * height * width, finish)
}

/// The most partial sums of the weights' gradient that are added up at the end.
const MOST_PARTS: usize = 8;

/// The sums of a tile are read and written once for this many patches.
const ENOUGH_PATCHES: usize = 256;

/// A partial sum is worth its memory for this many patches.
const PATCHES_PER_PART: usize = 512;

/// The gradients of the weights and of the bias, before they are put in an order.
pub struct WeightGradient<E> {
    /// A row for each tap, then one of the bias's.
    rows: Vec<E>,
    /// Numbers in a row: the channels, and zeros up to a whole vector.
    stride: usize,
    channels: usize,
}

impl<E: Float> WeightGradient<E> {
    /// The bias's gradient.
    pub fn bias(&self) -> Vec<E> {
        let last = self.rows.len() - self.stride;
        self.rows[last..][..self.channels].to_vec()
    }

    /// The weights' gradient as `[taps, channels_out]`.
    pub fn into_taps(mut self) -> Vec<E> {
        self.rows.truncate(self.rows.len() - self.stride);
        if self.channels < self.stride {
            let rows = self.rows.len() / self.stride;
            for row in 1..rows {
                let start = row * self.stride;
                self.rows.copy_within(start..start + self.channels, row * self.channels);
            }
            self.rows.truncate(rows * self.channels);
        }
        self.rows
    }

    /// The weights' gradient as `[channels_out, channels_in, height, width]`.
    pub fn by_channel(&self, geometry: &Geometry) -> Vec<E> {
        let [channels_out, channels_in, height, width] = geometry.weights();
        let spatial = height * width;
        filled(channels_out * channels_in * spatial, |weights| {
            weights.par_chunks_mut(channels_in * spatial).enumerate().for_each(|(out, weights)| {
                for (channel, weights) in weights.chunks_exact_mut(spatial).enumerate() {
                    for (place, weight) in weights.iter_mut().enumerate() {
                        *weight = self.rows[(place * channels_in + channel) * self.stride + out];
                    }
                }
            });
        })
    }
}

/// The gradients of weights and bias.
///
/// The batch is cut into parts, whose sums are added in order; a small batch is cut by taps
/// instead. Both depend on the sizes alone, so that the sum does not depend on the threads.
pub fn weight_gradient<E: Float>(
    geometry: &Geometry,
    input: &impl Source<E>,
    output_gradient: &impl Source<E>,
) -> WeightGradient<E> {
    let [channels, rows, columns] = geometry.output;
    let frame = geometry.input_frame();
    let framed = frame.height * frame.width * geometry.input[0];
    let pixels = rows * columns;
    let stride = padded::<E>(channels);
    let taps = geometry.input_taps();
    let samples = samples_per_task(framed + pixels * channels).max(ENOUGH_PATCHES.div_ceil(pixels));
    let patches = repeat(&geometry.input_patches(), samples, framed);
    let input_direct = input.framed(frame);
    let gradient_frame = Frame::exact(rows, columns);
    let gradient_direct = output_gradient.framed(gradient_frame).filter(|_| stride == channels);

    let wanted = (geometry.batch * pixels / PATCHES_PER_PART).clamp(1, MOST_PARTS);
    let per_part = geometry.batch.div_ceil(wanted).next_multiple_of(samples);
    let parts = geometry.batch.div_ceil(per_part);
    let cuts = MOST_PARTS / parts;
    let per_cut = (taps.len() + 1).div_ceil(cuts);
    let size = (taps.len() + 1) * stride;
    let mut sums = vec![E::default(); parts * size];
    let tasks = sums.par_chunks_mut(size).enumerate().flat_map(|(part, sums)| {
        let cuts = sums.par_chunks_mut(per_cut * stride).enumerate();
        cuts.map(move |(cut, sums)| (part, cut, sums))
    });
    tasks.for_each(|(part, cut, sums)| {
        let first_tap = cut * per_cut;
        // The last row of all is the bias's.
        let rows = (sums.len() / stride).min(taps.len() - first_tap.min(taps.len()));
        let (sums, bias) = sums.split_at_mut(rows * stride);
        let taps = &taps[taps.len().min(first_tap)..][..rows];
        let end = ((part + 1) * per_part).min(geometry.batch);
        for first in (part * per_part..end).step_by(samples) {
            let count = samples.min(end - first);
            let framed_scratch = if input_direct.is_some() { 0 } else { count * framed };
            let gradient_scratch =
                if gradient_direct.is_some() { 0 } else { count * pixels * channels + stride };
            with_scratch(framed_scratch + gradient_scratch, |scratch| {
                let (inputs, gradients) = scratch.split_at_mut(framed_scratch);
                let data: &[E] = if let Some(data) = input_direct {
                    &data[first * framed..][..count * framed]
                } else {
                    for (index, sample) in inputs.chunks_exact_mut(framed).enumerate() {
                        input.copy_sample(first + index, frame, sample);
                    }
                    inputs
                };
                let gradients: &[E] = if let Some(data) = gradient_direct {
                    &data[first * pixels * channels..][..count * pixels * channels]
                } else {
                    let samples =
                        gradients[..count * pixels * channels].chunks_exact_mut(pixels * channels);
                    for (index, sample) in samples.enumerate() {
                        output_gradient.copy_sample(first + index, gradient_frame, sample);
                    }
                    gradients
                };
                let patches = &patches[..count * pixels];
                correlate(Correlation { data, patches, taps, gradients, channels, stride, sums });
                if !bias.is_empty() {
                    add_rows(&gradients[..count * pixels * channels], &mut bias[..channels]);
                }
            });
        }
    });
    add_parts(&mut sums, size);
    sums.truncate(size);
    WeightGradient { rows: sums, stride, channels }
}

/// The sum of each channel over batch and places.
pub fn channel_sums<E: Float>(source: &impl Source<E>) -> Vec<E> {
    let [batch, channels, height, width] = source.dims();
    let size = channels * height * width;
    let sums = (0..batch).into_par_iter().flat_map_iter(|sample| {
        let mut sums = vec![E::default(); channels];
        with_scratch(size, |scratch| {
            source.copy_sample(sample, Frame::exact(height, width), scratch);
            add_rows(scratch, &mut sums);
        });
        sums
    });
    let mut sums: Vec<E> = sums.collect();
    add_parts(&mut sums, channels);
    sums.truncate(channels);
    sums
}

/// Adds the parts of `size` numbers, in order, into the first one.
fn add_parts<E: Float>(sums: &mut [E], size: usize) {
    const BLOCK: usize = 4096;
    let (total, parts) = sums.split_at_mut(size);
    total.par_chunks_mut(BLOCK).enumerate().for_each(|(block, total)| {
        for part in parts.chunks_exact(size) {
            for (sum, value) in total.iter_mut().zip(&part[block * BLOCK..]) {
                *sum += *value;
            }
        }
    });
}
