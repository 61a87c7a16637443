//! The memory layout of tensors.
//!
//! The kernels work on images with the channels last (NHWC): the channels of a pixel are contiguous and
//! fill a vector register, and a row of a kernel's patch is one run of memory. Their outputs have the
//! shape `[batch, channels, height, width]` and these strides, so that the next kernel reads them
//! without a copy.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::float::Float;

/// A view of a tensor `[batch, channels, height, width]` with any strides.
#[derive(Clone, Copy, Debug)]
pub struct StridedView<'a, E> {
    /// The whole storage.
    pub data: &'a [E],
    /// The index of the first element.
    pub offset: usize,
    /// Batch, channels, height, width.
    pub dims: [usize; 4],
    /// The stride of each dimension, in elements.
    pub strides: [isize; 4],
}

/// The fewest rows of a copy that are worth a task.
const ROWS_PER_TASK: usize = 64;

/// The strides of a tensor with the channels last, in elements.
pub fn channels_last_strides([_, channels, height, width]: [usize; 4]) -> [usize; 4] {
    [height * width * channels, 1, width * channels, channels]
}

impl<'a, E: Float> StridedView<'a, E> {
    /// A view of elements in the order batch, height, width, channels.
    pub fn channels_last_of(data: &'a [E], dims: [usize; 4]) -> Self {
        let strides = channels_last_strides(dims).map(|stride| stride as isize);
        Self { data, offset: 0, dims, strides }
    }

    /// All elements, in an order that depends only on the strides; copied if there are gaps between
    /// them.
    pub fn dense(&self) -> Cow<'a, [E]> {
        let count: usize = self.dims.iter().product();
        let mut axes: Vec<_> = self.strides.into_iter().zip(self.dims).collect();
        axes.retain(|(_, size)| *size > 1);
        axes.sort_unstable();
        let mut wanted = 1;
        for (stride, size) in axes {
            if stride != wanted {
                return self.channels_last();
            }
            wanted *= size as isize;
        }
        Cow::Borrowed(&self.data[self.offset..][..count])
    }

    /// The elements in row-major order; copied if they lie otherwise in memory.
    pub fn row_major(self) -> Cow<'a, [E]> {
        let Self { data, offset, dims, strides } = self;
        let [_, second, third, width] = dims;
        // Row-major order is the channels-last one of a view whose last dimension is its channels.
        let order = [0, 3, 1, 2];
        let last = order.map(|axis| dims[axis]);
        let view = Self { dims: last, strides: order.map(|axis| strides[axis]), ..self };
        if let Some(data) = view.as_channels_last() {
            return Cow::Borrowed(data);
        }
        let copy = filled(dims.iter().product(), |copy| {
            let rows = copy.par_chunks_mut(width).enumerate().with_min_len(ROWS_PER_TASK);
            rows.for_each(|(row, out)| {
                let index = [row / third / second, row / third % second, row % third];
                let steps = index.iter().zip(strides).map(|(at, stride)| *at as isize * stride);
                let start = offset as isize + steps.sum::<isize>();
                if strides[3] == 1 {
                    out.copy_from_slice(&data[start as usize..][..width]);
                } else {
                    for (at, slot) in out.iter_mut().enumerate() {
                        *slot = data[(start + at as isize * strides[3]) as usize];
                    }
                }
            });
        });
        Cow::Owned(copy)
    }

    /// A matrix `[batch, channels]` as images of one pixel, `[batch, channels, 1, 1]`.
    pub fn rows_as_pixels(self) -> Self {
        let [.., batch, channels] = self.dims;
        let [.., down, across] = self.strides;
        Self { dims: [batch, channels, 1, 1], strides: [down, across, 0, 0], ..self }
    }

    /// The elements in the order batch, height, width, channels, if they lie so in memory.
    pub fn as_channels_last(&self) -> Option<&'a [E]> {
        let count = self.dims.iter().product();
        let dense = channels_last_strides(self.dims)
            .iter()
            .zip(self.strides)
            .zip(self.dims)
            .all(|((wanted, found), size)| size == 1 || *wanted as isize == found);
        (dense || count == 0).then(|| &self.data[self.offset..][..count])
    }

    /// The elements in the order batch, height, width, channels; copied if they lie otherwise in memory.
    pub fn channels_last(&self) -> Cow<'a, [E]> {
        if let Some(data) = self.as_channels_last() {
            return Cow::Borrowed(data);
        }
        let [_, channels, height, width] = self.dims;
        let sample = channels * height * width;
        let copy = filled(self.dims.iter().product(), |copy| {
            copy.par_chunks_mut(sample).enumerate().for_each(|(index, out)| {
                self.copy_sample(index, PaddedFrame::exact(height, width), out);
            });
        });
        Cow::Owned(copy)
    }
}

