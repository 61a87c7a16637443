//! Defaults of the settings of texts, and diagnostics for wrong ones.

use crate::read::reader::Reader;
use crate::read::section_reader::Sections;
use crate::{DataConfig, DataSource, RawConfig, TaskKind, TokenizerConfig, TokenizerKind};

/// Settings without a network: that of a test does not matter here.
const RULES: &str = r#"
format = 2
[run]
name = "try"
[data]
kind = "text-rules"
rule = "reverse"
[optimizer]
kind = "adam"
learning_rate = 1e-3
[train]
epochs = 1
"#;

fn pairs() -> String {
    RULES.replace("text-rules\"\nrule = \"reverse\"", "text-pairs\"\npath = \"pairs.tsv\"")
}

fn bible() -> String {
    RULES.replace("text-rules\"\nrule = \"reverse\"", "bible-es\"")
}

/// The diagnostics but the one of the missing network, with their help.
fn told(text: &str, overrides: &[&str]) -> Vec<String> {
    let raw = RawConfig::parse("try.toml", text.to_owned()).expect("TOML");
    let diagnostics =
        raw.with_overrides(overrides).expect("TOML").check().expect_err("no network").0;
    let told = diagnostics
        .iter()
        .map(|diagnostic| format!("{diagnostic}; {}", diagnostic.help_text().unwrap_or_default()));
    told.filter(|told| !told.contains("no section [model]")).collect()
}

fn data(text: &str, overrides: &[&str]) -> DataConfig {
    assert_eq!(told(text, overrides), [""; 0], "{overrides:?}");
    let raw = RawConfig::parse("try.toml", text.to_owned()).expect("TOML");
    let raw = raw.with_overrides(overrides).expect("TOML");
    Sections::read(&mut Reader::new(&raw.0)).data().expect("good").clone()
}

#[test]
fn generated_pairs_have_their_defaults() {
    let DataConfig { source, batches } = data(RULES, &[]);
    let DataSource::TextRules(rules) = &source else { panic!("rules") };
    assert_eq!((rules.samples, rules.test_samples, rules.data_seed), (20_000, 2000, 1));
    assert_eq!((rules.min_length, rules.max_length, rules.vocabulary), (Some(2), Some(20), None));
    let kind = TokenizerKind::Characters;
    let tokenizer = TokenizerConfig { kind, vocabulary: 65_536, lowercase: false };
    assert_eq!((rules.lengths(), rules.tokenizer()), (Some([2, 20]), tokenizer));
    assert_eq!((batches.valid_samples, source.size(), source.is_of_images()), (1000, None, false));
    let few = data(RULES, &["data.rule=dates", "data.samples=500", "data.tokenizer=words"]);
    let DataSource::TextRules(rules) = &few.source else { panic!("rules") };
    assert_eq!((rules.lengths(), rules.vocabulary), (None, Some(4000)));
    assert_eq!((rules.min_length, few.batches.valid_samples), (None, 50));
}

#[test]
fn pairs_in_files_have_their_defaults() {
    let DataConfig { source, batches } = data(&pairs(), &[]);
    let DataSource::TextPairs(files) = &source else { panic!("files") };
    assert_eq!((files.test_fraction, files.split_seed, files.max_tokens), (Some(0.1), None, 100));
    let tokenizer =
        TokenizerConfig { kind: TokenizerKind::Bpe, vocabulary: 4000, lowercase: false };
    assert_eq!((files.tokenizer(), batches.valid_samples), (tokenizer, 0));
    let own = data(&pairs(), &["data.test_path=test.tsv", "data.valid_samples=7"]);
    let DataSource::TextPairs(files) = &own.source else { panic!("files") };
    assert_eq!((files.test_fraction, own.batches.valid_samples), (None, 7));
}

#[test]
fn verses_have_their_defaults() {
    let DataConfig { source, batches } = data(&bible(), &["train.early_stop={patience=2}"]);
    let DataSource::BibleEs(verses) = &source else { panic!("verses") };
    let tokenizer =
        TokenizerConfig { kind: TokenizerKind::Bpe, vocabulary: 4000, lowercase: false };
    assert_eq!(
        (verses.max_words, verses.tokenizer(), verses.vocabulary),
        (30, tokenizer, Some(4000))
    );
    assert_eq!((batches.valid_samples, source.size(), source.is_of_images()), (0, None, false));
    data(&bible(), &["data.valid_samples=0", "data.limit_train=0.1", "data.lowercase=true"]);
}

