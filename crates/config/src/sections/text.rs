//! `[data] kind = "text-rules"`, `"text-pairs"` and `"bible-es"`: pairs of texts, a source and its target.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The default share of the pairs that becomes the test set.
const PAIRS_TEST_FRACTION: f64 = 0.1;

/// The default number of tokens of a learned vocabulary.
const VOCABULARY: usize = 4000;

/// The default minimum and maximum length of a source of letters.
const LENGTHS: [usize; 2] = [2, 20];

/// The default number of validation pairs of generated data; a tenth of fewer than 10,000 training pairs.
pub(crate) const VALID_PAIRS: usize = 1000;

/// `[data] kind = "text-rules"`: generated pairs, whose target follows from the source by a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextRulesConfig {
    /// The rule.
    pub rule: TextRule,
    /// Training pairs, the validation pairs among them.
    #[serde(default = "default_samples")]
    #[schemars(range(min = 2, max = 10_000_000))]
    pub samples: usize,
    /// Test pairs. No training pair has the source of one, or the date of one.
    #[serde(default = "default_test_samples")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub test_samples: usize,
    /// Minimum length of a source of letters; 2 when absent. Not for dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub min_length: Option<usize>,
    /// Maximum length of a source of letters; 20 when absent. A further test set, `longer`, has sources of more letters,
    /// up to twice as many. Not for dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub max_length: Option<usize>,
    /// The seed of the generated pairs. It is not the run's, so that runs of several seeds share the data.
    #[serde(default = "default_data_seed")]
    pub data_seed: u64,
    /// The units that a text is split into.
    #[serde(default = "characters")]
    pub tokenizer: TokenizerKind,
    /// Tokens of the vocabulary, special ones among them, at most; 4000 when absent. Not for characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 16, max = 65_536))]
    pub vocabulary: Option<usize>,
    /// True if texts are converted to lower case.
    #[serde(default)]
    pub lowercase: bool,
}

impl TextRulesConfig {
    /// Fills in the defaults that depend on other settings.
    pub(crate) fn complete(&mut self) {
        if self.rule != TextRule::Dates {
            let [min, max] = LENGTHS;
            self.min_length.get_or_insert(min);
            self.max_length.get_or_insert(max);
        }
        complete(self.tokenizer, &mut self.vocabulary);
    }

    /// Minimum and maximum length of a source of letters; none for dates.
    pub fn lengths(&self) -> Option<[usize; 2]> {
        let [min, max] = LENGTHS;
        (self.rule != TextRule::Dates)
            .then(|| [self.min_length.unwrap_or(min), self.max_length.unwrap_or(max)])
    }

    /// The tokenizer's settings.
    pub fn tokenizer(&self) -> TokenizerConfig {
        TokenizerConfig::new(self.tokenizer, self.vocabulary, self.lowercase)
    }
}

/// A rule from a source to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TextRule {
    /// The letters in reverse order.
    Reverse,
    /// The same letters.
    Copy,
    /// The letters in the order of the alphabet.
    Sort,
    /// Dates from 1900 to 2099, from one of many English forms to ISO 8601: `March 3rd, 1994` to `1994-03-03`.
    Dates,
}

impl TextRule {
    /// Its name in configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reverse => "reverse",
            Self::Copy => "copy",
            Self::Sort => "sort",
            Self::Dates => "dates",
        }
    }
}

/// `[data] kind = "text-pairs"`: pairs in one file (`path`), with a tab between source and target, or in two aligned
/// ones (`source` and `target`). The test pairs are a part of them, or have files of their own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextPairsConfig {
    /// The pairs in one file: in each line a source, a tab and a target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The file of the sources, one in each line; requires `target`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The file of the targets, line by line those of `source`, which it requires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The test pairs in one file, as `path`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_path: Option<String>,
    /// The file of the sources of the test pairs; requires `test_target`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_source: Option<String>,
    /// The file of the targets of the test pairs; requires `test_source`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_target: Option<String>,
    /// The share of the pairs that becomes the test set; 0.1 when absent. Not with test files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub test_fraction: Option<f64>,
    /// The seed of the split; `run.seed` when absent. With it, runs of several seeds share a test set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_seed: Option<u64>,
    /// Maximum number of tokens of a source or a target; longer pairs are left out, and counted in a note.
    #[serde(default = "default_max_tokens")]
    #[schemars(range(min = 1, max = 10_000))]
    pub max_tokens: usize,
    /// The units that a text is split into.
    #[serde(default)]
    pub tokenizer: TokenizerKind,
    /// Tokens of the vocabulary, special ones among them, at most; 4000 when absent. Not for characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 16, max = 65_536))]
    pub vocabulary: Option<usize>,
    /// True if texts are converted to lower case.
    #[serde(default)]
    pub lowercase: bool,
}

