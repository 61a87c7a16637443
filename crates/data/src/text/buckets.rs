//! Buckets: batches of pairs of nearly one length, so that few tokens are padding.

use hearth_config::seed::Stream;

/// Batches whose pairs are sorted together. More of them mean less padding, and less chance for two pairs of different
/// lengths to be in one batch.
const BATCHES: usize = 100;

/// Batches of nearly one length of targets, whose pairs are sorted by their sources: as many as divide a window evenly
/// between targets and sources.
const GROUP: usize = 10;

/// Tokens of batches in some order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Padding {
    /// Tokens, padding included.
    pub total: usize,
    /// Tokens of padding.
    pub padded: usize,
}

impl Padding {
    /// The share of tokens that are padding, of both sides together.
    pub fn share(self) -> f64 {
        self.padded as f64 / self.total.max(1) as f64
    }
}

/// The order of an epoch: shuffled pairs, sorted by the target's length within windows of [`BATCHES`] batches and by the
/// source's within groups of [`GROUP`], in shuffled batches. A last, smaller batch stays the last, and is a random one
/// of all lengths.
pub(crate) fn order(
    indices: &[u32],
    batch_size: usize,
    random: &mut Stream,
    lengths: impl Fn(u32) -> [usize; 2],
) -> Vec<u32> {
    let mut shuffled = indices.to_vec();
    random.shuffle(&mut shuffled);
    let (whole, rest) = shuffled.split_at_mut(indices.len() / batch_size * batch_size);
    for window in whole.chunks_mut(batch_size.saturating_mul(BATCHES)) {
        // A stable sort: pairs of the same lengths stay in random order.
        window.sort_by_key(|&index| lengths(index)[1]);
        for group in window.chunks_mut(batch_size.saturating_mul(GROUP)) {
            group.sort_by_key(|&index| lengths(index)[0]);
        }
    }
    let mut batches: Vec<usize> = (0..whole.len() / batch_size).collect();
    random.shuffle(&mut batches);
    let batches = batches.into_iter().map(|batch| &whole[batch * batch_size..][..batch_size]);
    batches.chain([&*rest]).flatten().copied().collect()
}

/// The padding of batches in an order; `special` are the special tokens of each side.
pub(crate) fn padding(
    order: &[u32],
    batch_size: usize,
    special: [usize; 2],
    lengths: impl Fn(u32) -> [usize; 2],
) -> Padding {
    let mut padding = Padding::default();
    for batch in order.chunks(batch_size) {
        for (side, special) in special.into_iter().enumerate() {
            let lengths = batch.iter().map(|&index| lengths(index)[side] + special);
            let (longest, sum) =
                lengths.fold((0, 0), |(longest, sum), length| (length.max(longest), sum + length));
            let total = longest * batch.len();
            padding.total += total;
            padding.padded += total - sum;
        }
    }
    padding
}
