//! The validation set: pictures held out of the training set, the same share of each class.

use std::sync::Arc;

use hearth_config::BatchConfig;
use hearth_config::seed::{Purpose, Stream};

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::examples::Subset;

/// The three parts of a dataset. They have no picture in common, unless a few are learned by heart.
#[derive(Clone, Debug)]
pub struct Splits {
    /// What is learned from.
    pub train: Subset,
    /// What progress is measured on and the best checkpoint chosen by; cut from the training set.
    pub valid: Subset,
    /// What the final report is about, and nothing else.
    pub test: Subset,
}

impl Dataset {
    /// Cuts `valid_samples` pictures from the training set, and leaves what the other settings say of it.
    ///
    /// Each class gives the same share, rounded so that exactly as many are cut (largest remainders); which
    /// pictures is drawn from [`Purpose::Split`], one stream per class.
    pub fn split(&self, config: &BatchConfig, seed: u64) -> Result<Splits, DataError> {
        let (available, wanted) = (self.train.len(), config.valid_samples);
        if wanted >= available {
            return Err(DataError::TooFew { dataset: self.name.clone(), wanted, available });
        }
        let cut = |indices: &[u32], take: usize| -> Cut {
            let labels = indices.iter().map(|index| self.train.labels[*index as usize]);
            let cut = stratified(&labels.collect::<Vec<_>>(), self.classes.len(), take, seed);
            let at = |places: Vec<u32>| places.into_iter().map(|place| indices[place as usize]);
            Cut { kept: at(cut.kept).collect(), taken: at(cut.taken).collect() }
        };
        let all: Vec<u32> = (0..available as u32).collect();
        let Cut { kept: mut train, taken: mut valid } = cut(&all, wanted);
        if let Some(share) = config.limit_train {
            let take = (train.len() as f64 * share).round().max(1.0) as usize;
            train = cut(&train, take.min(train.len())).taken;
        }
        if let Some(batches) = config.overfit_batches {
            let take = batches.saturating_mul(config.batch_size);
            train = cut(&train, take.min(train.len())).taken;
            valid.clone_from(&train);
        }
        let subset = |indices: Vec<u32>| Subset {
            examples: Arc::clone(&self.train),
            indices: indices.into(),
        };
        let test = Subset::all(Arc::clone(&self.test));
        Ok(Splits { train: subset(train), valid: subset(valid), test })
    }
}

/// Places in a list of labels, each list ascending.
pub(crate) struct Cut {
    pub kept: Vec<u32>,
    pub taken: Vec<u32>,
}

/// Takes `take` places at random, the same share of each class; `take` is at most `labels.len()`.
pub(crate) fn stratified(labels: &[u16], num_classes: usize, take: usize, seed: u64) -> Cut {
    let mut places = vec![Vec::new(); num_classes];
    for (place, &label) in labels.iter().enumerate() {
        places[usize::from(label)].push(place as u32);
    }
    let counts: Vec<usize> = places.iter().map(Vec::len).collect();
    let shares = shares(&counts, take);
    let mut cut =
        Cut { kept: Vec::with_capacity(labels.len() - take), taken: Vec::with_capacity(take) };
    for (class, (mut places, share)) in places.into_iter().zip(shares).enumerate() {
        Stream::new(seed, Purpose::Split, class as u64, 0).shuffle(&mut places);
        cut.kept.extend(places.drain(share..));
        cut.taken.append(&mut places);
    }
    cut.kept.sort_unstable();
    cut.taken.sort_unstable();
    cut
}

