//! From pairs to the data of a run.

use hearth_config::{BatchConfig, TextPairsConfig};

use super::input::TextFile;
use super::pairs::{PairInput, Reader};
use crate::error::DataError;
use crate::text::load::corpus::Corpus;
use crate::text::load::text_pairs::{Settings, TextPairs};

/// Loads the pairs of `[data] kind = "text-pairs"`; `seed` is the run's, which draws the validation pairs, and the test
/// pairs where the config has no seed for them.
pub fn load_pairs(
    config: &TextPairsConfig,
    batches: &BatchConfig,
    seed: u64,
) -> Result<TextPairs, DataError> {
    let input = |[one, source, target]: [&Option<String>; 3]| {
        let file = |path: &Option<String>| TextFile::file(path.as_deref().unwrap_or_default());
        match (source, target) {
            (Some(_), Some(_)) => PairInput::Two(file(source), file(target)),
            _ => PairInput::One(file(one)),
        }
    };
    let first = input([&config.path, &config.source, &config.target]);
    let test = [&config.test_path, &config.test_source, &config.test_target];
    let test = config.has_test_files().then(|| input(test));
    load_pair_input(&first, test.as_ref(), config, batches, seed)
}

/// Loads pairs from inputs, which may be bytes in memory, as [`load_pairs`] does; `test` is the input of the test pairs,
/// if they have files of their own.
pub fn load_pair_input(
    input: &PairInput,
    test: Option<&PairInput>,
    config: &TextPairsConfig,
    batches: &BatchConfig,
    seed: u64,
) -> Result<TextPairs, DataError> {
    let tokenizer = config.tokenizer();
    let mut reader = Reader::new(tokenizer.lowercase);
    let num_train = reader.read(input)?;
    let num_test = test.map_or(Ok(0), |test| reader.read(test))?;
    let Reader { mut texts, checksums, notes, .. } = reader;
    texts.shrink();
    let corpus = Corpus {
        name: "text-pairs",
        texts,
        num_train,
        num_test,
        checksums,
        notes,
        ..Corpus::default()
    };
    let draw = (config.test_fraction(), config.split_seed.unwrap_or(seed));
    let settings = Settings {
        tokenizer,
        max_tokens: Some(config.max_tokens),
        draw: test.is_none().then_some(draw),
        batches,
        seed,
    };
    TextPairs::of(corpus, &settings).map_err(|fault| input.first().fault(None, fault))
}
