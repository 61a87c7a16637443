//! The data of a run on pairs of texts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hearth_config::{BatchConfig, TextRulesConfig, TokenizerConfig};

use super::corpus::Corpus;
use super::encode::{encode, vocabulary};
use super::splits::{Draw, Parts};
use crate::error::DataError;
use crate::samples::{Source as _, Splits, Subset};
use crate::text::buckets::Padding;
use crate::text::pairs::Pairs;
use crate::text::rules;
use crate::text::texts::Texts;
use crate::text::tokenizer::Tokenizer;

/// Tokenized pairs of texts, and their splits. All subsets are of the same pairs.
#[derive(Clone, Debug)]
pub struct TextPairs {
    /// The `kind` in `[data]`.
    pub name: String,
    /// The tokenizer, with the vocabulary of the training pairs.
    pub tokenizer: Tokenizer,
    /// Training, validation and test pairs.
    pub splits: Splits<Pairs>,
    /// Test pairs longer than those for training, of rules on letters.
    pub longer: Option<Subset<Pairs>>,
    /// Padding of an epoch's batches.
    pub padding: Padding,
    /// Notes on how the pairs were read.
    pub notes: Vec<String>,
    /// Warnings: faults that do not prevent training.
    pub warnings: Vec<String>,
    /// File -> SHA-256 of its contents, decompressed; for generated pairs, that of all of them.
    pub checksums: BTreeMap<String, String>,
    /// The generator with its version and seed; none for files.
    pub origin: Option<String>,
    pub(super) texts: Arc<Texts>,
}

/// The settings that pairs are split and tokenized by.
pub(in crate::text) struct Settings<'a> {
    pub tokenizer: TokenizerConfig,
    /// Maximum number of tokens of a source or a target.
    pub max_tokens: Option<usize>,
    /// The test pairs to draw, if there are none.
    pub draw: Option<Draw>,
    pub batches: &'a BatchConfig,
    pub seed: u64,
}

/// Generates the pairs of `[data] kind = "text-rules"`; `seed` is the run's, which draws the validation pairs.
pub fn load_rules(
    config: &TextRulesConfig,
    batches: &BatchConfig,
    seed: u64,
) -> Result<TextPairs, DataError> {
    let tokenizer = config.tokenizer();
    let settings = Settings { tokenizer, max_tokens: None, draw: None, batches, seed };
    let corpus = rules::corpus(config);
    TextPairs::of(corpus, &settings).map_err(|fault| DataError::set(Path::new("text-rules"), fault))
}

impl TextPairs {
    /// Splits and tokenizes a corpus. The error is the fault.
    pub(in crate::text) fn of(mut corpus: Corpus, settings: &Settings<'_>) -> Result<Self, String> {
        let &Settings { tokenizer, max_tokens, draw, batches, seed } = settings;
        corpus.normalise(tokenizer.lowercase).ok_or(TOO_LARGE)?;
        let mut parts = Parts::of(&corpus, draw, batches, seed)?;
        let (tokenizer, note) = vocabulary(tokenizer, &corpus.texts, &parts.train);
        let pairs = encode(&tokenizer, &corpus.texts).ok_or(TOO_LARGE)?;
        let out = max_tokens.map(|most| parts.leave_out(most, &pairs)).transpose()?;
        let leaks = parts.leaks(&corpus);
        let Corpus { name, texts, checksums, origin, mut notes, mut warnings, .. } = corpus;
        notes.extend(note);
        notes.extend(out.flatten());
        warnings.extend(leaks);
        let pairs = Arc::new(pairs);
        let padding = pairs.padding(&parts.train, batches.batch_size, seed);
        let subset =
            |indices: Vec<u32>| Subset { source: Arc::clone(&pairs), indices: indices.into() };
        let Parts { train, valid, test, longer } = parts;
        Ok(Self {
            name: name.to_owned(),
            tokenizer,
            splits: Splits { train: subset(train), valid: subset(valid), test: subset(test) },
            longer: (!longer.is_empty()).then(|| subset(longer)),
            padding,
            notes,
            warnings,
            checksums,
            origin,
            texts: Arc::new(texts),
        })
    }

    /// All pairs, those that are in no split included.
    pub fn pairs(&self) -> &Arc<Pairs> {
        &self.splits.train.source
    }

    /// The text of a source, in normalised form: composed (NFC), and in lower case if the settings say so.
    ///
    /// # Panics
    /// If `index`, that of a pair, is not below the number of all pairs.
    pub fn source_text(&self, index: u32) -> &str {
        self.texts.get(index as usize)[0]
    }

    /// The text of a target, in normalised form as [`Self::source_text`].
    ///
    /// # Panics
    /// If `index`, that of a pair, is not below the number of all pairs.
    pub fn target_text(&self, index: u32) -> &str {
        self.texts.get(index as usize)[1]
    }

    /// Bytes of all pairs in memory.
    pub(super) fn bytes(&self) -> usize {
        let pairs = self.pairs();
        pairs.sources.bytes() + pairs.targets.bytes() + self.texts.bytes()
    }

    /// Number of all pairs.
    pub fn len(&self) -> usize {
        self.pairs().len()
    }

    /// True if there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.pairs().is_empty()
    }
}

/// The fault of pairs beyond the limits.
const TOO_LARGE: &str =
    "its pairs have more than 4 GB of text, or more than 2^32 tokens; use a part of them";
