use hearth_config::{
    BatchConfig, DataSource, RawConfig, TextRule, TextRulesConfig, TokenizerConfig, TokenizerKind,
};

use super::encode::learn;
use crate::text::texts::Texts;
use crate::{Data, Labels};

#[test]
fn generated_pairs_have_a_card_and_a_longer_test() {
    let text = "format = 2\n[run]\nname = \"a\"\n[data]\nkind = \"csv\"\npath = \"a.csv\"\ntarget = \"y\"\n\
                [model]\nkind = \"mlp\"\nhidden = []\n[optimizer]\nkind = \"sgd\"\nlearning_rate = 1.0\n[train]\nepochs = 1\n";
    let mut config = RawConfig::parse("a.toml", text.into()).unwrap().check().unwrap();
    config.data_mut().source = DataSource::TextRules(TextRulesConfig {
        rule: TextRule::Reverse,
        samples: 500,
        test_samples: 50,
        min_length: None,
        max_length: None,
        data_seed: 1,
        tokenizer: TokenizerKind::Characters,
        vocabulary: None,
        lowercase: false,
    });
    config.data_mut().batches =
        BatchConfig { valid_samples: 40, batch_size: 16, ..BatchConfig::default() };
    let data = Data::load(&config, Labels::Unused, "".as_ref(), &mut |_| {}).unwrap();
    let Data::Text(pairs) = &data else { panic!("texts") };
    let longer = pairs.longer.as_ref().expect("a rule on letters");
    assert_eq!((pairs.splits.counts(), longer.len(), pairs.len()), ([460, 40, 50], 1000, 1550));
    assert!(longer.indices.iter().all(|&index| pairs.source_text(index).len() > 20));
    assert_eq!(pairs.tokenizer.vocabulary_size(), 4 + 26);
    let card = data.card();
    assert!(data.images().is_none() && card.classes.is_empty());
    assert_eq!(card.facts[0], ("generator", "rule \"reverse\", version 1, seed 1".to_owned()));
    config.data_mut().batches.valid_samples = 500;
    let error = Data::load(&config, Labels::Unused, "".as_ref(), &mut |_| {});
    let error = error.unwrap_err().to_string();
    assert!(error.contains("text-rules: data.valid_samples = 500 leaves nothing"), "{error}");
}

#[test]
fn a_vocabulary_is_learned_from_a_part_of_many_pairs() {
    let mut texts = Texts::default();
    for index in 0..100 {
        let word = char::from_u32(0x4e00 + index).unwrap();
        texts.push(&word.to_string().repeat(5), "x").unwrap();
    }
    let config = TokenizerConfig { kind: TokenizerKind::Words, vocabulary: 300, lowercase: false };
    let train: Vec<u32> = (0..90).collect();
    let (all, note) = learn(config, &texts, &train, 1 << 20);
    assert_eq!((all.vocabulary_size(), note), (4 + 91, None));
    // 16 bytes in each pair, 1440 together: one in three.
    let (some, note) = learn(config, &texts, &train, 500);
    assert_eq!(some.vocabulary_size(), 4 + 31);
    assert!(note.unwrap().contains("one in 3 training pairs"));
    // Characters are always those of all.
    let config = TokenizerConfig { kind: TokenizerKind::Characters, ..config };
    let (all, note) = learn(config, &texts, &train, 500);
    assert_eq!((all.vocabulary_size(), note), (4 + 91, None));
}
