//! The sizes of a convolution, and the tables of offsets that replace its matrix of patches.

use crate::view::PaddedFrame;

/// The sizes of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// The number of samples.
    pub batch: usize,
    /// Channels, height and width of the input.
    pub input: [usize; 3],
    /// Channels, height and width of the output.
    pub output: [usize; 3],
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Distance between neighbouring patches, down and to the right, in pixels.
    pub stride: [usize; 2],
    /// Rows of zeros above the input and columns to its left. The padding below and to the right follows
    /// from the output's size.
    pub padding: [usize; 2],
}

impl Geometry {
    /// The convolution of images `[batch, channels, height, width]` by weights
    /// `[channels_out, channels_in, height, width]`; None if the channels differ, or the kernel
    /// is larger than the padded image.
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

    /// The convolution whose input gradient is the transposed convolution of images
    /// `[batch, channels, height, width]` by weights `[channels_in, channels_out, height, width]`;
    /// None if the channels differ, or the output would be empty.
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

    /// The shape of the weights, `[channels_out, channels_in, height, width]`.
    pub fn weights(&self) -> [usize; 4] {
        [self.output[0], self.input[0], self.kernel[0], self.kernel[1]]
    }

    /// The padded input, which contains every tap of every patch and all of the input.
    pub(super) fn input_frame(&self) -> PaddedFrame {
        let size = |axis: usize| {
            let taps = (self.output[axis + 1] - 1) * self.stride[axis] + self.kernel[axis];
            taps.max(self.padding[axis] + self.input[axis + 1])
        };
        PaddedFrame { top: self.padding[0], left: self.padding[1], height: size(0), width: size(1) }
    }

    /// The offset of each output's patch in the padded input.
    pub(super) fn input_patches(&self) -> Vec<u32> {
        let [channels, ..] = self.input;
        let width = self.input_frame().width;
        let [_, rows, columns] = self.output;
        grid(rows, columns, |row, column| {
            (row * self.stride[0] * width + column * self.stride[1]) * channels
        })
    }

    /// The offset of each tap from its patch, in the order rows, columns, channels.
    pub(super) fn input_taps(&self) -> Vec<u32> {
        taps(self.kernel, self.input_frame().width, self.input[0])
    }
}

/// A table of `place` for every row and column.
pub(super) fn grid(rows: usize, columns: usize, place: impl Fn(usize, usize) -> usize) -> Vec<u32> {
    let at = |row, column| u32::try_from(place(row, column)).expect("images below 2^32 numbers");
    (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (row, column)))
        .map(|(row, column)| at(row, column))
        .collect()
}

/// The offset of each tap of a kernel from its patch, in the order rows, columns, channels.
pub(super) fn taps([height, width]: [usize; 2], frame_width: usize, channels: usize) -> Vec<u32> {
    grid(height * width, channels, |tap, channel| {
        (tap / width.max(1) * frame_width + tap % width.max(1)) * channels + channel
    })
}

/// About as many elements as fit a core's second-level cache beside the weights.
const CHUNK: usize = 1 << 15;

/// The number of samples of `sample` elements in a task: few enough for the cache, a function of the shape.
pub(super) fn samples_per_task(sample: usize) -> usize {
    (CHUNK / sample.max(1)).clamp(1, 16)
}

/// A sample's table, repeated for `samples` at a distance of `stride` elements.
pub(super) fn repeat(table: &[u32], samples: usize, stride: usize) -> Vec<u32> {
    let mut all = Vec::with_capacity(samples * table.len());
    for sample in 0..samples {
        let shift = u32::try_from(sample * stride).expect("a task's samples below 2^32");
        all.extend(table.iter().map(|at| at + shift));
    }
    all
}