/// How many of each class to take: proportional to `counts`, with the sum `take`.
///
/// Each class gets its exact share rounded down; what is left goes one each to
/// the largest remainders, the lower class first where they are equal.
fn shares(counts: &[usize], take: usize) -> Vec<usize> {
    let total = counts.iter().sum::<usize>().max(1) as u128;
    let exact = |count: usize| count as u128 * take as u128;
    let mut shares: Vec<usize> =
        counts.iter().map(|&count| (exact(count) / total) as usize).collect();
    let mut classes: Vec<usize> = (0..counts.len()).collect();
    classes.sort_by_key(|&class| std::cmp::Reverse(exact(counts[class]) % total));
    let left = take - shares.iter().sum::<usize>();
    for &class in &classes[..left] {
        shares[class] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::examples::{Examples, PictureShape};

    fn dataset(labels: Vec<u16>) -> Dataset {
        let shape = PictureShape { channels: 1, height: 1, width: 1 };
        let examples = Arc::new(Examples { pixels: vec![0; labels.len()], labels, shape });
        Dataset {
            name: "some".to_owned(),
            classes: (0..10).map(|class| class.to_string()).collect(),
            train: Arc::clone(&examples),
            test: examples,
            checksums: std::collections::BTreeMap::new(),
            warnings: Vec::new(),
        }
    }

    fn holding_out(valid_samples: usize) -> BatchConfig {
        BatchConfig { valid_samples, ..BatchConfig::default() }
    }

    #[test]
    fn a_limited_set_is_balanced_and_holds_nothing_back() {
        let dataset = dataset((0..600).map(|place| place % 10).collect());
        let whole = dataset.split(&holding_out(50), 42).unwrap();
        let tenth = BatchConfig { limit_train: Some(0.1), ..holding_out(50) };
        let tenth = dataset.split(&tenth, 42).unwrap();
        assert_eq!((tenth.train.len(), tenth.valid.indices), (55, whole.valid.indices));
        assert!(tenth.train.indices.iter().all(|index| whole.train.indices.contains(index)));
        for class in 0..10 {
            let own = |index: &&u32| dataset.train.labels[**index as usize] == class;
            assert!((5..=6).contains(&tenth.train.indices.iter().filter(own).count()));
        }
        let few = BatchConfig { limit_train: Some(1e-9), ..holding_out(0) };
        assert_eq!(dataset.split(&few, 1).unwrap().train.len(), 1, "never none");
    }

    #[test]
    fn what_is_learned_by_heart_is_what_is_asked() {
        let dataset = dataset((0..600).map(|place| place % 10).collect());
        let config = BatchConfig { batch_size: 20, overfit_batches: Some(2), ..holding_out(50) };
        let splits = dataset.split(&config, 42).unwrap();
        assert_eq!(splits.train.len(), 40);
        assert_eq!(splits.train.indices, splits.valid.indices);
        let all = BatchConfig { overfit_batches: Some(usize::MAX), ..config };
        assert_eq!(dataset.split(&all, 42).unwrap().train.len(), 550);
    }

    #[test]
    fn remainders_decide_who_gives_one_more() {
        // Exact shares: 2.5, 1.25, 1.25: the first class has the largest remainder.
        assert_eq!(shares(&[10, 5, 5], 5), [3, 1, 1]);
        // All equal: the lower classes.
        assert_eq!(shares(&[4, 4, 4], 5), [2, 2, 1]);
        assert_eq!(shares(&[7, 0, 3], 10), [7, 0, 3]);
    }

    #[test]
    fn a_balanced_set_gives_the_same_number_of_each_class() {
        let dataset = dataset((0..600).map(|place| place % 10).collect());
        let splits = dataset.split(&holding_out(50), 42).unwrap();
        for class in 0..10 {
            let of = |part: &Subset| {
                part.indices
                    .iter()
                    .filter(|&&place| dataset.train.labels[place as usize] == class)
                    .count()
            };
            assert_eq!((of(&splits.train), of(&splits.valid)), (55, 5));
        }
        assert_eq!(splits.test.len(), 600);
        assert_eq!(
            splits.valid.indices,
            dataset.split(&holding_out(50), 42).unwrap().valid.indices
        );
        assert_ne!(
            splits.valid.indices,
            dataset.split(&holding_out(50), 43).unwrap().valid.indices
        );
    }

    #[test]
    fn none_may_be_held_out_but_not_all() {
        let dataset = dataset(vec![0, 1, 0]);
        let splits = dataset.split(&holding_out(0), 1).unwrap();
        assert_eq!((splits.train.len(), splits.valid.len()), (3, 0));
        let message = dataset.split(&holding_out(3), 1).unwrap_err().to_string();
        assert!(
            message.contains("valid_samples = 3") && message.contains("some has 3"),
            "{message}"
        );
    }

    proptest! {
        #[test]
        fn every_picture_is_in_one_part_and_shares_are_within_one(
            labels in prop::collection::vec(0_u16..10, 1..500), part in 0.0..1.0_f64, seed: u64,
        ) {
            let take = (labels.len() as f64 * part) as usize;
            let cut = stratified(&labels, 10, take, seed);
            prop_assert_eq!(cut.taken.len(), take);
            prop_assert!(cut.kept.is_sorted() && cut.taken.is_sorted());
            let all: BTreeSet<u32> = cut.kept.iter().chain(&cut.taken).copied().collect();
            prop_assert_eq!(all, (0..labels.len() as u32).collect::<BTreeSet<_>>());
            for class in 0..10 {
                let count = labels.iter().filter(|&&label| label == class).count();
                let taken = cut.taken.iter().filter(|&&place| labels[place as usize] == class).count();
                let exact = count as f64 * take as f64 / labels.len() as f64;
                prop_assert!((taken as f64 - exact).abs() < 1.0, "class {class}: {taken} of {exact}");
            }
        }
    }
}