#[test]
fn settings_that_contradict_each_other_are_told() {
    let pairs = pairs();
    let bible = bible();
    let aligned = pairs.replace("path = \"pairs.tsv\"", "source = \"a.en\"\ntarget = \"a.es\"");
    for (text, overrides, words) in [
        (RULES, &["data.rule=double"][..], "reverse"),
        (RULES, &["data.samples=1"], "2 to 10000000"),
        (RULES, &["data.samples=9000000", "data.max_length=200"], "at most 2^30 letters"),
        (RULES, &["data.test_samples=0"], "1 to 1000000"),
        (RULES, &["data.min_length=0"], "1 to 1000"),
        (RULES, &["data.max_length=1001"], "1 to 1000"),
        (RULES, &["data.max_length=1"], "`data.min_length` is 2, more than `data.max_length`"),
        (RULES, &["data.rule=dates", "data.max_length=9"], "the rule is \"dates\""),
        (RULES, &["data.tokenizer=words"], "is a single word"),
        (RULES, &["data.tokenizer=subwords"], "bpe"),
        (RULES, &["data.vocabulary=100"], "`data.tokenizer` is \"characters\""),
        (RULES, &["data.tokenizer=bpe", "data.vocabulary=15"], "16 to 65536"),
        (RULES, &["data.mean=[0.5]"], "`data.mean` is for images"),
        (RULES, &["data.path=a.tsv"], "is not a key of [data] with kind = \"text-rules\""),
        (RULES, &["augment.flip=0.5"], "[augment] changes images"),
        (&pairs, &["data.source=a"], "together with `data.source` or `data.target`"),
        (&pairs, &["data.path=\"\""], "the path of a file"),
        (&pairs, &["data.test_target=a"], "`data.test_target` goes with `data.test_source`"),
        (&pairs, &["data.test_path=a", "data.test_fraction=0.2"], "have files of their own"),
        (&pairs, &["data.test_path=a", "data.split_seed=2"], "have files of their own"),
        (&pairs, &["data.test_fraction=1.0"], "above 0 and below 1"),
        (&pairs, &["data.max_tokens=0"], "1 to 10000"),
        (&bible, &["data.max_words=0"], "1 to 10000"),
        (&bible, &["data.valid_samples=500"], "has chapters for validation"),
        (&bible, &["data.tokenizer=characters", "data.vocabulary=100"], "is for words"),
        (&bible, &["data.path=a.tsv"], "is not a key of [data] with kind = \"bible-es\""),
        (&bible, &["data.mean=[0.5]"], "`data.mean` is for images"),
        (&aligned, &["data.path=a.tsv"], "together with `data.source`"),
        (&aligned.replace("source =", "test_source ="), &[], "`data.target` goes with"),
        (&pairs.replace("path = \"pairs.tsv\"\n", ""), &[], "`data.path` is missing"),
    ] {
        let told = told(text, overrides);
        assert!(told.iter().any(|told| told.contains(words)), "{overrides:?}: {told:?}");
    }
}

#[test]
fn networks_of_images_and_rows_take_no_texts() {
    let model = "[model]\nkind = \"mlp\"\nhidden = [8]\n";
    let faults = told(&format!("{RULES}{model}"), &[]);
    assert!(
        matches!(&faults[..], [fault] if fault.contains("`model.kind` is \"mlp\", which takes images or rows")),
        "{faults:?}"
    );
    let gan = "[model]\nkind = \"mlp-gan\"\nlatent = 4\n";
    let faults = told(&format!("{RULES}{gan}"), &[]);
    assert!(faults.iter().any(|fault| fault.contains("which takes images, and")), "{faults:?}");
    // A table is no data of a translator.
    let table = RULES
        .replace("text-rules\"\nrule = \"reverse\"", "csv\"\npath = \"a.csv\"\ntarget = \"y\"");
    let faults = told(&format!("{table}{model}"), &["task.kind=translate"]);
    assert!(faults[0].contains("\"translate\", which is no task of a table"), "{faults:?}");
    assert_eq!(TaskKind::ALL.map(TaskKind::name)[4], "translate");
}

#[test]
fn scheduled_sampling_is_for_translators() {
    let model = "[model]\nkind = \"seq2seq\"\n";
    let check = |text: &str, overrides: &[&str]| {
        let raw = RawConfig::parse("try.toml", text.to_owned()).expect("TOML");
        raw.with_overrides(overrides).expect("TOML").check()
    };
    let text = format!("{RULES}{model}");
    assert_eq!(check(&text, &[]).expect("good").train.scheduled_sampling, None);
    let config = check(&text, &["train.scheduled_sampling=0.2"]).expect("good");
    assert_eq!(config.train.scheduled_sampling, Some(0.2));
    let faults = told(&text, &["train.scheduled_sampling=1.5"]);
    assert_eq!(faults, ["`train.scheduled_sampling` is 1.5; allowed: 0 to 1"]);
    let images = RULES.replace("text-rules\"\nrule = \"reverse\"", "mnist\"");
    let faults = told(
        &format!("{images}[model]\nkind = \"mlp\"\nhidden = [8]\n"),
        &["train.scheduled_sampling=0.2"],
    );
    assert!(faults.len() == 1 && faults[0].contains("is for translators"), "{faults:?}");
}

#[test]
fn the_files_of_pairs_are_paths() {
    let text = pairs().replace("path = \"pairs.tsv\"", "source = \"a.en\"\ntarget = \"a.es\"");
    let table = text.replace(
        "text-pairs\"\nsource = \"a.en\"\ntarget = \"a.es\"",
        "csv\"\npath = \"a.csv\"\ntarget = \"y\"",
    );
    let table = format!("{table}[model]\nkind = \"mlp\"\nhidden = [8]\n");
    let raw = RawConfig::parse("try.toml", table).expect("TOML");
    let mut config = raw.check().expect("good");
    *config.data_mut() = data(&text, &["data.test_path=b.tsv"]);
    let paths = config.paths();
    let keys: Vec<_> = paths.iter().map(|(key, path)| (*key, path.as_str())).collect();
    assert_eq!(
        keys,
        [("data.source", "a.en"), ("data.target", "a.es"), ("data.test_path", "b.tsv")]
    );
    // A run may go on with files that have moved; the target of a table is no file.
    let mut moved = config.clone();
    let DataSource::TextPairs(files) = &mut moved.data_mut().source else { panic!("files") };
    files.target = Some("there/a.es".into());
    assert_eq!(raw.check_resume(&moved, &config), Ok(()));
    let table = raw.check().expect("good");
    let mut other = table.clone();
    let DataSource::Csv(csv) = &mut other.data_mut().source else { panic!("a table") };
    csv.target = "there/y".into();
    assert!(raw.check_resume(&other, &table).is_err());
}
