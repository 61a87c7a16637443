//! The training, validation and test rows.

use hearth_config::{BatchConfig, CsvConfig};

use super::input::Input;
use crate::error::DataError;
use crate::split::{Cut, Spare, cut_places, learned};

/// The number of the stream, among those of a split, that draws a test part: the validation part has another one.
const OF_TEST: u64 = 1;

/// Places in the rows of a table, each list ascending. They have no place in common, unless a few are learned by
/// heart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// What is learned from.
    pub train: Vec<u32>,
    /// What progress is measured on; empty without `data.valid_samples`.
    pub valid: Vec<u32>,
    /// What the final report is about.
    pub test: Vec<u32>,
}

/// Rows of a table, and the class of each: of a number, all are of one class.
pub(crate) struct Labelled<'a> {
    pub num_rows: usize,
    /// Rows of the training file, where the others are of a test file.
    pub num_first: usize,
    pub labels: Option<&'a [u16]>,
    pub num_classes: usize,
}

impl Parts {
    /// Draws the parts.
    pub(crate) fn of(
        input: &Input,
        rows: &Labelled<'_>,
        config: &CsvConfig,
        batches: &BatchConfig,
        seed: u64,
    ) -> Result<Self, DataError> {
        let label = |place: u32| rows.labels.map_or(0, |labels| labels[place as usize]);
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
            let cut = cut_places(&all, label, rows.num_classes, take, stream, Spare::Kept);
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
            learned(&rest, label, rows.num_classes, batches, seed);
        Ok(Self { train, valid, test })
    }
}
