//! Convolution and its gradients, on images with the channels last.
//!
//! With x `[batch, channels_in, height, width]`, weights w `[channels_out, channels_in, kernel]`
//! and stride s, padding p:
//!
//! - forward: `y[n, o, i, j] = b[o] + sum_{c, u, v} x[n, c, i s - p + u, j s - p + v] w[o, c, u, v]`;
//! - input: `dx[n, c, h, k] = sum dy[n, o, i, j] w[o, c, u, v]` over all `i s - p + u = h`,
//!   `j s - p + v = k`. Pixels with the same `(h + p) mod s` and `(k + p) mod s` share their taps: each of
//!   the s x s phases is a convolution with stride 1 (Shi et al. 2016 show this for upsampling);
//! - weights: `dw[o, c, u, v] = sum_{n, i, j} dy[n, o, i, j] x[n, c, i s - p + u, j s - p + v]`;
//! - bias: `db[o] = sum_{n, i, j} dy[n, o, i, j]`.
//!
//! A transposed convolution is the gradient of the input as a forward pass (Dumoulin and Visin 2016,
//! chapter 4), and needs no kernels of its own.

mod geometry;
mod weights;

use rayon::prelude::*;

use crate::float::{Float, with_scratch};
use crate::patches::{Panels, Product, WeightMatrix, multiply};
use crate::view::{PaddedFrame, SampleSource, StridedView, filled};

pub use geometry::Geometry;
use geometry::{grid, repeat, samples_per_task, taps};
pub use weights::{channel_sums, weight_gradient};

/// The output pixels that share their taps.
struct Phase<'a, E: Clone> {
    /// The offset of each patch in a padded sample.
    patches: Vec<u32>,
    /// The offset of each patch's output in a sample of the output.
    places: Vec<u32>,
    taps: Vec<u32>,
    panels: Panels<'a, E>,
}

/// Convolves every sample of `source` by the phases, and calls `finish` on the output of each task while
/// it is in the cache. Returns the output, and the results of `finish` in the order of the samples.
fn convolve<E: Float, R: Send>(
    source: &impl SampleSource<E>,
    frame: PaddedFrame,
    phases: &[Phase<'_, E>],
    bias: Option<&[E]>,
    sample_out: usize,
    finish: impl Fn(&mut [E]) -> R + Sync,
) -> (Vec<E>, Vec<R>) {
    let [batch, channels, ..] = source.dims();
    let framed = frame.height * frame.width * channels;
    let samples = samples_per_task(framed.max(sample_out)).min(batch.div_ceil(FEWEST_TASKS));
    let band = band(batch, phases, sample_out);
    let direct = source.framed(frame);
    let tables: Vec<_> = phases
        .iter()
        .map(|phase| {
            (repeat(&phase.patches, samples, framed), repeat(&phase.places, samples, sample_out))
        })
        .collect();
    let mut finished = Vec::new();
    let out = filled(batch * sample_out, |out| {
        let tasks = out.par_chunks_mut(samples * sample_out).enumerate().flat_map(|(task, out)| {
            let pixels = band.unwrap_or(usize::MAX);
            let length =
                out.len().min(pixels.saturating_mul(sample_out / phases[0].places.len().max(1)));
            let bands = out.par_chunks_mut(length).enumerate();
            bands.map(move |(number, out)| (task * samples, number, out))
        });
        let run = tasks.map(|(first, number, out)| {
            let count = samples.min(batch - first);
            let mut apply = |data: &[E]| {
                for (phase, (patches, places)) in phases.iter().zip(&tables) {
                    let whole = count * phase.patches.len();
                    let range = band.map_or(0..whole, |pixels| {
                        number * pixels..whole.min((number + 1) * pixels)
                    });
                    multiply(Product {
                        data,
                        // A band's outputs are counted from its first one.
                        places: &places[..range.len()],
                        patches: &patches[range],
                        taps: &phase.taps,
                        panels: &phase.panels,
                        bias,
                        out,
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
        finished = run.collect();
    });
    (out, finished)
}

/// The smallest number of tasks that a batch is cut into, if it has as many samples.
const FEWEST_TASKS: usize = 4;

/// Multiplications in a band that are worth the copy of its sample.
const WORTH_A_BAND: usize = 1 << 17;

/// The number of pixels of a band if a batch with few samples is cut into bands of pixels; None if it is
/// not. Only a single phase, whose pixels follow each other, is cut.
fn band<E: Float>(batch: usize, phases: &[Phase<'_, E>], sample_out: usize) -> Option<usize> {
    let [phase] = phases else { return None };
    let bands = FEWEST_TASKS.div_ceil(batch);
    let worth = sample_out * phase.taps.len() >= bands * WORTH_A_BAND;
    (bands > 1 && worth).then(|| phase.places.len().div_ceil(bands))
}

/// The forward pass. Returns the output `[batch, height, width, channels_out]`, and the results of
/// `finish` on the output of each task, in the order of the samples.
pub fn forward<E: Float, R: Send>(
    geometry: &Geometry,
    input: &impl SampleSource<E>,
    weights: StridedView<'_, E>,
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
            WeightMatrix {
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

/// The offset of each tap's weight, for all rows, columns and channels along dimension `axis`.
fn weight_places<E>(
    weights: &StridedView<'_, E>,
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
    /// The number of taps.
    taps: usize,
}

/// The gradient of the input, `[batch, height, width, channels_in]`, or the output of a transposed
/// convolution. For the latter, `bias` has one element for each channel, and `finish` is called on the
/// output of each task.
pub fn input_gradient<E: Float, R: Send>(
    geometry: &Geometry,
    output_gradient: &impl SampleSource<E>,
    weights: StridedView<'_, E>,
    bias: Option<&[E]>,
    finish: impl Fn(&mut [E]) -> R + Sync,
) -> (Vec<E>, Vec<R>) {
    let Geometry { input, output, kernel, stride, padding, .. } = *geometry;
    let [channels, height, width] = input;
    // For row h of the input, h + p = q s + phase: outputs q, q - 1, ... contribute to it, one through
    // each tap of its phase.
    let margin = [0, 1].map(|axis| kernel[axis].div_ceil(stride[axis]) - 1);
    let size = [0, 1].map(|axis| {
        let last = (input[axis + 1] - 1 + padding[axis]) / stride[axis];
        margin[axis] + output[axis + 1].max(last + 1)
    });
    let frame = PaddedFrame { top: margin[0], left: margin[1], height: size[0], width: size[1] };
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
            // The last output that contributes to a pixel does so through the first tap.
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
                    WeightMatrix {
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
