//! Pairs of token sequences, and batches of them.

use hearth_config::seed::{Purpose, Stream};

use super::buckets::{self, Padding};
use super::sequences::Sequences;
use super::tokenizer::Tokenizer;
use crate::samples::Source;

/// Pairs of a source and its target, as tokens without special ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// The sources.
    pub sources: Sequences,
    /// The targets, as many as sources.
    pub targets: Sequences,
}

/// A batch of pairs in contiguous buffers, ready to become tensors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PairBatch {
    /// The sources: tokens, `</s>`.
    pub source: TokenBatch,
    /// The targets: `<s>`, tokens, `</s>`. A decoder's input is all but the last token, and its labels all but the first.
    pub target: TokenBatch,
    /// `[batch]`: index of each pair in the data.
    pub indices: Vec<u32>,
}

/// Sequences of tokens, filled up to one length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenBatch {
    /// `[batch, time]`: tokens, special ones included, then `<pad>`, which is 0.
    pub ids: Vec<u32>,
    /// `[batch]`: number of tokens of each sequence, without `<pad>`.
    pub lengths: Vec<u32>,
    /// Length of the longest sequence.
    pub time: usize,
}

impl PairBatch {
    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// True if there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }
}

impl TokenBatch {
    /// A batch of sources, for prediction: the tokens of each, then `</s>`.
    pub fn of_sources(sources: &[Vec<u32>]) -> Self {
        let mut batch = Self::default();
        batch.fill(sources.iter().map(Vec::as_slice), Pairs::AROUND_SOURCE);
        batch
    }

    /// Fills the buffers with sequences between special tokens.
    fn fill<'s, Id: Copy + Into<u32> + 's>(
        &mut self,
        sequences: impl Iterator<Item = &'s [Id]> + Clone,
        (before, after): (&[u32], &[u32]),
    ) {
        let special = before.len() + after.len();
        self.lengths.clear();
        self.lengths.extend(sequences.clone().map(|ids| (ids.len() + special) as u32));
        self.time = self.lengths.iter().max().map_or(0, |&length| length as usize);
        self.ids.clear();
        self.ids.reserve(self.lengths.len() * self.time);
        for (row, ids) in sequences.enumerate() {
            self.ids.extend_from_slice(before);
            self.ids.extend(ids.iter().map(|&id| id.into()));
            self.ids.extend_from_slice(after);
            self.ids.resize((row + 1) * self.time, Tokenizer::PAD);
        }
    }
}

impl Pairs {
    /// The special tokens before and after a source.
    pub(crate) const AROUND_SOURCE: (&[u32], &[u32]) = (&[], &[Tokenizer::END]);
    /// The special tokens before and after a target.
    pub(crate) const AROUND_TARGET: (&[u32], &[u32]) = (&[Tokenizer::START], &[Tokenizer::END]);

    /// The pairs at `indices` in the order of their lengths, longest target first: for evaluation in batches with little
    /// padding.
    pub fn by_length(&self, indices: &[u32]) -> Vec<u32> {
        let mut order = indices.to_vec();
        order.sort_by_key(|&index| {
            let [source, target] = self.lengths(index);
            std::cmp::Reverse((target, source))
        });
        order
    }

    /// The padding of the batches of a first epoch.
    pub(crate) fn padding(&self, indices: &[u32], batch_size: usize, seed: u64) -> Padding {
        let mut random = Stream::new(seed, Purpose::Order, 0, 0);
        let order = self.order(indices, batch_size, &mut random);
        let special = [Self::AROUND_SOURCE, Self::AROUND_TARGET]
            .map(|(before, after)| before.len() + after.len());
        buckets::padding(&order, batch_size, special, |index| self.lengths(index))
    }

    /// Number of tokens of a source and a target, without special ones.
    ///
    /// # Panics
    /// If `index` is not below `len()`.
    pub fn lengths(&self, index: u32) -> [usize; 2] {
        [&self.sources, &self.targets].map(|side| side.length(index as usize))
    }
}

impl Source for Pairs {
    type Batch = PairBatch;

    fn len(&self) -> usize {
        self.sources.len()
    }

    /// Copies pairs; there is no augmentation of texts.
    fn fill(&self, indices: &[u32], _: Option<&mut Stream>, batch: &mut PairBatch) {
        let rows = indices.iter().map(|&index| index as usize);
        let sources = rows.clone().map(|index| self.sources.get(index));
        batch.source.fill(sources, Self::AROUND_SOURCE);
        batch.target.fill(rows.map(|index| self.targets.get(index)), Self::AROUND_TARGET);
        batch.indices.clear();
        batch.indices.extend_from_slice(indices);
    }

    /// Batches of pairs of nearly one length, in random order.
    fn order(&self, indices: &[u32], batch_size: usize, random: &mut Stream) -> Vec<u32> {
        buckets::order(indices, batch_size, random, |index| self.lengths(index))
    }
}

#[cfg(test)]
mod tests;
