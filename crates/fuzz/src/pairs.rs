//! Fuzz target for pairs of texts, in one file and in two, and for `tokenizer.json`.

use std::collections::BTreeSet;

use hearth_config::{BatchConfig, TextPairsConfig, TokenizerKind};
use hearth_data::text::{PairInput, TextFile, TextPairs, Tokenizer, load_pair_input};
use hearth_data::{DataError, Source};

/// First bytes of a gzip file: few of its bytes may be a thousand times as many, which are no work of this reader.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Loads the pairs by each tokenizer, as one file and as two of the same lines; reads the input as a tokenizer.
pub fn run(input: &[u8]) {
    if let Ok(tokenizer) = std::str::from_utf8(input).map_or(Err(()), read) {
        let again = Tokenizer::from_json(&tokenizer.to_json());
        assert_eq!(again.as_ref(), Ok(&tokenizer));
        drop(tokenizer.decode(&tokenizer.encode("A text, 3 words.")));
    }
    if input.starts_with(&GZIP) {
        return;
    }
    let file = || TextFile::bytes("pairs.tsv", input);
    for (tokenizer, lowercase) in [
        (TokenizerKind::Characters, false),
        (TokenizerKind::Words, true),
        (TokenizerKind::Bpe, false),
    ] {
        for (pairs, with_test) in
            [(PairInput::One(file()), false), (PairInput::Two(file(), file()), true)]
        {
            let config = TextPairsConfig {
                max_tokens: 50,
                tokenizer,
                vocabulary: Some(64),
                lowercase,
                ..TextPairsConfig::default()
            };
            let batches = BatchConfig { valid_samples: 1, batch_size: 2, ..BatchConfig::default() };
            match load_pair_input(&pairs, with_test.then_some(&pairs), &config, &batches, 0) {
                Ok(pairs) => is_whole(&pairs),
                Err(error) => is_named(&error),
            }
        }
    }
}

fn read(text: &str) -> Result<Tokenizer, ()> {
    // The message has to be made as well.
    Tokenizer::from_json(text).map_err(|error| assert!(!error.to_string().is_empty()))
}

/// Asserts that no pair is in two splits, that texts and tokens agree, and that the tokenizer is read as it is written.
fn is_whole(pairs: &TextPairs) {
    let splits = [&pairs.splits.train, &pairs.splits.valid, &pairs.splits.test];
    let places: Vec<u32> = splits.iter().flat_map(|split| split.indices.iter().copied()).collect();
    let all: BTreeSet<u32> = places.iter().copied().collect();
    assert_eq!(all.len(), places.len(), "a pair is in two splits");
    assert!(all.iter().all(|&index| (index as usize) < pairs.len()));
    let tokenizer = &pairs.tokenizer;
    for index in 0..pairs.len() as u32 {
        let sides = [
            (pairs.source_text(index), pairs.pairs().sources.ids(index as usize)),
            (pairs.target_text(index), pairs.pairs().targets.ids(index as usize)),
        ];
        for (text, ids) in sides {
            assert!(!text.trim().is_empty());
            assert_eq!(tokenizer.encode(text), ids);
            if tokenizer.kind() == TokenizerKind::Characters && !ids.contains(&Tokenizer::UNKNOWN) {
                assert_eq!(tokenizer.decode(&ids), text);
            }
        }
    }
    let mut batch = hearth_data::text::PairBatch::default();
    pairs.pairs().fill(&places, None, &mut batch);
    assert_eq!(batch.source.ids.len(), batch.len() * batch.source.time);
    assert_eq!(Tokenizer::from_json(&tokenizer.to_json()).as_ref(), Ok(tokenizer));
    assert_eq!(pairs.card().samples.iter().sum::<usize>(), places.len());
}

fn is_named(error: &DataError) {
    assert!(error.to_string().starts_with("pairs.tsv"), "{error}");
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::limits::measure;

    /// Pairs of sentences of common and rare words.
    fn sentences(count: usize) -> Vec<u8> {
        let mut text = String::new();
        for index in 0..count {
            let word = |place: usize| {
                let rank = (index * 7 + place * place * 31) % (1 + (index * 13 + place) % 3000);
                format!("w{rank}")
            };
            let side = |start: usize| (start..start + 9).map(word).collect::<Vec<_>>().join(" ");
            let _ = writeln!(text, "{}.\t{}!", side(0), side(9));
        }
        text.into_bytes()
    }

    /// Pairs of sentences without spaces, of common and rare characters.
    fn characters(count: usize) -> Vec<u8> {
        let mut text = String::new();
        for index in 0..count {
            let side = |start: usize| -> String {
                let word = |place: usize| {
                    let rank = (index * 7 + place * place * 31) % (1 + (index * 13 + place) % 4000);
                    [rank % 61, rank / 3]
                        .map(|c| char::from_u32(0x4e00 + c as u32).expect("a character"))
                };
                (start..start + 9).flat_map(word).collect()
            };
            let _ = writeln!(text, "{}\u{3002}\t{}\u{3002}", side(0), side(9));
        }
        text.into_bytes()
    }

    /// Memory that learning merges may take, in bytes.
    const MERGES: usize = 16 << 20;

    const KINDS: [TokenizerKind; 3] =
        [TokenizerKind::Characters, TokenizerKind::Words, TokenizerKind::Bpe];

    #[test]
    fn pairs_take_at_most_four_times_the_memory_of_their_file() {
        let texts = [sentences(10_000), characters(10_000)];
        for (text, tokenizer) in texts.iter().flat_map(|text| KINDS.map(|kind| (text, kind))) {
            let config =
                TextPairsConfig { max_tokens: 200, tokenizer, ..TextPairsConfig::default() };
            let batches = BatchConfig { valid_samples: 100, ..BatchConfig::default() };
            let file = PairInput::One(TextFile::bytes("pairs.tsv", &text[..]));
            let usage = measure(text, |_| {
                let pairs = load_pair_input(&file, None, &config, &batches, 0).expect("pairs");
                assert_eq!(pairs.len(), 10_000);
            });
            // Merges take more of a small file, in which a pair of characters is rare.
            let merges = if tokenizer == TokenizerKind::Bpe { MERGES } else { 0 };
            let most = (4 * text.len()).max(merges);
            assert!(usage.memory < most, "{tokenizer:?}: {} of {} bytes", usage.memory, text.len());
        }
    }
}
