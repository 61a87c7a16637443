//! Coded rows in memory, and batches of them.

use hearth_config::seed::Stream;

use crate::samples::Source;

/// Target values of rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Targets {
    /// No targets, for prediction.
    #[default]
    Unknown,
    /// `[rows]`: class labels.
    Classes(Vec<u16>),
    /// `[rows]`: standardised numbers, (number - mean) / std.
    Numbers(Vec<f32>),
}

/// Coded rows of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Number of rows.
    pub num_rows: usize,
    /// Number of numeric inputs per row.
    pub num_numbers: usize,
    /// Number of categorical inputs per row.
    pub num_categories: usize,
    /// `[rows, num_numbers]`: standardised numbers, then missing flags, 0 or 1.
    pub numbers: Vec<f32>,
    /// `[rows, num_categories]`: codes 1 to k of the k training values, or 0 for an unseen value.
    pub codes: Vec<u32>,
    /// `[rows]`: target values.
    pub targets: Targets,
}

/// A batch of rows in contiguous buffers, ready to become tensors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowBatch {
    /// `[count, num_numbers]`, as in [`Rows`].
    pub numbers: Vec<f32>,
    /// `[count, num_categories]`, as in [`Rows`].
    pub codes: Vec<u32>,
    /// `[count]`, as in [`Rows`].
    pub targets: Targets,
    /// `[count]`: index of each row in the table.
    pub indices: Vec<u32>,
}

impl RowBatch {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// True if there are no rows.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }
}

impl Source for Rows {
    type Batch = RowBatch;

    fn len(&self) -> usize {
        self.num_rows
    }

    /// Copies rows; there is no augmentation of rows.
    fn fill(&self, indices: &[u32], _: Option<&mut Stream>, batch: &mut RowBatch) {
        copy(&self.numbers, self.num_numbers, indices, &mut batch.numbers);
        copy(&self.codes, self.num_categories, indices, &mut batch.codes);
        match (&self.targets, &mut batch.targets) {
            (Targets::Classes(all), Targets::Classes(some)) => copy(all, 1, indices, some),
            (Targets::Numbers(all), Targets::Numbers(some)) => copy(all, 1, indices, some),
            (Targets::Unknown, Targets::Unknown) => {}
            (all, some) => {
                let at = |index: &u32| *index as usize;
                *some = match all {
                    Targets::Unknown => Targets::Unknown,
                    Targets::Classes(all) => {
                        Targets::Classes(indices.iter().map(|p| all[at(p)]).collect())
                    }
                    Targets::Numbers(all) => {
                        Targets::Numbers(indices.iter().map(|p| all[at(p)]).collect())
                    }
                };
            }
        }
        batch.indices.clear();
        batch.indices.extend_from_slice(indices);
    }
}

/// Replaces `some` by the rows of `all` at these indices, each of `width` items.
fn copy<T: Copy>(all: &[T], width: usize, indices: &[u32], some: &mut Vec<T>) {
    some.clear();
    some.reserve_exact(indices.len() * width);
    for &index in indices {
        some.extend_from_slice(&all[index as usize * width..][..width]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_the_rows_at_its_indices() {
        let rows = Rows {
            num_rows: 3,
            num_numbers: 2,
            num_categories: 1,
            numbers: vec![0.0, 0.5, 1.0, 1.5, 2.0, 2.5],
            codes: vec![7, 8, 9],
            targets: Targets::Classes(vec![0, 1, 0]),
        };
        let mut batch = RowBatch::default();
        for _ in 0..2 {
            rows.fill(&[2, 1], None, &mut batch);
            assert_eq!(batch.numbers, [2.0, 2.5, 1.0, 1.5]);
            assert_eq!(
                (&batch.codes[..], &batch.indices[..], batch.len()),
                (&[9, 8][..], &[2, 1][..], 2)
            );
            assert_eq!(batch.targets, Targets::Classes(vec![0, 1]));
        }
    }
}
