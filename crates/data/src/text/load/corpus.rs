//! Pairs as text, before they are split and tokenized.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::text::texts::Texts;
use crate::text::tokenizer::normalised;

/// Pairs as text, before they are split and tokenized. Another source of pairs is another way to make one.
#[derive(Debug, Default)]
pub(crate) struct Corpus {
    /// The `kind` in `[data]`.
    pub name: &'static str,
    /// Pairs for training, then those for validation, those for the test, and longer ones.
    pub texts: Texts,
    /// Number of pairs for training. Those for validation and those for the test are drawn from them where there are no
    /// others.
    pub num_train: usize,
    /// Number of pairs for validation.
    pub num_valid: usize,
    /// Number of pairs for the test.
    pub num_test: usize,
    /// Number of pairs longer than those for training.
    pub num_longer: usize,
    /// File -> SHA-256 of its contents.
    pub checksums: BTreeMap<String, String>,
    /// The generator with its version and seed; none for files.
    pub origin: Option<String>,
    /// Notes on how the pairs were read.
    pub notes: Vec<String>,
    /// Warnings: faults that do not prevent training.
    pub warnings: Vec<String>,
}

impl Corpus {
    /// Normalises all texts; `None` if they become longer than the limit.
    pub fn normalise(&mut self, lowercase: bool) -> Option<()> {
        let is_normal = |text: &str| matches!(normalised(text, lowercase), Cow::Borrowed(_));
        if self.texts.iter().flatten().all(is_normal) {
            return Some(());
        }
        let mut texts = Texts::default();
        for [source, target] in self.texts.iter() {
            texts.push(&normalised(source, lowercase), &normalised(target, lowercase))?;
        }
        texts.shrink();
        self.texts = texts;
        Some(())
    }
}