/// The input of a kernel, read sample by sample with the channels last: a tensor, or a gradient that is
/// computed on the fly.
pub trait SampleSource<E>: Sync {
    /// Batch, channels, height, width.
    fn dims(&self) -> [usize; 4];

    /// All samples in place, if they lie with the channels last and `frame` has no padding.
    fn framed(&self, frame: PaddedFrame) -> Option<&[E]>;

    /// Writes one sample with zero padding to `out`, `[frame.height, frame.width, channels]`.
    fn copy_sample(&self, sample: usize, frame: PaddedFrame, out: &mut [E]);
}

impl<E: Float> SampleSource<E> for StridedView<'_, E> {
    fn dims(&self) -> [usize; 4] {
        self.dims
    }

    fn framed(&self, frame: PaddedFrame) -> Option<&[E]> {
        let [_, _, height, width] = self.dims;
        self.as_channels_last().filter(|_| frame == PaddedFrame::exact(height, width))
    }

    /// Rows and columns beyond the frame are left out.
    fn copy_sample(&self, sample: usize, frame: PaddedFrame, out: &mut [E]) {
        let [_, channels, height, width] = self.dims;
        let [batch_stride, channel_stride, row_stride, column_stride] = self.strides;
        frame.fill_margin(height, width, channels, out);
        let start = self.offset as isize + sample as isize * batch_stride;
        let columns = width.min(frame.width.saturating_sub(frame.left));
        for y in 0..height.min(frame.height.saturating_sub(frame.top)) {
            let row = frame.row(y, channels, out, columns * channels);
            let start = start + y as isize * row_stride;
            if channel_stride == 1 && column_stride == channels as isize {
                row.copy_from_slice(&self.data[start as usize..][..columns * channels]);
            } else if channels == 1 && column_stride == 1 {
                row.copy_from_slice(&self.data[start as usize..][..columns]);
            } else {
                for channel in 0..channels {
                    let start = start + channel as isize * channel_stride;
                    for column in 0..columns {
                        let place = start + column as isize * column_stride;
                        row[column * channels + channel] = self.data[place as usize];
                    }
                }
            }
        }
    }
}

/// A zero-padded image: the position of the image, and the padded size, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaddedFrame {
    /// Rows of zeros above the image.
    pub top: usize,
    /// Columns of zeros to its left.
    pub left: usize,
    /// The padded height.
    pub height: usize,
    /// The padded width.
    pub width: usize,
}

impl PaddedFrame {
    /// No padding.
    pub fn exact(height: usize, width: usize) -> Self {
        Self { top: 0, left: 0, height, width }
    }

    /// Writes the zeros around an image of this size to `out`.
    pub fn fill_margin<E: Float>(
        &self,
        height: usize,
        width: usize,
        channels: usize,
        out: &mut [E],
    ) {
        if *self == Self::exact(height, width) {
            return;
        }
        for (y, row) in out.chunks_exact_mut(self.width * channels).enumerate() {
            if y < self.top || y >= self.top + height {
                row.fill(E::default());
            } else {
                let end = (self.left + width).min(self.width);
                row[..self.left.min(self.width) * channels].fill(E::default());
                row[end * channels..].fill(E::default());
            }
        }
    }

    /// The first `length` elements of a row of the image within the padded `out`.
    #[inline(always)]
    pub fn row<'a, E>(
        &self,
        row: usize,
        channels: usize,
        out: &'a mut [E],
        length: usize,
    ) -> &'a mut [E] {
        let start = ((self.top + row) * self.width + self.left) * channels;
        &mut out[start..start + length]
    }
}

/// A vector of `length` elements, all of which `fill` writes.
pub fn filled<E: Float>(length: usize, fill: impl FnOnce(&mut [E])) -> Vec<E> {
    let [data] = filled_each(length, |[data]| fill(data));
    data
}

/// Vectors of `length` elements each, all of which `fill` writes.
pub fn filled_each<E: Float, const N: usize>(
    length: usize,
    fill: impl FnOnce([&mut [E]; N]),
) -> [Vec<E>; N] {
    filled_all([length; N], fill)
}

/// Vectors of these lengths, all elements of which `fill` writes.
///
/// Zeroing them first would cost another pass over memory.
#[expect(clippy::uninit_vec, reason = "written by `fill` before anything reads")]
pub fn filled_all<E: Float, const N: usize>(
    lengths: [usize; N],
    fill: impl FnOnce([&mut [E]; N]),
) -> [Vec<E>; N] {
    let mut vectors = lengths.map(|length| {
        let mut data = Vec::with_capacity(length);
        // SAFETY: the capacity is `length`, and E is f32 or f64, for which every bit pattern is a
        // number; each caller writes every element before it reads any.
        unsafe {
            data.set_len(length);
        }
        data
    });
    fill(vectors.each_mut().map(Vec::as_mut_slice));
    vectors
}
