//! `[data] kind = "text-rules"`: generated pairs of texts, whose target follows from the source by a rule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::texts::{TokenizerConfig, TokenizerKind, check_tokenizer, complete};
use super::{BatchConfig, Samples, SourceSettings};
use crate::checks::Checks;

/// The default minimum and maximum length of a source of letters.
const LENGTHS: [usize; 2] = [2, 20];

/// The default number of validation pairs; a tenth of fewer than 10,000 training pairs.
const VALID_PAIRS: usize = 1000;

/// The maximum number of letters of all sources together.
const MOST_LETTERS: usize = 1 << 30;

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

impl SourceSettings for TextRulesConfig {
    fn samples(&self) -> Samples {
        Samples::Texts
    }

    fn valid_samples(&self) -> usize {
        VALID_PAIRS.min(self.samples / 10)
    }

    fn complete(&mut self) {
        if self.rule != TextRule::Dates {
            let [min, max] = LENGTHS;
            self.min_length.get_or_insert(min);
            self.max_length.get_or_insert(max);
        }
        complete(self.tokenizer, &mut self.vocabulary);
    }

    fn check(&self, _: &BatchConfig, checks: &mut Checks<'_>) {
        let Self { samples, test_samples, .. } = *self;
        let good = (2..=10_000_000).contains(&samples);
        checks.require("data.samples", samples, good, "2 to 10000000");
        let good = (1..=1_000_000).contains(&test_samples);
        checks.require("data.test_samples", test_samples, good, "1 to 1000000");
        checks.seed("data.data_seed", self.data_seed);
        for (key, length) in
            [("data.min_length", self.min_length), ("data.max_length", self.max_length)]
        {
            let Some(length) = length else { continue };
            checks.require(key, length, (1..=1000).contains(&length), "1 to 1000");
            let message = format!("`{key}` counts letters, and the rule is \"dates\"");
            checks.contradiction(self.rule == TextRule::Dates, key, &message);
        }
        if let Some([min, max]) = self.lengths() {
            let key = if self.min_length.is_some() { "data.min_length" } else { "data.max_length" };
            let message =
                format!("`data.min_length` is {min}, more than `data.max_length`, which is {max}");
            checks.contradiction(min > max, key, &message);
            let letters = samples.saturating_mul(max);
            checks.require(
                "data.samples",
                format!("{samples} of up to {max} letters"),
                letters <= MOST_LETTERS || max > 1000,
                "at most 2^30 letters together",
            );
            checks.contradiction(
                self.tokenizer == TokenizerKind::Words,
                "data.tokenizer",
                "`data.tokenizer` is \"words\", and a source of letters is a single word: write \"characters\"",
            );
        }
        check_tokenizer(self.tokenizer, self.vocabulary, checks);
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

fn characters() -> TokenizerKind {
    TokenizerKind::Characters
}
