//! Application of byte-pair merges to a word (Sennrich et al. 2016, "Neural Machine Translation of Rare Words with
//! Subword Units").

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Byte-pair merges, in the order in which they were learned.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Merges {
    /// `[num_merges]`: left token, right token.
    pub pairs: Vec<[u16; 2]>,
    /// Left and right token -> rank of the merge, and the token that they become.
    ranks: HashMap<[u16; 2], (u32, u16)>,
}

/// The index of no symbol.
const NONE: usize = usize::MAX;

/// Tokens of a word, a doubly linked list during merges. Its buffers are reused.
#[derive(Debug, Default)]
pub(super) struct Word {
    tokens: Vec<u16>,
    before: Vec<usize>,
    after: Vec<usize>,
    /// Possible merges: rank, index of the left token.
    queue: BinaryHeap<Reverse<(u32, usize)>>,
}

impl Merges {
    /// Merges with the tokens that they result in, each given as left, right and result.
    pub fn new(merges: impl IntoIterator<Item = [u16; 3]>) -> Self {
        let mut all = Self::default();
        for [left, right, result] in merges {
            all.ranks.entry([left, right]).or_insert((all.pairs.len() as u32, result));
            all.pairs.push([left, right]);
        }
        all
    }

    /// Merges the tokens of a word: the merge of the lowest rank first, and the leftmost pair of several. Appends the
    /// result to `out`.
    pub fn apply(&self, tokens: impl Iterator<Item = u16>, word: &mut Word, out: &mut Vec<u16>) {
        let Word { tokens: list, before, after, queue } = word;
        list.clear();
        list.extend(tokens);
        let count = list.len();
        before.clear();
        before.extend((0..count).map(|index| index.checked_sub(1).unwrap_or(NONE)));
        after.clear();
        after.extend((1..=count).map(|index| if index < count { index } else { NONE }));
        queue.clear();
        let find = |list: &[u16], left: usize, right: usize| {
            self.ranks.get(&[list[left], list[right]]).copied()
        };
        for left in 1..count {
            let found = find(list, left - 1, left);
            queue.extend(found.map(|(rank, _)| Reverse((rank, left - 1))));
        }
        while let Some(Reverse((rank, left))) = queue.pop() {
            let right = after[left];
            // A token that became a part of the one before it has an index, and no neighbour.
            let Some((_, result)) = (right != NONE)
                .then(|| find(list, left, right))
                .flatten()
                .filter(|(now, _)| *now == rank)
            else {
                continue;
            };
            list[left] = result;
            after[left] = after[right];
            after[right] = NONE;
            before[right] = NONE;
            if after[left] != NONE {
                before[after[left]] = left;
                let found = find(list, left, after[left]);
                queue.extend(found.map(|(rank, _)| Reverse((rank, left))));
            }
            if before[left] != NONE {
                let found = find(list, before[left], left);
                queue.extend(found.map(|(rank, _)| Reverse((rank, before[left]))));
            }
        }
        let mut index = if count == 0 { NONE } else { 0 };
        while index != NONE {
            out.push(list[index]);
            index = after[index];
        }
    }
}
