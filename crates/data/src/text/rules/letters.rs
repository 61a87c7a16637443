//! Sources of letters: reversed, copied or sorted.

use std::collections::{HashMap, HashSet};

use hearth_config::seed::Stream;
use hearth_config::{TextRule, TextRulesConfig};

use super::{Generated, NUM_LONGER, Part, fewer, stream};
use crate::text::texts::Texts;

/// Number of letters.
const LETTERS: usize = 26;

/// One in how many sources of a length may be a test source.
const TEST_SHARE: usize = 4;

/// Draws per wanted source, after which there are fewer.
const MAX_DRAWS: usize = 20;

/// Generates the pairs. Lengths are drawn uniformly from `lengths`, minimum and maximum, then letters. Test sources are
/// distinct and no training sources; at most a quarter of all sources of a length are test sources.
pub(super) fn generate(config: &TextRulesConfig, [min, max]: [usize; 2]) -> Generated {
    let test = distinct(config, (Part::Test, config.test_samples), [min, max], |length| {
        all_sources(length) / TEST_SHARE
    });
    let is_test: HashSet<&str> = test.iter().map(String::as_str).collect();
    let mut texts = Texts::default();
    let mut push = |source: &str| {
        // False at 4 GB, which a checked config stays below.
        texts.push(source, &target(config.rule, source)).is_some()
    };
    let mut num_train = 0;
    for index in 0..config.samples {
        let mut random = stream(config, Part::Train, index);
        let length = min + random.below(max - min + 1);
        let mut source = letters(&mut random, length);
        while is_test.contains(source.as_str()) {
            source = letters(&mut random, length);
        }
        if !push(&source) {
            break;
        }
        num_train += 1;
    }
    let longer = distinct(config, (Part::Longer, NUM_LONGER), [max + 1, 2 * max], all_sources);
    let num_test = test.iter().take_while(|source| push(source)).count();
    let num_longer = longer.iter().take_while(|source| push(source)).count();
    let reason = "as at most a quarter of all sources of a length are test sources";
    Generated {
        texts,
        counts: [num_train, num_test, num_longer],
        notes: fewer(config, num_test, reason).into_iter().collect(),
    }
}

/// Draws `wanted` distinct sources, at most `most(length)` of a length.
fn distinct(
    config: &TextRulesConfig,
    (part, wanted): (Part, usize),
    [min, max]: [usize; 2],
    most: impl Fn(usize) -> usize,
) -> Vec<String> {
    let (mut known, mut counts) = (HashSet::new(), HashMap::<usize, usize>::new());
    let mut sources = Vec::new();
    for index in 0..wanted.saturating_mul(MAX_DRAWS) {
        if sources.len() == wanted {
            break;
        }
        let mut random = stream(config, part, index);
        let length = min + random.below(max - min + 1);
        let count = counts.entry(length).or_default();
        let source = letters(&mut random, length);
        if *count < most(length) && known.insert(source.clone()) {
            *count += 1;
            sources.push(source);
        }
    }
    sources
}

/// Number of sources of a length.
fn all_sources(length: usize) -> usize {
    LETTERS.saturating_pow(length as u32)
}

fn letters(random: &mut Stream, length: usize) -> String {
    (0..length).map(|_| char::from(b'a' + random.below(LETTERS) as u8)).collect()
}

/// The target of a source.
pub(super) fn target(rule: TextRule, source: &str) -> String {
    match rule {
        TextRule::Reverse => source.chars().rev().collect(),
        TextRule::Sort => {
            let mut letters: Vec<char> = source.chars().collect();
            letters.sort_unstable();
            letters.into_iter().collect()
        }
        TextRule::Copy | TextRule::Dates => source.to_owned(),
    }
}
