//! The vocabulary of the training pairs, and the tokens of all pairs.

use hearth_config::{TokenizerConfig, TokenizerKind};
use rayon::prelude::*;

use crate::text::pairs::Pairs;
use crate::text::texts::Texts;
use crate::text::tokenizer::{Buffers, Tokenizer};

/// Bytes of text that words and merges are learned from, at most; of more, every second, third, ... training pair.
const MAX_LEARNED: usize = 8 << 20;

/// Pairs that are encoded at once, by all threads.
const BLOCK: usize = 1 << 10;

/// A tokenizer with the vocabulary of these pairs, both sides together, and a note where it is learned from a part.
pub(super) fn learn(
    config: TokenizerConfig,
    texts: &Texts,
    train: &[u32],
    most: usize,
) -> (Tokenizer, Option<String>) {
    let pair = |index: &u32| texts.get(*index as usize);
    let bytes: usize = train.iter().flat_map(pair).map(str::len).sum();
    let is_whole = config.kind == TokenizerKind::Characters;
    let step = if is_whole { 1 } else { bytes.div_ceil(most).max(1) };
    let note = (step > 1).then(|| {
        format!("the vocabulary is learned from one in {step} training pairs, {} MB", most >> 20)
    });
    (Tokenizer::train(config, train.iter().step_by(step).flat_map(pair)), note)
}

/// [`learn`] with the limit for a run.
pub(super) fn vocabulary(
    config: TokenizerConfig,
    texts: &Texts,
    train: &[u32],
) -> (Tokenizer, Option<String>) {
    learn(config, texts, train, MAX_LEARNED)
}

/// The tokens of all pairs, whose texts are in normalised form; `None` if they are more than 2^32.
pub(super) fn encode(tokenizer: &Tokenizer, texts: &Texts) -> Option<Pairs> {
    let mut pairs = Pairs::default();
    if tokenizer.kind() == TokenizerKind::Characters {
        let count = |side: usize| texts.iter().map(|pair| pair[side].chars().count()).sum();
        pairs.sources.reserve(count(0));
        pairs.targets.reserve(count(1));
    }
    for start in (0..texts.len()).step_by(BLOCK) {
        let block = start..texts.len().min(start + BLOCK);
        let encoded: Vec<[Vec<u16>; 2]> = block
            .into_par_iter()
            .map_init(Buffers::default, |buffers, index| {
                texts.get(index).map(|text| {
                    let mut ids = Vec::with_capacity(text.len() / 2);
                    tokenizer.encode_normalised(text, buffers, &mut ids);
                    ids
                })
            })
            .collect();
        for [source, target] in encoded {
            pairs.sources.push(&source)?;
            pairs.targets.push(&target)?;
        }
    }
    Some(pairs)
}
