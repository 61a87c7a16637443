//! The sizes of a convolution, and the tables that stand for its patches.

use crate::view::PaddedFrame;

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
    pub(super) fn input_frame(&self) -> PaddedFrame {
        let size = |axis: usize| {
            let taps = (self.output[axis + 1] - 1) * self.stride[axis] + self.kernel[axis];
            taps.max(self.padding[axis] + self.input[axis + 1])
        };
        PaddedFrame { top: self.padding[0], left: self.padding[1], height: size(0), width: size(1) }
    }

    /// Where each output's patch starts within the framed input.
    pub(super) fn input_patches(&self) -> Vec<u32> {
        let [channels, ..] = self.input;
        let width = self.input_frame().width;
        let [_, rows, columns] = self.output;
        grid(rows, columns, |row, column| {
            (row * self.stride[0] * width + column * self.stride[1]) * channels
        })
    }

    /// Where each tap lies within a patch: rows, columns, channels.
    pub(super) fn input_taps(&self) -> Vec<u32> {
        taps(self.kernel, self.input_frame().width, self.input[0])
    }
}

/// `place` of every row and column.
pub(super) fn grid(rows: usize, columns: usize, place: impl Fn(usize, usize) -> usize) -> Vec<u32> {
    let at = |row, column| u32::try_from(place(row, column)).expect("pictures below 2^32 numbers");
    (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (row, column)))
        .map(|(row, column)| at(row, column))
        .collect()
}

/// Where each tap of a window lies in a frame: rows, columns, channels.
pub(super) fn taps([height, width]: [usize; 2], frame_width: usize, channels: usize) -> Vec<u32> {
    grid(height * width, channels, |tap, channel| {
        (tap / width.max(1) * frame_width + tap % width.max(1)) * channels + channel
    })
}

/// About as many numbers as a core's second-level cache holds beside the weights.
const CHUNK: usize = 1 << 15;

/// Samples that one task works on: few enough to stay in the cache, by shape alone.
pub(super) fn samples_per_task(sample: usize) -> usize {
    (CHUNK / sample.max(1)).clamp(1, 16)
}

/// The tables of one sample, for `samples` that follow each other at a distance of `stride`.
pub(super) fn repeat(table: &[u32], samples: usize, stride: usize) -> Vec<u32> {
    let mut all = Vec::with_capacity(samples * table.len());
    for sample in 0..samples {
        let shift = u32::try_from(sample * stride).expect("a task's samples below 2^32");
        all.extend(table.iter().map(|at| at + shift));
    }
    all
}
