//! The vocabulary of a training set.

use std::cmp::Reverse;
use std::collections::HashMap;

use hearth_config::{TokenizerConfig, TokenizerKind};

use super::learn_merges::learn_merges;
use super::pieces::{mark_spaces, normalised, pieces};
use super::vocabulary::{SPECIAL, Tokenizer};

/// Maximum length of a token, in bytes.
pub(super) const MAX_TOKEN: usize = 1024;

/// Maximum length in characters of a word that merges are learned from; longer ones are cut into such parts.
const MAX_WORD: usize = MAX_TOKEN / 4;

impl Tokenizer {
    /// Learns a vocabulary from the texts of a training set.
    ///
    /// - Characters: all of them, in the order of their code points.
    /// - Words: the most frequent ones; of equally frequent ones, the first in the order of their bytes.
    /// - Byte-pair encoding: the most frequent characters, at most half of the vocabulary, then merges.
    pub fn train<'t>(config: TokenizerConfig, texts: impl IntoIterator<Item = &'t str>) -> Self {
        let TokenizerConfig { kind, vocabulary, lowercase } = config;
        let most = vocabulary.min(TokenizerConfig::MAX_VOCABULARY).saturating_sub(SPECIAL.len());
        let texts = texts.into_iter().map(|text| normalised(text, lowercase));
        let made = |tokens: Vec<String>, merges| Self::new((kind, lowercase), tokens, merges);
        match kind {
            TokenizerKind::Characters => {
                let mut counts = HashMap::new();
                texts
                    .for_each(|text| text.chars().for_each(|c| *counts.entry(c).or_default() += 1));
                let alphabet = alphabet(counts, most).into_iter().map(String::from);
                made(alphabet.collect(), Vec::new())
            }
            TokenizerKind::Words => {
                let mut words = count_words(texts);
                words.retain(|(word, _)| word.len() <= MAX_TOKEN);
                words.sort_unstable_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
                made(words.into_iter().take(most).map(|(word, _)| word).collect(), Vec::new())
            }
            TokenizerKind::Bpe => {
                let mut words = count_words(texts);
                words.sort_unstable();
                let mut counts = HashMap::new();
                for (word, count) in &words {
                    word.chars().for_each(|c| *counts.entry(c).or_default() += count);
                }
                let alphabet = alphabet(counts, most / 2);
                let ids: HashMap<char, u16> =
                    alphabet.iter().zip(SPECIAL.len() as u16..).map(|(&c, id)| (c, id)).collect();
                let id = |c| ids.get(&c).copied().unwrap_or(Self::UNKNOWN as u16);
                let mut parts = Vec::new();
                for (word, count) in words {
                    let characters: Vec<u16> = word.chars().map(id).collect();
                    parts.extend(characters.chunks(MAX_WORD).map(|part| (part.to_vec(), count)));
                }
                let first = SPECIAL.len() + alphabet.len();
                let merges = learn_merges(parts, first, first + most - alphabet.len());
                let mut tokens: Vec<String> = alphabet.into_iter().map(String::from).collect();
                for [left, right, _] in &merges {
                    let text = |id: u16| tokens[usize::from(id) - SPECIAL.len()].as_str();
                    tokens.push([text(*left), text(*right)].concat());
                }
                made(tokens, merges)
            }
        }
    }
}

/// The words and punctuation marks of texts with their counts, in no order.
fn count_words(texts: impl Iterator<Item = impl AsRef<str>>) -> Vec<(String, i64)> {
    let (mut counts, mut marked) = (HashMap::<String, i64>::new(), String::new());
    for text in texts {
        mark_spaces(text.as_ref(), &mut marked);
        for piece in pieces(&marked) {
            match counts.get_mut(piece) {
                Some(count) => *count += 1,
                None => drop(counts.insert(piece.to_owned(), 1)),
            }
        }
    }
    counts.into_iter().collect()
}

/// The `most` most frequent characters, in the order of their code points.
fn alphabet(counts: HashMap<char, i64>, most: usize) -> Vec<char> {
    let mut counts: Vec<(char, i64)> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|&(c, count)| (Reverse(count), c));
    let mut alphabet: Vec<char> = counts.into_iter().take(most).map(|(c, _)| c).collect();
    alphabet.sort_unstable();
    alphabet
}
