//! Generated pairs: `[data] kind = "text-rules"`.
//!
//! | file | subject |
//! | --- | --- |
//! | `letters` | sources of letters: reversed, copied or sorted |
//! | `dates` | dates in English, and in ISO 8601 |
//! | `calendar` | days of the calendar, and numbers in English |

mod calendar;
mod dates;
mod letters;

use std::collections::BTreeMap;

use hearth_config::seed::{Purpose, Stream};
use hearth_config::{TextRule, TextRulesConfig};

use super::load::corpus::Corpus;
use super::texts::Texts;
use crate::digest::sha256;

/// The version of the generator, shown in the data card. A change of any generated pair needs a new one.
pub const VERSION: u64 = 1;

/// Number of pairs in the split `longer`.
const NUM_LONGER: usize = 1000;

/// A part of the generated pairs.
#[derive(Clone, Copy)]
enum Part {
    Train,
    Test,
    Longer,
}

/// Generated pairs: those for training, then those for the test, then longer ones.
struct Generated {
    texts: Texts,
    counts: [usize; 3],
    notes: Vec<String>,
}

/// Generates the pairs of a config: a function of `data_seed` and [`VERSION`] alone.
pub(super) fn corpus(config: &TextRulesConfig) -> Corpus {
    let generated = match config.lengths() {
        Some(lengths) => letters::generate(config, lengths),
        None => dates::generate(config),
    };
    let Generated { mut texts, counts: [num_train, num_test, num_longer], notes } = generated;
    texts.shrink();
    let (name, seed) = (config.rule.name(), config.data_seed);
    let lines = texts.iter().flat_map(|[source, target]| [source, "\t", target, "\n"]);
    let sum = sha256(lines.map(str::as_bytes));
    Corpus {
        name: "text-rules",
        num_train,
        num_valid: 0,
        num_test,
        num_longer,
        texts,
        checksums: BTreeMap::from([(format!("generated pairs, {name}"), sum)]),
        origin: Some(format!("rule \"{name}\", version {VERSION}, seed {seed}")),
        notes,
        warnings: Vec::new(),
    }
}

/// The random numbers of a sample.
fn stream(config: &TextRulesConfig, part: Part, index: usize) -> Stream {
    let rule = match config.rule {
        TextRule::Reverse => 0,
        TextRule::Copy => 1,
        TextRule::Sort => 2,
        TextRule::Dates => 3,
    };
    let generator = VERSION << 16 | rule << 8 | part as u64;
    Stream::new(config.data_seed, Purpose::Data, generator, index as u64)
}

/// A note on a test set that is smaller than the config asks for.
fn fewer(config: &TextRulesConfig, found: usize, reason: &str) -> Option<String> {
    let wanted = config.test_samples;
    (found < wanted)
        .then(|| format!("data.test_samples = {wanted}: there are {found} test pairs, {reason}"))
}

#[cfg(test)]
mod tests;