impl TextPairsConfig {
    /// Fills in the defaults that depend on other settings.
    pub(crate) fn complete(&mut self) {
        if !self.has_test_files() {
            self.test_fraction.get_or_insert(PAIRS_TEST_FRACTION);
        }
        complete(self.tokenizer, &mut self.vocabulary);
    }

    /// The share of the pairs that becomes the test set.
    pub fn test_fraction(&self) -> f64 {
        self.test_fraction.unwrap_or(PAIRS_TEST_FRACTION)
    }

    /// True if the test pairs have files of their own.
    pub fn has_test_files(&self) -> bool {
        self.test_path.is_some() || self.test_source.is_some() || self.test_target.is_some()
    }

    /// The tokenizer's settings.
    pub fn tokenizer(&self) -> TokenizerConfig {
        TokenizerConfig::new(self.tokenizer, self.vocabulary, self.lowercase)
    }
}

/// `[data] kind = "bible-es"`: verses of the Bible, Spanish to English. Validation and test set are chapters of their own,
/// the same for every seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BibleEsConfig {
    /// Maximum length of a verse, in words and punctuation marks; pairs with a longer side are left out, and counted in a
    /// note.
    #[serde(default = "default_max_words")]
    #[schemars(range(min = 1, max = 10_000))]
    pub max_words: usize,
    /// The units that a text is split into.
    #[serde(default)]
    pub tokenizer: TokenizerKind,
    /// Tokens of the vocabulary, special ones among them, at most; 4000 when absent. Not for characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 16, max = 65_536))]
    pub vocabulary: Option<usize>,
    /// True if texts are converted to lower case.
    #[serde(default)]
    pub lowercase: bool,
}

impl BibleEsConfig {
    /// Fills in the defaults that depend on other settings.
    pub(crate) fn complete(&mut self) {
        complete(self.tokenizer, &mut self.vocabulary);
    }

    /// The tokenizer's settings.
    pub fn tokenizer(&self) -> TokenizerConfig {
        TokenizerConfig::new(self.tokenizer, self.vocabulary, self.lowercase)
    }
}

/// The units that a text is split into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TokenizerKind {
    /// Characters: Unicode code points.
    Characters,
    /// Words and punctuation marks, the most frequent ones.
    Words,
    /// Parts of words by byte-pair encoding (Sennrich et al. 2016), which starts from characters.
    #[default]
    Bpe,
}

impl TokenizerKind {
    /// Its name in configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Characters => "characters",
            Self::Words => "words",
            Self::Bpe => "bpe",
        }
    }
}

/// The tokenizer's settings, those of every kind of data that consists of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenizerConfig {
    /// The units that a text is split into.
    pub kind: TokenizerKind,
    /// Maximum number of tokens of the vocabulary, special ones among them.
    pub vocabulary: usize,
    /// True if texts are converted to lower case.
    pub lowercase: bool,
}

impl TokenizerConfig {
    /// The maximum size of a vocabulary.
    pub const MAX_VOCABULARY: usize = 1 << 16;

    fn new(kind: TokenizerKind, vocabulary: Option<usize>, lowercase: bool) -> Self {
        let vocabulary = match kind {
            TokenizerKind::Characters => Self::MAX_VOCABULARY,
            TokenizerKind::Words | TokenizerKind::Bpe => vocabulary.unwrap_or(VOCABULARY),
        };
        Self { kind, vocabulary, lowercase }
    }
}

fn complete(kind: TokenizerKind, vocabulary: &mut Option<usize>) {
    if kind != TokenizerKind::Characters {
        vocabulary.get_or_insert(VOCABULARY);
    }
}

fn default_samples() -> usize {
    20_000
}

fn default_test_samples() -> usize {
    2000
}

fn default_data_seed() -> u64 {
    1
}

fn default_max_tokens() -> usize {
    100
}

fn default_max_words() -> usize {
    30
}

fn characters() -> TokenizerKind {
    TokenizerKind::Characters
}
