//! The matrices of the heads in a tensor.

use std::borrow::Cow;

use crate::float::Float;
use crate::matrix::StridedMatrix;
use crate::view::StridedView;

/// A tensor `[batch, heads, time, width]` whose rows are contiguous, at any distance from each other.
pub struct Heads<'a, E: Clone> {
    data: Cow<'a, [E]>,
    start: usize,
    /// The strides of batch, heads and time.
    strides: [usize; 3],
    dims: [usize; 4],
}

impl<'a, E: Float> Heads<'a, E> {
    /// The tensor in place, or a copy if its rows are not contiguous.
    pub fn new(view: StridedView<'a, E>) -> Self {
        let [_, heads, time, width] = view.dims;
        let [batch_stride, head_stride, step, across] = view.strides;
        let outer = [batch_stride, head_stride, step];
        let in_place = (across == 1 || width == 1) && outer.iter().all(|stride| *stride >= 0);
        if in_place {
            let strides = outer.map(|stride| stride as usize);
            return Self { data: view.data.into(), start: view.offset, strides, dims: view.dims };
        }
        let strides = [heads * time * width, time * width, width];
        Self { data: view.row_major(), start: 0, strides, dims: view.dims }
    }

    /// All elements from a row on, and the distance from row to row.
    pub fn rows(&self, batch: usize, head: usize, time: usize) -> (&[E], usize) {
        let [by_batch, by_head, by_time] = self.strides;
        let start = self.start + batch * by_batch + head * by_head + time * by_time;
        (&self.data[start..], by_time)
    }

    /// The first `rows` rows of a head as a matrix.
    pub fn matrix(&self, batch: usize, head: usize, rows: usize) -> StridedMatrix<'_, E> {
        let (data, step) = self.rows(batch, head, 0);
        StridedMatrix { data, start: 0, dims: [rows, self.dims[3]], strides: [step as isize, 1] }
    }

    /// Copies rows to `out`, one after the other.
    pub fn copy_rows(&self, batch: usize, head: usize, time: usize, out: &mut [E]) {
        let (data, step) = self.rows(batch, head, time);
        let width = self.dims[3];
        for (row, out) in out.chunks_exact_mut(width).enumerate() {
            out.copy_from_slice(&data[row * step..][..width]);
        }
    }
}
