//! Byte-pair merges of a training set (Sennrich et al. 2016, algorithm 1).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use super::vocabulary::Tokenizer;

/// Minimum number of occurrences of a pair that is merged.
const MIN_COUNT: i64 = 2;

/// A pair of neighbouring tokens.
#[derive(Default)]
struct Pair {
    count: i64,
    /// Indices of the words that it occurs in, or occurred in; some twice.
    words: Vec<u32>,
}

/// Merges the most frequent pair of neighbouring tokens again and again; of equally frequent ones, that of the lowest
/// ids. The words have their tokens and counts; the result of the first merge is the token `first`, and the last merge
/// is the one before `end`. Returns left token, right token and result of each merge.
pub(super) fn learn_merges(
    mut words: Vec<(Vec<u16>, i64)>,
    first: usize,
    end: usize,
) -> Vec<[u16; 3]> {
    // Nothing depends on the order of this map.
    let mut pairs = count_pairs(&words);
    let mut queue: BinaryHeap<(i64, Reverse<[u16; 2]>)> =
        pairs.iter().map(|(ids, pair)| (pair.count, Reverse(*ids))).collect();
    let mut merges = Vec::new();
    let mut tokens_after = Vec::new();
    while first + merges.len() < end {
        let Some((count, Reverse(ids))) = queue.pop() else { break };
        let now = pairs.get(&ids).map_or(0, |pair| pair.count);
        if now != count {
            // Its count fell after it was queued.
            if now > 0 {
                queue.push((now, Reverse(ids)));
            }
            continue;
        }
        if count < MIN_COUNT {
            break;
        }
        let result = (first + merges.len()) as u16;
        merges.push([ids[0], ids[1], result]);
        let mut places = pairs.remove(&ids).map(|pair| pair.words).unwrap_or_default();
        places.dedup();
        let mut changes: BTreeMap<[u16; 2], i64> = BTreeMap::new();
        for place in places {
            let (tokens, count) = &mut words[place as usize];
            let count = *count;
            tokens_after.clear();
            let mut at = 0;
            while at < tokens.len() {
                if tokens[at..].get(..2) != Some(&ids[..]) {
                    tokens_after.push(tokens[at]);
                    at += 1;
                    continue;
                }
                let mut change = |left: u16, right: u16, by: i64| {
                    let Some(pair) = known(&[left, right]).filter(|pair| *pair != ids) else {
                        return;
                    };
                    *changes.entry(pair).or_default() += by;
                    if by > 0 {
                        pairs.entry(pair).or_default().words.push(place);
                    }
                };
                if let Some(&before) = tokens_after.last() {
                    change(before, ids[0], -count);
                    change(before, result, count);
                }
                if let Some(&after) = tokens.get(at + 2) {
                    change(ids[1], after, -count);
                    change(result, after, count);
                }
                tokens_after.push(result);
                at += 2;
            }
            tokens.clone_from(&tokens_after);
        }
        for (ids, change) in changes {
            let Some(pair) = pairs.get_mut(&ids) else { continue };
            pair.count += change;
            if pair.count < MIN_COUNT {
                pairs.remove(&ids);
            } else if change > 0 {
                queue.push((pair.count, Reverse(ids)));
            }
        }
    }
    merges
}

/// The pairs of neighbouring tokens that may be merged. A rarer pair never can: a pair only becomes more frequent in the
/// step that makes one of its tokens.
fn count_pairs(words: &[(Vec<u16>, i64)]) -> HashMap<[u16; 2], Pair> {
    let mut counts: HashMap<[u16; 2], i64> = HashMap::new();
    for (tokens, count) in words {
        tokens
            .windows(2)
            .filter_map(known)
            .for_each(|pair| *counts.entry(pair).or_default() += count);
    }
    counts.retain(|_, count| *count >= MIN_COUNT);
    let mut pairs: HashMap<[u16; 2], Pair> = HashMap::with_capacity(counts.len());
    pairs.extend(counts.into_iter().map(|(ids, count)| (ids, Pair { count, words: Vec::new() })));
    for (index, (tokens, _)) in words.iter().enumerate() {
        for pair in tokens.windows(2).filter_map(known) {
            if let Some(pair) = pairs.get_mut(&pair)
                && pair.words.last() != Some(&(index as u32))
            {
                pair.words.push(index as u32);
            }
        }
    }
    pairs
}

/// The pair of two tokens that both are in the vocabulary.
fn known(tokens: &[u16]) -> Option<[u16; 2]> {
    <[u16; 2]>::try_from(tokens).ok().filter(|pair| !pair.contains(&(Tokenizer::UNKNOWN as u16)))
}
