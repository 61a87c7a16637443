//! Matrices in row-major order.

use std::borrow::Cow;

use crate::float::Float;
use crate::view::StridedView;

impl<'a, E: Float> StridedView<'a, E> {
    /// All elements in row-major order; copied if they lie otherwise in memory.
    pub fn row_major(&self) -> Cow<'a, [E]> {
        // A copy is parallel over the first axis, so that one longer than 1 comes first.
        let mut axes = [0, 1, 2];
        axes.swap(0, (0..3).find(|axis| self.dims[*axis] > 1).unwrap_or(0));
        let [batch, height, width] = axes;
        let axes = [batch, 3, height, width];
        let (dims, strides) =
            (axes.map(|axis| self.dims[axis]), axes.map(|axis| self.strides[axis]));
        Self { dims, strides, ..*self }.channels_last()
    }
}

/// The number of rows of this width in a task, whose elements fit a core's cache.
pub fn rows_per_task(width: usize) -> usize {
    const ELEMENTS: usize = 1 << 13;
    (ELEMENTS / width.max(1)).max(1)
}
