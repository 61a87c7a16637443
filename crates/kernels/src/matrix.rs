//! Matrix products for sequences, by the tiles of [`crate::patches`].

use rayon::prelude::*;

use crate::float::Float;
use crate::patches::{Correlation, Panels, Product, WeightMatrix, correlate, multiply, padded};
use crate::view::filled;

/// The right factor of products with many rows, `[inputs, outputs]`, packed once.
pub struct RightFactor<'a, E: Clone> {
    panels: Panels<'a, E>,
    taps: Vec<u32>,
}

/// A matrix with any strides: entry (i, j) is `data[start + i * strides[0] + j * strides[1]]`.
#[derive(Clone, Copy)]
pub struct StridedMatrix<'a, E> {
    pub data: &'a [E],
    pub start: isize,
    pub dims: [usize; 2],
    pub strides: [isize; 2],
}

impl<'a, E> StridedMatrix<'a, E> {
    /// A row-major matrix.
    pub fn row_major(data: &'a [E], dims: [usize; 2]) -> Self {
        Self { data, start: 0, dims, strides: [dims[1] as isize, 1] }
    }

    /// The transpose.
    pub fn transposed(self) -> Self {
        let Self { dims: [rows, columns], strides: [down, across], .. } = self;
        Self { dims: [columns, rows], strides: [across, down], ..self }
    }
}

impl<'a, E: Float> RightFactor<'a, E> {
    /// Packs a matrix for products with this many rows in all.
    pub fn new(matrix: StridedMatrix<'a, E>, rows: usize) -> Self {
        let StridedMatrix { data, start, dims: [inputs, outputs], strides: [down, across] } =
            matrix;
        let places: Vec<_> = (0..inputs).map(|input| start + input as isize * down).collect();
        let weights =
            WeightMatrix { data, taps: &places, stride: across, channels: outputs, run: inputs };
        Self { panels: Panels::arrange(weights, rows), taps: (0..inputs as u32).collect() }
    }

    /// `out[places[p] + j] = bias[j] + sum_i data[rows[p] + i] matrix[i, j]`. A row's result does not
    /// depend on the other rows.
    pub fn multiply(
        &self,
        (data, rows): (&[E], &[u32]),
        bias: Option<&[E]>,
        (out, places): (&mut [E], &[u32]),
    ) {
        let Self { panels, taps } = self;
        multiply(Product { data, patches: rows, taps, panels, bias, out, places });
    }
}

/// The elements behind the last row of a right factor of [`transposed_product`].
pub fn slack<E: Float>(outputs: usize) -> usize {
    padded::<E>(outputs) - outputs
}

/// Rows of the left factor's transpose in a task.
const INPUTS_PER_TASK: usize = 48;

/// Rows for which a tile's sums are read and written once: few enough for the cache.
const ROWS_AT_A_TIME: usize = 96;

/// Rows of `width` elements, `step` elements apart.
#[derive(Clone, Copy)]
pub struct SpacedRows<'a, E> {
    /// The elements from the first row on.
    pub data: &'a [E],
    /// Elements in a row.
    pub width: usize,
    /// Elements from row to row.
    pub step: usize,
    /// The number of rows.
    pub rows: usize,
}

impl<'a, E> SpacedRows<'a, E> {
    /// Rows without gaps.
    pub fn dense(data: &'a [E], width: usize) -> Self {
        Self { data, width, step: width, rows: data.len() / width }
    }
}

/// The product `left^T right` of matrices with equally many rows, `[left.width, outputs]` in row-major order.
///
/// `right` has [`slack`] elements more than its rows have. The sums run over the rows in order.
pub fn transposed_product<E: Float>(
    left: SpacedRows<'_, E>,
    (right, outputs): (&[E], usize),
) -> Vec<E> {
    let SpacedRows { data, width, step, rows } = left;
    let stride = padded::<E>(outputs);
    let patches: Vec<_> = (0..ROWS_AT_A_TIME.min(rows)).map(|row| (row * step) as u32).collect();
    let taps: Vec<_> = (0..width as u32).collect();
    let mut product = filled(width * stride, |sums| {
        let tasks = sums.par_chunks_mut(INPUTS_PER_TASK * stride);
        tasks.zip(taps.par_chunks(INPUTS_PER_TASK)).for_each(|(sums, taps)| {
            sums.fill(E::default());
            for first in (0..rows).step_by(ROWS_AT_A_TIME) {
                correlate(Correlation {
                    data: &data[first * step..],
                    patches: &patches[..ROWS_AT_A_TIME.min(rows - first)],
                    taps,
                    gradients: &right[first * outputs..],
                    channels: outputs,
                    stride,
                    sums,
                });
            }
        });
    });
    if outputs < stride {
        for input in 1..width {
            let start = input * stride;
            product.copy_within(start..start + outputs, input * outputs);
        }
        product.truncate(width * outputs);
    }
    product
}
