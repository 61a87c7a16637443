//! Rows in memory, and batches of them.

use hearth_config::seed::Stream;

use crate::source::Source;

/// What is known of the target of some rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Targets {
    /// Nothing: of rows to predict for.
    #[default]
    Unknown,
    /// `[rows]`: the place of each row's class among the names.
    Classes(Vec<u16>),
    /// `[rows]`: (number - mean) / std of each row.
    Numbers(Vec<f32>),
}

/// Coded rows of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// How many rows there are.
    pub num_rows: usize,
    /// Numbers of a row.
    pub num_numbers: usize,
    /// Categories of a row.
    pub num_categories: usize,
    /// `[rows, num_numbers]`: standardised; behind the numbers, 0 or 1 for each that says that one was missing.
    pub numbers: Vec<f32>,
    /// `[rows, num_categories]`: 1 to k, or 0 for what the training part does not have.
    pub codes: Vec<u32>,
    /// `[rows]`.
    pub targets: Targets,
}

/// Some rows in buffers, ready to become tensors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowBatch {
    /// `[count, num_numbers]`, as in [`Rows`].
    pub numbers: Vec<f32>,
    /// `[count, num_categories]`, as in [`Rows`].
    pub codes: Vec<u32>,
    /// `[count]`, as in [`Rows`].
    pub targets: Targets,
    /// `[count]`: the place of each row in the rows that it was copied from.
    pub indices: Vec<u32>,
}

impl RowBatch {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }
}

impl Source for Rows {
    type Batch = RowBatch;

    fn len(&self) -> usize {
        self.num_rows
    }

    /// Rows are not changed at random.
    fn fill(&self, indices: &[u32], _: Option<&mut Stream>, batch: &mut RowBatch) {
        copy(&self.numbers, self.num_numbers, indices, &mut batch.numbers);
        copy(&self.codes, self.num_categories, indices, &mut batch.codes);
        match (&self.targets, &mut batch.targets) {
            (Targets::Classes(all), Targets::Classes(some)) => copy(all, 1, indices, some),
            (Targets::Numbers(all), Targets::Numbers(some)) => copy(all, 1, indices, some),
            (Targets::Unknown, Targets::Unknown) => {}
            (all, some) => {
                let at = |place: &u32| *place as usize;
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

/// Makes `some` the rows at these indices, each of so many items.
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
