//! Check of pairs before training: pairs that repeat, sources with several targets, test pairs in the training part.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use hearth_config::{BatchConfig, TextPairsConfig, TokenizerKind, one_line};

use super::files::load_pairs;
use super::load::text_pairs::TextPairs;
use crate::error::DataError;

/// The largest median length of short texts, in characters: single words, names, dates.
const SHORT: usize = 32;

/// Result of [`check()`].
#[derive(Clone, Debug)]
pub struct PairReport {
    /// The pairs as training loads them.
    pub pairs: TextPairs,
    /// Notes on the pairs.
    pub notes: Vec<String>,
    /// Findings that speak against training on the pairs as they are, a sentence each.
    pub findings: Vec<String>,
}

impl PairReport {
    /// True if there are no findings.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// The units that suit the pairs of a config: characters of short texts, parts of words of others. An error means that the
/// pairs cannot be trained on.
pub fn suited_tokenizer(config: &TextPairsConfig, seed: u64) -> Result<TokenizerKind, DataError> {
    let config = TextPairsConfig {
        tokenizer: TokenizerKind::Characters,
        vocabulary: None,
        max_tokens: usize::MAX,
        ..config.clone()
    };
    let batches = BatchConfig { valid_samples: 0, ..BatchConfig::default() };
    let pairs = load_pairs(&config, &batches, seed)?;
    let is_short = pairs.lengths().iter().all(|lengths| lengths.median <= SHORT);
    Ok(if is_short { TokenizerKind::Characters } else { TokenizerKind::Bpe })
}

/// Loads pairs as training does, and looks for test pairs in the training part. An error means that the pairs cannot be
/// trained on.
pub fn check(config: &TextPairsConfig, seed: u64) -> Result<PairReport, DataError> {
    let batches = BatchConfig { valid_samples: 0, ..BatchConfig::default() };
    let pairs = load_pairs(config, &batches, seed)?;
    let notes = pairs.notes.iter().cloned().chain(repeated(&pairs)).collect();
    let findings = pairs.warnings.clone();
    Ok(PairReport { pairs, notes, findings })
}

/// Notes on sources that stand in several pairs.
fn repeated(pairs: &TextPairs) -> Vec<String> {
    let mut targets: HashMap<&str, &str> = HashMap::new();
    let (mut doubles, mut ambiguous) = (Vec::new(), Vec::new());
    for index in 0..pairs.len() as u32 {
        let (source, target) = (pairs.source_text(index), pairs.target_text(index));
        match targets.entry(source) {
            Entry::Vacant(first) => {
                first.insert(target);
            }
            Entry::Occupied(first) if *first.get() == target => doubles.push(source),
            Entry::Occupied(_) => ambiguous.push(source),
        }
    }
    let note = |found: &[&str], [one, several]: [&str; 2]| {
        let first = one_line(found.first()?);
        let (count, what) = (found.len(), if found.len() == 1 { one } else { several });
        Some(format!("{count} {what}, as that of `{first}`"))
    };
    let doubles = note(&doubles, ["pair repeats an earlier one", "pairs repeat an earlier one"]);
    let ambiguous = note(
        &ambiguous,
        [
            "pair has another target than an earlier one of its source",
            "pairs have another target than an earlier one of their source",
        ],
    );
    doubles.into_iter().chain(ambiguous).collect()
}
