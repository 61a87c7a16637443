//! Training, validation and test rows of a table.

use hearth_config::{BatchConfig, CsvConfig};

use crate::error::DataError;
use crate::split::{Cut, EveryClassIn, split_training, stratified_subset};
use crate::tables::file::input::TableInput;

/// Number of the random stream that draws the test rows; validation rows are drawn from stream 0.
const OF_TEST: u64 = 1;

/// Row indices of the three splits, each list ascending. They are disjoint, unless `data.overfit_batches` makes the
/// validation set equal to the training set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Training rows.
    pub train: Vec<u32>,
    /// Validation rows; empty without `data.valid_samples`.
    pub valid: Vec<u32>,
    /// Test rows.
    pub test: Vec<u32>,
}

/// Labels of the rows for stratified splits; regression counts as a single class.
pub(crate) struct Labelled<'a> {
    pub num_rows: usize,
    /// Number of rows of the first file; the others are of the test file.
    pub num_first: usize,
    pub labels: Option<&'a [u16]>,
    pub num_classes: usize,
}

impl Parts {
    /// Draws the splits.
    pub(crate) fn of(
        input: &TableInput,
        rows: &Labelled<'_>,
        config: &CsvConfig,
        batches: &BatchConfig,
        seed: u64,
    ) -> Result<Self, DataError> {
        let label = |index: u32| rows.labels.map_or(0, |labels| labels[index as usize]);
        let all: Vec<u32> = (0..rows.num_first as u32).collect();
        let (rest, test) = if config.test.is_some() {
            (all, (rows.num_first as u32..rows.num_rows as u32).collect())
        } else {
            let share = config.test_fraction();
            let take = (all.len() as f64 * share).round() as usize;
            if take == 0 || take >= all.len() {
                let fault = format!(
                    "data.test_fraction = {share} makes {take} of its {} rows the test part; change it, add rows, or \
                     name two files by data.train and data.test",
                    all.len()
                );
                return Err(input.fault(fault));
            }
            let stream = (config.split_seed.unwrap_or(seed), OF_TEST);
            let cut =
                stratified_subset(&all, label, rows.num_classes, take, stream, EveryClassIn::Kept);
            (cut.kept, cut.taken)
        };
        let wanted = batches.valid_samples;
        if wanted >= rest.len() {
            let fault = format!(
                "data.valid_samples = {wanted} leaves nothing to train on: it has {} rows for training; ask for fewer",
                rest.len()
            );
            return Err(input.fault(fault));
        }
        let Cut { kept: train, taken: valid } =
            split_training(&rest, label, rows.num_classes, batches, seed);
        Ok(Self { train, valid, test })
    }
}
