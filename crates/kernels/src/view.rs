//! Tensors as they lie in memory.
//!
//! The kernels work on pictures with the channels last: the channels of a pixel are neighbours, so
//! that they fill a vector register, and a row of a kernel's window is one run of memory. What
//! they return keeps the shape `[batch, channels, height, width]` and has such strides; the next
//! kernel then reads it without a copy.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::float::Float;

/// A tensor `[batch, channels, height, width]` with any strides.
#[derive(Clone, Copy, Debug)]
pub struct View<'a, E> {
    /// The whole storage.
    pub data: &'a [E],
    /// Where the first number is.
    pub offset: usize,
    /// Batch, channels, height, width.
    pub dims: [usize; 4],
    /// The way from one number to the next along each dimension.
    pub strides: [isize; 4],
}

/// Strides of a tensor whose channels are neighbours.
pub fn channels_last_strides([_, channels, height, width]: [usize; 4]) -> [usize; 4] {
    [height * width * channels, 1, width * channels, channels]
}

impl<'a, E: Float> View<'a, E> {
    /// The numbers with the channels last, when they lie so already.
    pub fn as_channels_last(&self) -> Option<&'a [E]> {
        let count = self.dims.iter().product();
        let dense = channels_last_strides(self.dims)
            .iter()
            .zip(self.strides)
            .zip(self.dims)
            .all(|((wanted, found), size)| size == 1 || *wanted as isize == found);
        (dense || count == 0).then(|| &self.data[self.offset..][..count])
    }

    /// The same, when they fill `frame` without a margin.
    pub fn framed(&self, frame: Frame) -> Option<&'a [E]> {
        let [_, _, height, width] = self.dims;
        self.as_channels_last().filter(|_| frame == Frame::exact(height, width))
    }

    /// The numbers with the channels last, copied when they lie otherwise.
    pub fn channels_last(&self) -> Cow<'a, [E]> {
        if let Some(data) = self.as_channels_last() {
            return Cow::Borrowed(data);
        }
        let [_, channels, height, width] = self.dims;
        let sample = channels * height * width;
        let mut copy = vec![E::default(); self.dims.iter().product()];
        copy.par_chunks_mut(sample).enumerate().for_each(|(index, out)| {
            self.copy_sample(index, Frame::exact(height, width), out);
        });
        Cow::Owned(copy)
    }

    /// Copies one sample with the channels last, within a frame of zeros.
    ///
    /// `out` is `[frame.height, frame.width, channels]`. What does not fit the frame is left out.
    pub fn copy_sample(&self, sample: usize, frame: Frame, out: &mut [E]) {
        let [_, channels, height, width] = self.dims;
        let [batch_stride, channel_stride, row_stride, column_stride] = self.strides;
        let Frame { top, left, height: framed_height, width: framed_width } = frame;
        let start = self.offset as isize + sample as isize * batch_stride;
        let columns = width.min(framed_width.saturating_sub(left));
        for (y, row) in out.chunks_exact_mut(framed_width * channels).enumerate() {
            if y < top || y >= top + height || y >= framed_height {
                row.fill(E::default());
                continue;
            }
            let (before, rest) = row.split_at_mut(left * channels);
            let (inside, behind) = rest.split_at_mut(columns * channels);
            before.fill(E::default());
            behind.fill(E::default());
            let start = start + (y - top) as isize * row_stride;
            if channel_stride == 1 && column_stride == channels as isize {
                inside.copy_from_slice(&self.data[start as usize..][..columns * channels]);
            } else if channels == 1 && column_stride == 1 {
                inside.copy_from_slice(&self.data[start as usize..][..columns]);
            } else {
                for channel in 0..channels {
                    let start = start + channel as isize * channel_stride;
                    for column in 0..columns {
                        let place = start + column as isize * column_stride;
                        inside[column * channels + channel] = self.data[place as usize];
                    }
                }
            }
        }
    }
}

/// Where a picture lies within a larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Rows of zeros above the picture.
    pub top: usize,
    /// Columns of zeros to its left.
    pub left: usize,
    /// The frame's height.
    pub height: usize,
    /// The frame's width.
    pub width: usize,
}

impl Frame {
    /// No frame: the picture alone.
    pub fn exact(height: usize, width: usize) -> Self {
        Self { top: 0, left: 0, height, width }
    }
}

/// A vector of `length` numbers that `fill` writes, every one of them.
///
/// Zeros from the allocator cost nothing when it takes fresh pages, and a pass over them when it
/// does not; `fill` writes them all in any case.
pub fn filled<E: Float>(length: usize, fill: impl FnOnce(&mut [E])) -> Vec<E> {
    let mut data = Vec::with_capacity(length);
    // SAFETY: the capacity is `length`, and E is f32 or f64, for which every bit pattern is a
    // number; each caller writes every element before it reads any.
    #[expect(clippy::uninit_vec, reason = "written by `fill` before anything reads")]
    unsafe {
        data.set_len(length);
    }
    fill(&mut data);
    data
}
