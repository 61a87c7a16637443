//! Training, validation and test pairs.

use std::collections::HashSet;

use hearth_config::BatchConfig;

use super::corpus::Corpus;
use crate::names::some_of;
use crate::split::{Cut, EveryClassIn, split_training, stratified_subset};
use crate::text::pairs::Pairs;

/// Number of the random stream that draws the test pairs; validation pairs are drawn from stream 0.
const OF_TEST: u64 = 1;

/// Indices of pairs, each list ascending. Training, validation and test pairs are disjoint, unless
/// `data.overfit_batches` makes the validation set equal to the training set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    pub train: Vec<u32>,
    pub valid: Vec<u32>,
    pub test: Vec<u32>,
    pub longer: Vec<u32>,
}

/// The test pairs that are drawn: their share, and the seed.
pub(in crate::text) type Draw = (f64, u64);

impl Parts {
    /// Draws the splits; `draw` is given if the corpus has no test pairs of its own. The error is the fault.
    pub fn of(
        corpus: &Corpus,
        draw: Option<Draw>,
        batches: &BatchConfig,
        seed: u64,
    ) -> Result<Self, String> {
        let Corpus { num_train, num_valid, num_test, num_longer, .. } = *corpus;
        let num_known = num_train + num_valid;
        let of = |start: usize, count: usize| (start as u32..(start + count) as u32).collect();
        let all: Vec<u32> = of(0, num_train);
        let (rest, test) = match draw {
            None => (all, of(num_known, num_test)),
            Some((share, seed)) => {
                let take = (num_train as f64 * share).round() as usize;
                if take == 0 || take >= num_train {
                    return Err(format!(
                        "data.test_fraction = {share} makes {take} of its {num_train} pairs the test part; change it, \
                         add pairs, or name the test pairs by data.test_path"
                    ));
                }
                let stream = (seed, OF_TEST);
                let cut = stratified_subset(&all, |_| 0, 1, take, stream, EveryClassIn::Kept);
                (cut.kept, cut.taken)
            }
        };
        let wanted = if num_valid == 0 { batches.valid_samples } else { 0 };
        if wanted >= rest.len() {
            return Err(format!(
                "data.valid_samples = {wanted} leaves nothing to train on: it has {} pairs for training; ask for fewer",
                rest.len()
            ));
        }
        let batches = BatchConfig { valid_samples: wanted, ..batches.clone() };
        let Cut { kept: train, taken } = split_training(&rest, |_| 0, 1, &batches, seed);
        // `data.overfit_batches` takes the training pairs for validation pairs.
        let has_own = num_valid > 0 && taken.is_empty();
        let valid = if has_own { of(num_train, num_valid) } else { taken };
        Ok(Self { train, valid, test, longer: of(num_known + num_test, num_longer) })
    }

    /// Leaves out the pairs of more than `most` tokens on a side, and returns a note on them. A split without any other
    /// pairs is an error.
    pub fn leave_out(&mut self, most: usize, pairs: &Pairs) -> Result<Option<String>, String> {
        let mut out = Vec::new();
        for (name, part) in [
            ("training", &mut self.train),
            ("validation", &mut self.valid),
            ("test", &mut self.test),
        ] {
            let count = part.len();
            part.retain(|&index| pairs.lengths(index).into_iter().all(|length| length <= most));
            if part.is_empty() && count > 0 {
                return Err(format!(
                    "data.max_tokens = {most} leaves no {name} pair: all {count} of them have more tokens; increase it"
                ));
            }
            if part.len() < count {
                out.push(format!("{} {name}", count - part.len()));
            }
        }
        let named = some_of(&out, out.len());
        Ok((!out.is_empty()).then(|| {
            format!("{named} pairs have more than data.max_tokens = {most} tokens on a side, and are left out")
        }))
    }

    /// A warning about test pairs that are training pairs as well.
    pub fn leaks(&self, corpus: &Corpus) -> Option<String> {
        let pair = |index: &u32| corpus.texts.get(*index as usize);
        let test: HashSet<[&str; 2]> = self.test.iter().map(pair).collect();
        let known: HashSet<[&str; 2]> =
            self.train.iter().map(pair).filter(|pair| test.contains(pair)).collect();
        let count = self.test.iter().map(pair).filter(|pair| known.contains(pair)).count();
        (count > 0).then(|| {
            format!("{count} of {} test pairs are training pairs as well", self.test.len())
        })
    }
}
