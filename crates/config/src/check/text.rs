//! Checks of pairs of texts: their rule or their files, their tokenizer, and settings that contradict them.

use crate::checks::Checks;
use crate::models::ModelConfig;
use crate::sections::{
    BibleEsConfig, DataConfig, TextPairsConfig, TextRule, TextRulesConfig, TokenizerConfig,
    TokenizerKind,
};
use crate::syntax::diagnostic::Diagnostic;

/// The two ways to name the files.
const FILES: &str = "write path = \"pairs.tsv\", with a tab between source and target in each line, or source = \
                     \"source.txt\" and target = \"target.txt\"";

/// The two ways to name the files of the test pairs.
const TEST_FILES: &str =
    "write test_path = \"test.tsv\", or test_source = \"...\" and test_target = \"...\"";

/// The maximum number of letters of all sources together.
const MOST_LETTERS: usize = 1 << 30;

impl Checks<'_> {
    /// Checks the settings of generated pairs alone.
    pub(super) fn text_rules(&mut self, rules: &TextRulesConfig) {
        let TextRulesConfig { samples, test_samples, .. } = *rules;
        let good = (2..=10_000_000).contains(&samples);
        self.require("data.samples", samples, good, "2 to 10000000");
        let good = (1..=1_000_000).contains(&test_samples);
        self.require("data.test_samples", test_samples, good, "1 to 1000000");
        self.seed("data.data_seed", rules.data_seed);
        for (key, length) in
            [("data.min_length", rules.min_length), ("data.max_length", rules.max_length)]
        {
            let Some(length) = length else { continue };
            self.require(key, length, (1..=1000).contains(&length), "1 to 1000");
            let message = format!("`{key}` counts letters, and the rule is \"dates\"");
            self.contradiction(rules.rule == TextRule::Dates, key, &message);
        }
        if let Some([min, max]) = rules.lengths() {
            let key =
                if rules.min_length.is_some() { "data.min_length" } else { "data.max_length" };
            let message =
                format!("`data.min_length` is {min}, more than `data.max_length`, which is {max}");
            self.contradiction(min > max, key, &message);
            let letters = samples.saturating_mul(max);
            self.require(
                "data.samples",
                format!("{samples} of up to {max} letters"),
                letters <= MOST_LETTERS || max > 1000,
                "at most 2^30 letters together",
            );
            self.contradiction(
                rules.tokenizer == TokenizerKind::Words,
                "data.tokenizer",
                "`data.tokenizer` is \"words\", and a source of letters is a single word: write \"characters\"",
            );
        }
        self.tokenizer(rules.tokenizer, rules.vocabulary);
    }

    /// Checks the settings of the user's pairs alone.
    pub(super) fn text_pairs(&mut self, pairs: &TextPairsConfig) {
        let TextPairsConfig { path, source, target, test_path, test_source, test_target, .. } =
            pairs;
        let keys = ["data.path", "data.source", "data.target"];
        self.pair_files(keys, [path, source, target], FILES);
        let keys = ["data.test_path", "data.test_source", "data.test_target"];
        if pairs.has_test_files() {
            self.pair_files(keys, [test_path, test_source, test_target], TEST_FILES);
        }
        if let Some(share) = pairs.test_fraction {
            let good = 0.0 < share && share < 1.0;
            self.require("data.test_fraction", share, good, "above 0 and below 1");
        }
        if let Some(seed) = pairs.split_seed {
            self.seed("data.split_seed", seed);
        }
        for (key, found) in [
            ("data.test_fraction", pairs.test_fraction.is_some()),
            ("data.split_seed", pairs.split_seed.is_some()),
        ] {
            let message = format!("`{key}` draws the test pairs, which have files of their own");
            self.contradiction(found && pairs.has_test_files(), key, &message);
        }
        let tokens = pairs.max_tokens;
        self.require("data.max_tokens", tokens, (1..=10_000).contains(&tokens), "1 to 10000");
        self.tokenizer(pairs.tokenizer, pairs.vocabulary);
    }

    /// Checks the settings of verses alone.
    pub(super) fn bible(&mut self, bible: &BibleEsConfig, data: &DataConfig) {
        let words = bible.max_words;
        self.require("data.max_words", words, (1..=10_000).contains(&words), "1 to 10000");
        self.contradiction(
            data.batches.valid_samples > 0,
            "data.valid_samples",
            "`data.valid_samples` draws validation pairs, and kind = \"bible-es\" has chapters for validation",
        );
        self.tokenizer(bible.tokenizer, bible.vocabulary);
    }

    /// Checks that there is one file or two.
    fn pair_files(&mut self, keys: [&str; 3], files: [&Option<String>; 3], help: &str) {
        let [one, source, target] = keys;
        let (key, message) = match files.map(Option::is_some) {
            [true, false, false] | [false, true, true] => (one, String::new()),
            [false, false, false] => ("data", format!("`{one}` is missing")),
            [true, _, _] => {
                (one, format!("`{one}` is given together with `{source}` or `{target}`"))
            }
            [_, true, false] => {
                (source, format!("`{source}` goes with `{target}`, which is missing"))
            }
            [_, false, true] => {
                (target, format!("`{target}` goes with `{source}`, which is missing"))
            }
        };
        if !message.is_empty() {
            let diagnostic = Diagnostic::new(message).at(Some(&self.root.location_of(key)));
            self.diagnostics.push(diagnostic.help(help));
        }
        for (key, path) in keys.into_iter().zip(files) {
            self.require(key, "\"\"", path.as_deref() != Some(""), "the path of a file");
        }
    }

    fn tokenizer(&mut self, kind: TokenizerKind, vocabulary: Option<usize>) {
        let Some(size) = vocabulary else { return };
        let key = "data.vocabulary";
        let good = (16..=TokenizerConfig::MAX_VOCABULARY).contains(&size);
        self.require(key, size, good, "16 to 65536");
        self.contradiction(
            kind == TokenizerKind::Characters,
            key,
            "`data.vocabulary` is for words and parts of words, and `data.tokenizer` is \"characters\"",
        );
    }

    fn seed(&mut self, key: &str, seed: u64) {
        self.require(key, seed, i64::try_from(seed).is_ok(), "0 to 2^63 - 1");
    }

    /// Reports settings of images, and networks of images and rows, for pairs of texts.
    pub(super) fn text(&mut self, data: &DataConfig, model: Option<&ModelConfig>) {
        let found = self.root.find("augment").is_some();
        let message = "[augment] changes images, and the data are pairs of texts";
        self.contradiction(found, "augment", message);
        let of_images =
            [("data.mean", data.batches.mean.is_some()), ("data.std", data.batches.std.is_some())];
        for (key, found) in of_images {
            let message = format!("`{key}` is for images, and the data are pairs of texts");
            self.contradiction(found, key, &message);
        }
        let takes = match model {
            None | Some(ModelConfig::Translator(_)) => return,
            Some(ModelConfig::Classifier { .. }) => "images or rows of a table",
            Some(ModelConfig::Gan(_)) => "images",
        };
        let help = "kind = \"seq2seq\" and kind = \"transformer\" take pairs of texts";
        self.unfit_network(takes, "pairs of texts", help);
    }
}

#[cfg(test)]
mod tests;
