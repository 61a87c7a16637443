//! `[data] kind = "bible-es"`: verses of the Bible in Spanish and English.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::texts::{TokenizerConfig, TokenizerKind, check_tokenizer, complete};
use super::{BatchConfig, Samples, SourceSettings};
use crate::checks::Checks;

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
    /// The tokenizer's settings.
    pub fn tokenizer(&self) -> TokenizerConfig {
        TokenizerConfig::new(self.tokenizer, self.vocabulary, self.lowercase)
    }
}

impl SourceSettings for BibleEsConfig {
    fn samples(&self) -> Samples {
        Samples::Texts
    }

    fn valid_samples(&self) -> usize {
        0
    }

    fn may_have_validation(&self) -> bool {
        true
    }

    fn complete(&mut self) {
        complete(self.tokenizer, &mut self.vocabulary);
    }

    fn check(&self, batches: &BatchConfig, checks: &mut Checks<'_>) {
        let words = self.max_words;
        checks.require("data.max_words", words, (1..=10_000).contains(&words), "1 to 10000");
        checks.contradiction(
            batches.valid_samples > 0,
            "data.valid_samples",
            "`data.valid_samples` draws validation pairs, and kind = \"bible-es\" has chapters for validation",
        );
        check_tokenizer(self.tokenizer, self.vocabulary, checks);
    }
}

fn default_max_words() -> usize {
    30
}
