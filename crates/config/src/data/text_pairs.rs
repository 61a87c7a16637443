//! `[data] kind = "text-pairs"`: pairs of texts in files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::texts::{TokenizerConfig, TokenizerKind, check_tokenizer, complete};
use super::{BatchConfig, Samples, SourceSettings};
use crate::checks::Checks;
use crate::syntax::diagnostic::Diagnostic;

/// The default share of the pairs that becomes the test set.
const TEST_FRACTION: f64 = 0.1;

/// The two ways to name the files.
const FILES: &str = "write path = \"pairs.tsv\", with a tab between source and target in each line, or source = \
                     \"source.txt\" and target = \"target.txt\"";

/// The two ways to name the files of the test pairs.
const TEST_FILES: &str =
    "write test_path = \"test.tsv\", or test_source = \"...\" and test_target = \"...\"";

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
    /// The share of the pairs that becomes the test set.
    pub fn test_fraction(&self) -> f64 {
        self.test_fraction.unwrap_or(TEST_FRACTION)
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

impl SourceSettings for TextPairsConfig {
    fn samples(&self) -> Samples {
        Samples::Texts
    }

    fn valid_samples(&self) -> usize {
        0
    }

    fn complete(&mut self) {
        if !self.has_test_files() {
            self.test_fraction.get_or_insert(TEST_FRACTION);
        }
        complete(self.tokenizer, &mut self.vocabulary);
    }

    fn paths_mut(&mut self) -> Vec<(&'static str, &mut String)> {
        let files = [
            ("data.path", &mut self.path),
            ("data.source", &mut self.source),
            ("data.target", &mut self.target),
            ("data.test_path", &mut self.test_path),
            ("data.test_source", &mut self.test_source),
            ("data.test_target", &mut self.test_target),
        ];
        files.into_iter().filter_map(|(key, path)| Some((key, path.as_mut()?))).collect()
    }

    fn check(&self, _: &BatchConfig, checks: &mut Checks<'_>) {
        let Self { path, source, target, test_path, test_source, test_target, .. } = self;
        let keys = ["data.path", "data.source", "data.target"];
        check_files(checks, keys, [path, source, target], FILES);
        let keys = ["data.test_path", "data.test_source", "data.test_target"];
        if self.has_test_files() {
            check_files(checks, keys, [test_path, test_source, test_target], TEST_FILES);
        }
        if let Some(share) = self.test_fraction {
            let good = 0.0 < share && share < 1.0;
            checks.require("data.test_fraction", share, good, "above 0 and below 1");
        }
        if let Some(seed) = self.split_seed {
            checks.seed("data.split_seed", seed);
        }
        for (key, found) in [
            ("data.test_fraction", self.test_fraction.is_some()),
            ("data.split_seed", self.split_seed.is_some()),
        ] {
            let message = format!("`{key}` draws the test pairs, which have files of their own");
            checks.contradiction(found && self.has_test_files(), key, &message);
        }
        let tokens = self.max_tokens;
        checks.require("data.max_tokens", tokens, (1..=10_000).contains(&tokens), "1 to 10000");
        check_tokenizer(self.tokenizer, self.vocabulary, checks);
    }
}

/// Checks that there is one file or two.
fn check_files(checks: &mut Checks<'_>, keys: [&str; 3], files: [&Option<String>; 3], help: &str) {
    let [one, source, target] = keys;
    let (key, message) = match files.map(Option::is_some) {
        [true, false, false] | [false, true, true] => (one, String::new()),
        [false, false, false] => ("data", format!("`{one}` is missing")),
        [true, _, _] => (one, format!("`{one}` is given together with `{source}` or `{target}`")),
        [_, true, false] => (source, format!("`{source}` goes with `{target}`, which is missing")),
        [_, false, true] => (target, format!("`{target}` goes with `{source}`, which is missing")),
    };
    if !message.is_empty() {
        let diagnostic = Diagnostic::new(message).at(Some(&checks.root.location_of(key)));
        checks.diagnostics.push(diagnostic.help(help));
    }
    for (key, path) in keys.into_iter().zip(files) {
        checks.require(key, "\"\"", path.as_deref() != Some(""), "the path of a file");
    }
}

fn default_max_tokens() -> usize {
    100
}
