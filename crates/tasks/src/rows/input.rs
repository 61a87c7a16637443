//! From rows of a table to a tensor.

use burn::tensor::{Device, Tensor, TensorData};
use hearth_data::tables::{Coding, RowBatch, Rows};
use hearth_model::RowDims;

use crate::supervised::Inputs;

/// Makes inputs `[batch, width, 1, 1]` of rows: their numbers, which are standardised already, and behind them the
/// one-hot code of each category, which is all zeros for a value that training has not seen.
#[derive(Clone, Debug)]
pub struct RowInput {
    dims: RowDims,
}

impl RowInput {
    /// For rows of this coding.
    pub fn new(coding: &Coding) -> Self {
        Self { dims: dims(coding) }
    }

    /// The rows of numbers `[batch, numbers]` and codes `[batch, categories]`.
    pub fn rows(&self, numbers: &[f32], codes: &[u32], count: usize, device: &Device) -> Tensor<4> {
        let (width, num_numbers) = (self.dims.width(), self.dims.numbers);
        let categories = &self.dims.categories;
        let mut values = vec![0.0; count * width];
        for (row, values) in values.chunks_exact_mut(width.max(1)).enumerate() {
            values[..num_numbers].copy_from_slice(&numbers[row * num_numbers..][..num_numbers]);
            let mut start = num_numbers;
            let codes = &codes[row * categories.len()..][..categories.len()];
            for (code, size) in codes.iter().zip(categories) {
                // 0 is a value that training has not seen.
                if let Some(place) = (*code as usize).checked_sub(1) {
                    values[start + place] = 1.0;
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

/// The parts of a row as a network takes it.
pub fn dims(coding: &Coding) -> RowDims {
    RowDims { numbers: coding.num_numbers(), categories: coding.categories() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_train::Backend;

    #[test]
    fn numbers_come_first_and_then_a_code_for_each_category() {
        let input = RowInput { dims: RowDims { numbers: 1, categories: vec![2, 3] } };
        let device = Backend::default().device().expect("a CPU");
        let rows = input.rows(&[0.5, -1.0], &[2, 1, 0, 3], 2, &device);
        assert_eq!(rows.dims(), [2, 6, 1, 1]);
        let found: Vec<f32> = rows.into_data().try_into_vec().expect("floats");
        assert_eq!(found, [0.5, 0.0, 1.0, 1.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    }
}
