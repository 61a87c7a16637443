//! Rows of a table as tensors.

use burn::tensor::{Device, Tensor, TensorData};
use hearth_data::tables::{Coding, RowBatch, Rows};
use hearth_model::RowDims;

use crate::supervised::Inputs;

/// Converts rows to inputs `[batch, width, 1, 1]`: their standardised numbers, followed by the one-hot code of each
/// category, which is all zeros for a value unknown to training.
#[derive(Clone, Debug)]
pub struct RowInput {
    dims: RowDims,
}

impl RowInput {
    /// An input for rows of this coding.
    pub fn new(coding: &Coding) -> Self {
        Self { dims: dims(coding) }
    }

    /// `count` rows of numbers `[count, numbers]` and codes `[count, categories]` as inputs `[count, width, 1, 1]`.
    pub fn rows(&self, numbers: &[f32], codes: &[u32], count: usize, device: &Device) -> Tensor<4> {
        let (width, num_numbers) = (self.dims.width(), self.dims.numbers);
        let categories = &self.dims.categories;
        let mut values = vec![0.0; count * width];
        for (row, values) in values.chunks_exact_mut(width.max(1)).enumerate() {
            values[..num_numbers].copy_from_slice(&numbers[row * num_numbers..][..num_numbers]);
            let mut start = num_numbers;
            let codes = &codes[row * categories.len()..][..categories.len()];
            for (code, size) in codes.iter().zip(categories) {
                // Code 0 is a value unknown to training.
                if let Some(index) = (*code as usize).checked_sub(1) {
                    values[start + index] = 1.0;
                }
                start += size;
            }
        }
        Tensor::from_data(TensorData::new(values, [count, width, 1, 1]), device)
    }
}

impl Inputs for RowInput {
    type Source = Rows;

    fn tensor(&self, batch: &RowBatch, device: &Device) -> Tensor<4> {
        self.rows(&batch.numbers, &batch.codes, batch.indices.len(), device)
    }
}

/// The sizes of a row: the number of numbers, and the number of values of each category.
pub fn dims(coding: &Coding) -> RowDims {
    RowDims { numbers: coding.num_numbers(), categories: coding.categories() }
}

#[cfg(test)]
mod tests {
    use hearth_train::Backend;

    use super::*;

    #[test]
    fn numbers_precede_one_hot_codes() {
        let input = RowInput { dims: RowDims { numbers: 1, categories: vec![2, 3] } };
        let device = Backend::default().device().expect("a CPU");
        let rows = input.rows(&[0.5, -1.0], &[2, 1, 0, 3], 2, &device);
        assert_eq!(rows.dims(), [2, 6, 1, 1]);
        let found: Vec<f32> = rows.into_data().try_into_vec().expect("floats");
        assert_eq!(found, [0.5, 0.0, 1.0, 1.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    }
}
