//! The gradients of a convolution's weights and bias.

use rayon::prelude::*;

use super::geometry::{Geometry, repeat, samples_per_task};
use crate::blocks::add_rows;
use crate::float::{Float, with_scratch};
use crate::patches::{Correlation, correlate, padded};
use crate::view::{PaddedFrame, SampleSource, filled};

/// The largest number of parts into which a batch is cut, each with a partial sum of the gradient.
const MOST_PARTS: usize = 8;

/// Patches for which a tile's sums are read and written once: enough to be worth it, and few enough for
/// their gradients to stay in the first-level cache.
const ENOUGH_PATCHES: usize = 96;

/// Patches that are worth the memory of a partial sum.
const PATCHES_PER_PART: usize = 512;

/// The gradients of weights and bias as `[taps + 1, stride]`.
pub struct WeightGradient<E> {
    /// One row for each tap, followed by the bias's.
    rows: Vec<E>,
    /// Elements in a row: the channels, padded with zeros to whole vectors.
    stride: usize,
    channels: usize,
}

impl<E: Float> WeightGradient<E> {
    /// The gradient of the bias, `[channels_out]`.
    pub fn bias(&self) -> Vec<E> {
        let last = self.rows.len() - self.stride;
        self.rows[last..][..self.channels].to_vec()
    }

    /// The gradient of the weights as `[taps, channels_out]`.
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

    /// The gradient of the weights as `[channels_out, channels_in, height, width]`.
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
/// A batch is cut into parts, whose sums are added in order; a small batch is cut by taps instead. Both
/// cuts depend only on the sizes, so that the result does not depend on the number of threads.
pub fn weight_gradient<E: Float>(
    geometry: &Geometry,
    input: &impl SampleSource<E>,
    output_gradient: &impl SampleSource<E>,
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
    let gradient_frame = PaddedFrame::exact(rows, columns);
    let gradient_direct = output_gradient.framed(gradient_frame).filter(|_| stride == channels);

    let wanted = (geometry.batch * pixels / PATCHES_PER_PART).clamp(1, MOST_PARTS);
    let per_part = geometry.batch.div_ceil(wanted).next_multiple_of(samples);
    let parts = geometry.batch.div_ceil(per_part);
    let cuts = MOST_PARTS / parts;
    let per_cut = (taps.len() + 1).div_ceil(cuts);
    let size = (taps.len() + 1) * stride;
    let mut sums = filled(parts * size, |sums| {
        let tasks = sums.par_chunks_mut(size).enumerate().flat_map(|(part, sums)| {
            let cuts = sums.par_chunks_mut(per_cut * stride).enumerate();
            cuts.map(move |(cut, sums)| (part, cut, sums))
        });
        tasks.for_each(|(part, cut, sums)| {
            let first_tap = cut * per_cut;
            // The last row of the last cut is the bias's.
            let rows = (sums.len() / stride).min(taps.len() - first_tap.min(taps.len()));
            // Zeroed by the task that sums into them, which brings them into its cache.
            sums.fill(E::default());
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
                        let samples = gradients[..count * pixels * channels]
                            .chunks_exact_mut(pixels * channels);
                        for (index, sample) in samples.enumerate() {
                            output_gradient.copy_sample(first + index, gradient_frame, sample);
                        }
                        gradients
                    };
                    let patches = &patches[..count * pixels];
                    correlate(Correlation {
                        data,
                        patches,
                        taps,
                        gradients,
                        channels,
                        stride,
                        sums,
                    });
                    if !bias.is_empty() {
                        add_rows(&gradients[..count * pixels * channels], &mut bias[..channels]);
                    }
                });
            }
        });
    });
    add_parts(&mut sums, size);
    sums.truncate(size);
    WeightGradient { rows: sums, stride, channels }
}

/// The sum of each channel over batch, height and width.
pub fn channel_sums<E: Float>(source: &impl SampleSource<E>) -> Vec<E> {
    let [batch, channels, height, width] = source.dims();
    let size = channels * height * width;
    let sums = (0..batch).into_par_iter().flat_map_iter(|sample| {
        let mut sums = vec![E::default(); channels];
        with_scratch(size, |scratch| {
            source.copy_sample(sample, PaddedFrame::exact(height, width), scratch);
            add_rows(scratch, &mut sums);
        });
        sums
    });
    let mut sums: Vec<E> = sums.collect();
    add_parts(&mut sums, channels);
    sums.truncate(channels);
    sums
}

/// Adds the parts of `size` elements to the first one, in order.
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
