use std::sync::Arc;

use hearth_config::seed::Purpose;
use proptest::prelude::*;

use super::*;
use crate::loader::Loader;
use crate::samples::Subset;

/// Pairs of these lengths; each token is 4 or more.
fn pairs(lengths: impl IntoIterator<Item = [usize; 2]>) -> Arc<Pairs> {
    let mut pairs = Pairs::default();
    for (index, [source, target]) in lengths.into_iter().enumerate() {
        let token = 4 + (index % 1000) as u16;
        pairs.sources.push(&vec![token; source]).unwrap();
        pairs.targets.push(&vec![token + 1; target]).unwrap();
    }
    Arc::new(pairs)
}

/// Lengths as of sentences: 3 to 60 tokens, the target as long as the source give or take a fifth.
fn sentences(count: usize) -> Arc<Pairs> {
    let mut random = Stream::new(1, Purpose::Sample, 0, 0);
    pairs((0..count).map(|_| {
        let source = (3.0 + 24.0 * (0.45 * random.normal()).exp()).min(60.0);
        let target = (source * (1.0 + 0.2 * random.normal())).clamp(2.0, 70.0);
        [source as usize, target as usize]
    }))
}

#[test]
fn a_batch_has_its_special_tokens_and_padding() {
    let pairs = pairs([[2, 1], [0, 3], [1, 1]]);
    let mut batch = PairBatch::default();
    for _ in 0..2 {
        pairs.fill(&[1, 0], None, &mut batch);
        assert_eq!(batch.source.ids, [2, 0, 0, 4, 4, 2]);
        assert_eq!(batch.target.ids, [1, 6, 6, 6, 2, 1, 5, 2, 0, 0]);
        assert_eq!((batch.source.time, batch.target.time), (3, 5));
        assert_eq!(
            (&batch.source.lengths[..], &batch.target.lengths[..]),
            (&[1, 3][..], &[5, 3][..])
        );
        assert_eq!((&batch.indices[..], batch.len(), batch.is_empty()), (&[1, 0][..], 2, false));
    }
    pairs.fill(&[], None, &mut batch);
    assert_eq!((batch.len(), batch.source.time, batch.target.ids.len()), (0, 0, 0));
    let alone = TokenBatch::of_sources(&[vec![], vec![4, 4]]);
    pairs.fill(&[1, 0], None, &mut batch);
    assert_eq!(alone, batch.source);
    assert_eq!(pairs.by_length(&[0, 1, 2]), [1, 0, 2]);
    assert_eq!((pairs.len(), pairs.lengths(0)), (3, [2, 1]));
    assert_eq!((pairs.sources.ids(0), pairs.targets.get(1)), (vec![4, 4], &[6, 6, 6][..]));
}

#[test]
fn batch_buffers_are_reused() {
    let loader = Loader::new(Subset::all(pairs([[9, 9]; 40])), 8, 7);
    let order = loader.order(0);
    let mut batch = PairBatch::default();
    loader.fill(&order, 0, 0, &mut batch);
    let places = |batch: &PairBatch| {
        let sides = [&batch.source, &batch.target];
        (sides.map(|side| (side.ids.as_ptr(), side.lengths.as_ptr())), batch.indices.as_ptr())
    };
    let before = places(&batch);
    (1..5).for_each(|index| loader.fill(&order, 0, index, &mut batch));
    assert_eq!(before, places(&batch));
}

#[test]
fn batches_of_nearly_one_length_have_little_padding() {
    let pairs = sentences(29_000);
    let all: Vec<u32> = (0..29_000).collect();
    let padding = |order: &[u32]| buckets::padding(order, 64, [1, 2], |index| pairs.lengths(index));
    let loader = Loader::new(Subset::all(Arc::clone(&pairs)), 64, 3);
    let share = padding(&loader.order(0)).share();
    let unsorted = padding(&all).share();
    assert!(share < 0.1, "{share}");
    assert!(unsorted > 0.4, "{unsorted}");
    // Counted from the batches themselves.
    let (order, mut batch, mut counted) = (loader.order(0), PairBatch::default(), [0; 2]);
    for index in 0..loader.batches_per_epoch() {
        loader.fill(&order, 0, index, &mut batch);
        for side in [&batch.source, &batch.target] {
            counted[0] += side.ids.len();
            counted[1] += side.ids.iter().filter(|&&id| id == Tokenizer::PAD).count();
        }
    }
    assert_eq!(counted, [padding(&order).total, padding(&order).padded]);
}

#[test]
fn batches_come_in_random_order_and_differ_between_epochs_and_seeds() {
    let pairs = sentences(1000);
    let order = |seed, epoch| Loader::new(Subset::all(Arc::clone(&pairs)), 16, seed).order(epoch);
    assert_eq!(order(1, 0), order(1, 0));
    assert_ne!(order(1, 0), order(1, 1));
    assert_ne!(order(1, 0), order(2, 0));
    let order = order(1, 0);
    let longest = |batch: &[u32]| batch.iter().map(|&index| pairs.lengths(index)[1]).max();
    let batches: Vec<_> = order.chunks(16).map(longest).collect();
    assert!(!batches.is_sorted() && !batches.iter().rev().is_sorted(), "{batches:?}");
    // The last, smaller batch is a random one: its pairs differ in length.
    let last = order.chunks(16).last().unwrap();
    let lengths: Vec<_> = last.iter().map(|&index| pairs.lengths(index)[1]).collect();
    assert_eq!(last.len(), 8);
    assert!(lengths.iter().max().unwrap() - lengths.iter().min().unwrap() > 10, "{lengths:?}");
}

proptest! {
    #[test]
    fn an_epoch_shows_every_pair_once(
        lengths in prop::collection::vec((0_usize..9, 0_usize..9), 1..300),
        batch_size in 1_usize..50, seed: u64, epoch: u64,
    ) {
        let count = lengths.len() as u32;
        let pairs = pairs(lengths.iter().map(|&(source, target)| [source, target]));
        let subset = Subset { source: pairs, indices: (0..count).step_by(2).collect() };
        let loader = Loader::new(subset.clone(), batch_size, seed);
        let order = loader.order(epoch);
        let (mut seen, mut batch) = (Vec::new(), PairBatch::default());
        for index in 0..loader.batches_per_epoch() {
            loader.fill(&order, epoch, index, &mut batch);
            prop_assert!(batch.len() == batch_size || index + 1 == loader.batches_per_epoch());
            for (side, around) in [(&batch.source, 1), (&batch.target, 2)] {
                for (row, &length) in side.ids.chunks(side.time).zip(&side.lengths) {
                    let (tokens, padding) = row.split_at(length as usize);
                    prop_assert!(length >= around && tokens.last() == Some(&Tokenizer::END));
                    prop_assert!(!tokens.contains(&Tokenizer::PAD) && padding.iter().all(|&id| id == 0));
                }
            }
            seen.extend_from_slice(&batch.indices);
        }
        prop_assert_eq!(&seen, &order);
        seen.sort_unstable();
        prop_assert_eq!(&seen[..], &subset.indices[..]);
    }
}
