//! Stratified splits: validation and test samples, drawn in equal shares from each class.

use hearth_config::BatchConfig;
use hearth_config::seed::{Purpose, Stream};

/// Takes `valid_samples` of these samples for validation, and applies `limit_train` and `overfit_batches` to the
/// rest.
pub(crate) fn split_training(
    indices: &[u32],
    label: impl Fn(u32) -> u16,
    num_classes: usize,
    config: &BatchConfig,
    seed: u64,
) -> Cut {
    let cut = |indices: &[u32], take: usize, side: EveryClassIn| {
        stratified_subset(indices, &label, num_classes, take, (seed, 0), side)
    };
    let Cut { kept: mut train, taken: mut valid } =
        cut(indices, config.valid_samples, EveryClassIn::Kept);
    if let Some(share) = config.limit_train {
        let take = (train.len() as f64 * share).round().max(1.0) as usize;
        train = cut(&train, take.min(train.len()), EveryClassIn::Taken).taken;
    }
    if let Some(batches) = config.overfit_batches {
        let take = batches.saturating_mul(config.batch_size);
        train = cut(&train, take.min(train.len()), EveryClassIn::Taken).taken;
        valid.clone_from(&train);
    }
    Cut { kept: train, taken: valid }
}

/// Takes `take` of these samples at random, the same share of each class.
pub(crate) fn stratified_subset(
    indices: &[u32],
    label: impl Fn(u32) -> u16,
    num_classes: usize,
    take: usize,
    stream: (u64, u64),
    side: EveryClassIn,
) -> Cut {
    let labels: Vec<u16> = indices.iter().map(|&index| label(index)).collect();
    let cut = stratified(&labels, num_classes, take, stream, side);
    let at = |chosen: Vec<u32>| chosen.into_iter().map(|index| indices[index as usize]).collect();
    Cut { kept: at(cut.kept), taken: at(cut.taken) }
}

/// Side of a stratified split that keeps at least one sample of each class, as far as other classes can give one
/// instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EveryClassIn {
    /// The remaining samples.
    Kept,
    /// The drawn samples.
    Taken,
}

/// Two disjoint lists of sample indices, each ascending.
pub(crate) struct Cut {
    pub kept: Vec<u32>,
    pub taken: Vec<u32>,
}

/// Takes `take` samples at random, the same share of each class; `take` is at most `labels.len()`. The random stream
/// is given by a seed and a number, which tells several splits by one seed apart.
pub(crate) fn stratified(
    labels: &[u16],
    num_classes: usize,
    take: usize,
    (seed, number): (u64, u64),
    side: EveryClassIn,
) -> Cut {
    let mut indices = vec![Vec::new(); num_classes];
    for (index, &label) in labels.iter().enumerate() {
        indices[usize::from(label)].push(index as u32);
    }
    let counts: Vec<usize> = indices.iter().map(Vec::len).collect();
    let mut shares = shares(&counts, take);
    cover_classes(&mut shares, &counts, side);
    let mut cut =
        Cut { kept: Vec::with_capacity(labels.len() - take), taken: Vec::with_capacity(take) };
    for (class, (mut indices, share)) in indices.into_iter().zip(shares).enumerate() {
        Stream::new(seed, Purpose::Split, class as u64, number).shuffle(&mut indices);
        cut.kept.extend(indices.drain(share..));
        cut.taken.append(&mut indices);
    }
    cut.kept.sort_unstable();
    cut.taken.sort_unstable();
    cut
}

/// `[num_classes]`: samples to take of each class, proportional to `counts`, with the sum `take`.
///
/// Each class gives its exact share rounded down; the rest is taken one by one from the classes with the largest
/// remainders, the lower class first where they are equal.
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

/// Gives each class at least one sample on this side, in exchange with the class that has the most there.
fn cover_classes(shares: &mut [usize], counts: &[usize], side: EveryClassIn) {
    let has = |shares: &[usize], class: usize| match side {
        EveryClassIn::Kept => counts[class] - shares[class],
        EveryClassIn::Taken => shares[class],
    };
    for class in 0..counts.len() {
        if counts[class] == 0 || has(shares, class) > 0 {
            continue;
        }
        let richest = (0..counts.len()).rev().max_by_key(|&other| has(shares, other));
        let Some(giver) = richest.filter(|&other| has(shares, other) > 1) else { return };
        let (less, more) = match side {
            EveryClassIn::Kept => (class, giver),
            EveryClassIn::Taken => (giver, class),
        };
        shares[less] -= 1;
        shares[more] += 1;
    }
}

#[cfg(test)]
mod tests;
