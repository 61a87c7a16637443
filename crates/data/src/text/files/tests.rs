use hearth_config::{BatchConfig, TextPairsConfig, TokenizerKind};

use super::*;
use crate::error::DataError;
use crate::samples::Subset;
use crate::text::TextPairs;

fn config() -> TextPairsConfig {
    TextPairsConfig {
        path: Some("pairs.tsv".into()),
        test_fraction: Some(0.25),
        max_tokens: 100,
        tokenizer: TokenizerKind::Characters,
        ..TextPairsConfig::default()
    }
}

fn batches() -> BatchConfig {
    BatchConfig { valid_samples: 0, batch_size: 2, ..BatchConfig::default() }
}

fn one(name: &str, bytes: impl AsRef<[u8]>) -> PairInput {
    PairInput::One(TextFile::bytes(name, bytes.as_ref()))
}

fn two(source: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> PairInput {
    let [source, target] = [("a.en", source.as_ref()), ("a.es", target.as_ref())]
        .map(|(name, bytes)| TextFile::bytes(name, bytes));
    PairInput::Two(source, target)
}

fn load(input: &PairInput) -> Result<TextPairs, DataError> {
    load_pair_input(input, None, &config(), &batches(), 7)
}

/// All pairs as text.
fn texts(pairs: &TextPairs) -> Vec<[&str; 2]> {
    (0..pairs.len() as u32)
        .map(|index| [pairs.source_text(index), pairs.target_text(index)])
        .collect()
}

/// Eight pairs of short sentences.
const EIGHT: &str = "one\tuno\ntwo\tdos\nthree\ttres\nfour\tcuatro\nfive\tcinco\nsix\tseis\nseven\tsiete\neight\tocho\n";

#[test]
fn pairs_are_read_from_one_file_and_from_two() {
    let pairs = load(&one("pairs.tsv", EIGHT)).unwrap();
    assert_eq!(texts(&pairs)[3], ["four", "cuatro"]);
    assert_eq!((pairs.len(), pairs.splits.counts()), (8, [6, 0, 2]));
    assert!(pairs.notes.is_empty() && pairs.warnings.is_empty() && pairs.longer.is_none());
    assert_eq!(pairs.checksums.keys().collect::<Vec<_>>(), ["pairs.tsv"]);
    assert_eq!(pairs.checksums["pairs.tsv"], crate::digest::sha256([EIGHT.as_bytes()]));
    let side = |index: usize| {
        EIGHT
            .lines()
            .map(|line| line.split('\t').nth(index).unwrap())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let aligned = load(&two(side(0), side(1) + "\n\n")).unwrap();
    assert_eq!(texts(&aligned), texts(&pairs));
    assert_eq!(aligned.checksums.keys().collect::<Vec<_>>(), ["a.en", "a.es"]);
    assert_eq!(aligned.notes, ["a.en: 1 line is empty and left out (line 9)"]);
    // Tokens decode to the texts.
    for index in 0..8 {
        let ids = pairs.pairs().targets.ids(index);
        let text = pairs.target_text(index as u32);
        if !ids.contains(&crate::text::Tokenizer::UNKNOWN) {
            assert_eq!(pairs.tokenizer.decode(&ids), text);
        }
        assert_eq!(ids.len(), text.len());
    }
}

#[test]
fn marks_ends_of_lines_and_unicode_forms_make_no_difference() {
    let plain = EIGHT.replace("uno", "\u{fa}no");
    let windows = format!("\u{feff}{}", plain.replace('\n', " \r\n").replace('\t', " \t "));
    let apart = plain.replace('\u{fa}', "u\u{301}");
    let expected = load(&one("pairs.tsv", &plain)).unwrap();
    for text in [windows, apart, plain.trim_end().to_owned()] {
        let pairs = load(&one("pairs.tsv", &text)).unwrap();
        assert_eq!(texts(&pairs), texts(&expected));
        assert_eq!(pairs.pairs(), expected.pairs());
        assert_eq!(pairs.tokenizer, expected.tokenizer);
        assert_ne!(pairs.checksums, expected.checksums);
    }
    let lower = TextPairsConfig { lowercase: true, ..config() };
    let pairs =
        load_pair_input(&one("a", plain.to_uppercase()), None, &lower, &batches(), 7).unwrap();
    assert_eq!(texts(&pairs), texts(&expected));
}

#[test]
fn gzip_is_unpacked() {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(EIGHT.as_bytes()).unwrap();
    let mut packed = encoder.finish().unwrap();
    let pairs = load(&one("pairs.tsv.gz", &packed)).unwrap();
    assert_eq!(pairs.checksums["pairs.tsv.gz"], crate::digest::sha256([EIGHT.as_bytes()]));
    packed.truncate(packed.len() - 4);
    let error = load(&one("pairs.tsv.gz", &packed)).unwrap_err().to_string();
    assert!(error.contains("damaged or cut off"), "{error}");
}

#[test]
fn lines_that_are_no_pair_are_named() {
    let after = |line: &[u8]| [&b"one\tuno\n\n"[..], line, b"\ntwo\tdos\n"].concat();
    for (bytes, words) in [
        (
            after(b"three"),
            "pairs.tsv, line 3: it has no tab; expected: a source, a tab and a target",
        ),
        (after(b"a\tb\tc"), "pairs.tsv, line 3: it has 2 tabs; expected:"),
        (after(b"a\t\tb\tc"), "pairs.tsv, line 3: it has 3 tabs"),
        (
            after(b"caf\xe9\tb"),
            "pairs.tsv, line 3: it is not UTF-8, and is perhaps Latin-1 or Windows-1252 (`caf\u{e9}",
        ),
        (after(b"a\0\tb"), "pairs.tsv, line 3: it has a byte 0"),
        (after(&b"x".repeat((1 << 20) + 1)), "pairs.tsv, line 3: it is longer than 1 MB"),
        (b"\xff\xfea\0\t\0b\0".to_vec(), "pairs.tsv, line 1: the file is written in UTF-16"),
        (Vec::new(), "pairs.tsv: it has no pairs"),
        (b"\xef\xbb\xbf\r\n \n\t\n".to_vec(), "pairs.tsv: it has no pairs"),
    ] {
        let error = load(&one("pairs.tsv", &bytes)).unwrap_err().to_string();
        assert!(error.starts_with(words), "{error}");
    }
    for (source, target, words) in [
        (
            "a\nb\nc\n",
            "a\nb\n",
            "a.en: its number of lines is 3, and that of a.es is 2; expected is a target for each source",
        ),
        ("a\n", "a\n\nb\n", "a.en: its number of lines is 1, and that of a.es is 3; expected"),
    ] {
        let error = load(&two(source, target)).unwrap_err().to_string();
        assert!(error.starts_with(words), "{error}");
    }
    let error = load(&two("a\nb\n", b"a\n\xff\n".as_slice())).unwrap_err().to_string();
    assert!(error.starts_with("a.es, line 2: it is not UTF-8"), "{error}");
    let error = load_pairs(
        &TextPairsConfig { path: Some("no/such.tsv".into()), ..config() },
        &batches(),
        7,
    );
    assert!(error.unwrap_err().to_string().contains("no/such.tsv cannot be read"));
    let folder = TextPairsConfig { path: Some(env!("CARGO_MANIFEST_DIR").into()), ..config() };
    let error = load_pairs(&folder, &batches(), 7).unwrap_err().to_string();
    assert!(error.contains("it is a folder; name the file in it"), "{error}");
}

#[test]
fn empty_lines_and_sides_are_counted_and_left_out() {
    let text = format!("{EIGHT}\n\t\nx\t\n\ty\n   \n\t \n a\t \u{a0}\nnine\tnueve\n");
    let pairs = load(&one("pairs.tsv", text)).unwrap();
    assert_eq!(pairs.len(), 9);
    assert_eq!(
        pairs.notes,
        [
            "pairs.tsv: 4 lines are empty and left out (lines 9, 10, 13 and 1 more)",
            "pairs.tsv: 3 pairs have an empty side and are left out (lines 11, 12 and 15)"
        ]
    );
    let pairs = load(&two("a\nb\n\nd\ne\nf", "A\n\n\nD\nE\nF")).unwrap();
    assert_eq!(texts(&pairs), [["a", "A"], ["d", "D"], ["e", "E"], ["f", "F"]]);
    assert_eq!(
        pairs.notes,
        [
            "a.en: 1 line is empty and left out (line 3)",
            "a.en: 1 pair has an empty side and is left out (line 2)"
        ]
    );
}

#[test]
fn long_pairs_are_left_out_of_every_split() {
    let long = "x".repeat(11);
    let text = format!("{EIGHT}{long}\ta\nb\t{long}\n");
    let config = TextPairsConfig { max_tokens: 10, ..config() };
    let with = |config: &TextPairsConfig, test: Option<&PairInput>| {
        load_pair_input(&one("pairs.tsv", &text), test, config, &batches(), 7)
    };
    let pairs = with(&config, Some(&one("test.tsv", &text))).unwrap();
    assert_eq!((pairs.splits.counts(), pairs.len()), ([8, 0, 8], 20));
    assert!(pairs.notes.contains(
        &"2 training and 2 test pairs have more than data.max_tokens = 10 tokens on a side, and are left out".into()
    ), "{:?}", pairs.notes);
    assert_eq!(pairs.warnings, ["8 of 8 test pairs are training pairs as well"]);
    assert_eq!(pairs.checksums.len(), 2);
    let error = with(&TextPairsConfig { max_tokens: 1, ..config }, None).unwrap_err().to_string();
    assert!(error.contains("data.max_tokens = 1 leaves no training pair"), "{error}");
}

#[test]
fn splits_are_disjoint_and_depend_on_their_seeds_alone() {
    let text: String = (0..100)
        .map(|index| [index.to_string(), (index * 7).to_string()].join("\t") + "\n")
        .collect();
    let with = |split_seed, seed, batches: BatchConfig| {
        let config = TextPairsConfig { split_seed, ..config() };
        let pairs =
            load_pair_input(&one("pairs.tsv", &text), None, &config, &batches, seed).unwrap();
        let splits = &pairs.splits;
        [&splits.train, &splits.valid, &splits.test].map(|split: &Subset<_>| split.indices.to_vec())
    };
    let ten = BatchConfig { valid_samples: 10, ..batches() };
    let [train, valid, tests] = with(None, 7, ten.clone());
    assert_eq!((train.len(), valid.len(), tests.len()), (65, 10, 25));
    let mut all = [&train[..], &valid, &tests].concat();
    all.sort_unstable();
    assert_eq!(all, (0..100).collect::<Vec<_>>());
    assert_eq!(with(None, 7, ten.clone())[0], train);
    assert_ne!(with(None, 8, ten.clone())[2], tests);
    assert_eq!(with(Some(3), 7, ten.clone())[2], with(Some(3), 8, ten.clone())[2]);
    assert_ne!(with(Some(3), 7, ten.clone())[1], with(Some(3), 8, ten.clone())[1]);
    let few = with(None, 7, BatchConfig { overfit_batches: Some(3), ..batches() });
    assert_eq!((few[0].len(), &few[1]), (6, &few[0]));
    let half = with(None, 7, BatchConfig { limit_train: Some(0.5), ..ten });
    assert_eq!((half[0].len(), half[2].len()), (33, 25));
    for (config, batches, words) in [
        (
            config(),
            BatchConfig { valid_samples: 75, ..batches() },
            "data.valid_samples = 75 leaves nothing",
        ),
        (
            TextPairsConfig { test_fraction: Some(0.001), ..config() },
            batches(),
            "makes 0 of its 100 pairs the test part",
        ),
    ] {
        let error = load_pair_input(&one("pairs.tsv", &text), None, &config, &batches, 7);
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("pairs.tsv: ") && error.contains(words), "{error}");
    }
}

#[test]
fn the_vocabulary_is_that_of_the_training_pairs() {
    let test = one("test.tsv", "\u{3b1}\tone\n");
    let pairs =
        load_pair_input(&one("pairs.tsv", EIGHT), Some(&test), &config(), &batches(), 7).unwrap();
    assert_eq!(pairs.splits.counts(), [8, 0, 1]);
    assert_eq!(pairs.pairs().sources.ids(8), [crate::text::Tokenizer::UNKNOWN]);
    assert_eq!(pairs.source_text(8), "\u{3b1}");
    let card = pairs.card();
    assert_eq!((card.unit, card.samples, card.name.as_str()), ("pairs", [8, 0, 1], "text-pairs"));
    let fact = |name: &str| &card.facts.iter().find(|(found, _)| *found == name).expect(name).1;
    assert_eq!(fact("unknown tokens"), "0.00 % of the training part, 25.00 % of the test part");
    assert_eq!(fact("tokens of a source"), "median 4, maximum 5");
    assert_eq!(fact("tokens of a target"), "median 4, maximum 6");
    assert!(fact("vocabulary").ends_with("tokens (characters)"));
    assert!(card.bytes > 100 && fact("padding").contains(" %"));
    assert_eq!(card.sample, "4 and 4 tokens in the median");
}
