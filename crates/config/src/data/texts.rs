//! Settings of every kind of data that consists of texts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BatchConfig;
use crate::checks::Checks;
use crate::models::ModelConfig;

/// The default number of tokens of a learned vocabulary.
const VOCABULARY: usize = 4000;

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

    pub(super) fn new(kind: TokenizerKind, vocabulary: Option<usize>, lowercase: bool) -> Self {
        let vocabulary = match kind {
            TokenizerKind::Characters => Self::MAX_VOCABULARY,
            TokenizerKind::Words | TokenizerKind::Bpe => vocabulary.unwrap_or(VOCABULARY),
        };
        Self { kind, vocabulary, lowercase }
    }
}

/// Fills in the default of a vocabulary.
pub(super) fn complete(kind: TokenizerKind, vocabulary: &mut Option<usize>) {
    if kind != TokenizerKind::Characters {
        vocabulary.get_or_insert(VOCABULARY);
    }
}

/// Reports a vocabulary out of range.
pub(super) fn check_tokenizer(
    kind: TokenizerKind,
    vocabulary: Option<usize>,
    checks: &mut Checks<'_>,
) {
    let Some(size) = vocabulary else { return };
    let key = "data.vocabulary";
    let good = (16..=TokenizerConfig::MAX_VOCABULARY).contains(&size);
    checks.require(key, size, good, "16 to 65536");
    checks.contradiction(
        kind == TokenizerKind::Characters,
        key,
        "`data.vocabulary` is for words and parts of words, and `data.tokenizer` is \"characters\"",
    );
}

/// Reports settings of images, and networks of images and rows, for pairs of texts.
pub(super) fn check_fit(
    batches: &BatchConfig,
    model: Option<&ModelConfig>,
    checks: &mut Checks<'_>,
) {
    let found = checks.root.find("augment").is_some();
    let message = "[augment] changes images, and the data are pairs of texts";
    checks.contradiction(found, "augment", message);
    let of_images = [("data.mean", batches.mean.is_some()), ("data.std", batches.std.is_some())];
    for (key, found) in of_images {
        let message = format!("`{key}` is for images, and the data are pairs of texts");
        checks.contradiction(found, key, &message);
    }
    let takes = match model {
        None | Some(ModelConfig::Translator(_)) => return,
        Some(ModelConfig::Classifier { .. }) => "images or rows of a table",
        Some(ModelConfig::Gan(_)) => "images",
        Some(ModelConfig::Agent(_)) => "an environment's observations",
    };
    let help = "kind = \"seq2seq\" and kind = \"transformer\" take pairs of texts";
    checks.unfit_network(takes, "pairs of texts", help);
}

#[cfg(test)]
mod tests;
