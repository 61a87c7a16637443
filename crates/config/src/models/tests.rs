//! Defaults of a network's settings, and diagnostics for wrong ones.

use crate::{
    ClassifierConfig, CnnConfig, Config, Diagnostic, Diagnostics, Initializer, LenetConfig,
    ModelConfig, RawConfig, ResnetConfig, TranslatorConfig,
};

/// A config with this `[data]` and `[model]`.
fn config(data: &str, model: &str) -> Result<Config, Diagnostics> {
    let text = format!(
        "format = 1\n[run]\nname = \"try\"\n[data]\n{data}\n[model]\n{model}\n\
         [optimizer]\nkind = \"sgd\"\nlearning_rate = 0.1\n[train]\nepochs = 1\n"
    );
    RawConfig::parse("try.toml", text)?.check()
}

/// The diagnostics of a config: underlined text, message and help of each.
fn said(data: &str, model: &str) -> Vec<(String, String, String)> {
    let diagnostics = config(data, model).err().map_or_else(Vec::new, |diagnostics| diagnostics.0);
    diagnostics
        .iter()
        .map(|diagnostic| (location(diagnostic), diagnostic.to_string(), help(diagnostic)))
        .collect()
}

/// The text that a diagnostic underlines: the value, or the section where a key is missing.
fn location(diagnostic: &Diagnostic) -> String {
    let location = diagnostic.location().expect("a place");
    location.source.text[location.span.clone()].to_owned()
}

fn help(diagnostic: &Diagnostic) -> String {
    diagnostic.help_text().unwrap_or_default().to_owned()
}

const MINI: &str = "kind = \"fashion-mnist-mini\"";
const FILES: &str = "kind = \"idx\"\ntrain_images = \"a\"\ntrain_labels = \"b\"\n\
                     test_images = \"c\"\ntest_labels = \"d\"";

/// Asserts that each model has one diagnostic, with this underlined text, message and help.
fn assert_told(cases: &[(&str, &str, &str, &str)]) {
    for (model, location, message, help) in cases {
        let wanted = ((*location).into(), (*message).into(), (*help).into());
        assert_eq!(said(MINI, model), [wanted], "{model}");
    }
}

#[test]
fn a_wrong_word_key_or_type_is_told_its_place_and_what_is_known() {
    assert_told(&[
        (
            "kind = \"lenett\"",
            "\"lenett\"",
            "\"lenett\" is not a kind of [model]",
            "did you mean `lenet`?",
        ),
        (
            "kind = \"tree\"",
            "\"tree\"",
            "\"tree\" is not a kind of [model]",
            "known here: mlp, lenet, cnn, resnet, dcgan, mlp-gan, seq2seq, transformer, actor-critic",
        ),
        (
            "kind = \"lenet\"\npooling = \"maximum\"",
            "\"maximum\"",
            "`model.pooling` cannot be \"maximum\"",
            "known here: max, average",
        ),
        (
            "kind = \"lenet\"\npoolin = \"max\"",
            "poolin",
            "`model.poolin` is not a key of [model] with kind = \"lenet\"",
            "did you mean `pooling`?",
        ),
        (
            "kind = \"cnn\"",
            "model",
            "`model.widths` is missing",
            "add a line to [model], as widths = [16, 32]",
        ),
        (
            "kind = \"cnn\"\nwidths = 8",
            "8",
            "`model.widths` must be a list, and is the number `8`",
            "",
        ),
        (
            "kind = \"cnn\"\nwidths = [8, -1]",
            "[8, -1]",
            "`model.widths[1]` must be a whole number, 0 or more, and is the number `-1`",
            "",
        ),
        (
            "kind = \"cnn\"\nwidths = [8, 16]\ndepths = [1, 1]",
            "depths",
            "`model.depths` is not a key of [model] with kind = \"cnn\"",
            "did you mean `depth`?",
        ),
        (
            "kind = \"resnet\"\nwidths = [8, 16]",
            "model",
            "`model.depths` is missing",
            "add a line to [model], as depths = [2, 2]",
        ),
    ]);
}

#[test]
fn a_wrong_number_is_told_its_place_and_what_is_allowed() {
    let cnn = "kind = \"cnn\"\nwidths = [8, 16]";
    let resnet = "kind = \"resnet\"\nwidths = [8, 16]";
    assert_told(&[
        (
            "kind = \"cnn\"\nwidths = []",
            "[]",
            "`model.widths` is 0 blocks",
            "allowed: 1 to 20 blocks",
        ),
        (
            "kind = \"cnn\"\nwidths = [8, 0]",
            "[8, 0]",
            "`model.widths` is 0",
            "allowed: widths of 1 to 4096",
        ),
        (
            "kind = \"cnn\"\nwidths = [4097]",
            "[4097]",
            "`model.widths` is 4097",
            "allowed: widths of 1 to 4096",
        ),
        (
            &format!("{cnn}\ndropout = nan"),
            "nan",
            "`model.dropout` is NaN",
            "allowed: 0 to below 1",
        ),
        (&format!("{cnn}\ndepth = 0"), "0", "`model.depth` is 0", "allowed: 1 to 16"),
        (
            &format!("{cnn}\nkernel_size = 4"),
            "4",
            "`model.kernel_size` is 4",
            "allowed: an odd number, 1 to 15",
        ),
        (
            &format!("{cnn}\nkernel_size = 17"),
            "17",
            "`model.kernel_size` is 17",
            "allowed: an odd number, 1 to 15",
        ),
        (&format!("{cnn}\ndropout = 1.0"), "1.0", "`model.dropout` is 1", "allowed: 0 to below 1"),
        (
            &format!("{resnet}\ndepths = [2]"),
            "[2]",
            "`model.depths` and `model.widths` differ in length: 1 and 2 stages",
            "",
        ),
        (
            &format!("{resnet}\ndepths = [2, 65]"),
            "[2, 65]",
            "`model.depths` is 65",
            "allowed: 1 to 64 blocks",
        ),
        (
            &format!("{resnet}\ndepths = [1, 1]\ndropout = -0.1"),
            "-0.1",
            "`model.dropout` is -0.1",
            "allowed: 0 to below 1",
        ),
        (
            "kind = \"resnet\"\nwidths = []\ndepths = []",
            "[]",
            "`model.widths` is 0 stages",
            "allowed: 1 to 20 stages",
        ),
    ]);
}

#[test]
fn weights_of_another_run_are_named_and_only_a_classifier_takes_them() {
    let mlp = "kind = \"mlp\"\nhidden = [8]";
    assert_told(&[
        (
            &format!("{mlp}\ninit = \"\""),
            "\"\"",
            "`model.init` is \"\"",
            "allowed: the folder of a run",
        ),
        (
            &format!("{mlp}\ninit_head = false"),
            "false",
            "`model.init_head` leaves out the head of another run's network, and `model.init` names \
             no run",
            "",
        ),
        (
            &format!("{mlp}\ninit = 3"),
            "3",
            "`model.init` must be a string, and is the number `3`",
            "",
        ),
        (
            "kind = \"dcgan\"\nwidths = [8]\ninit = \"runs/gan-001\"",
            "init",
            "`model.init` is not a key of [model] with kind = \"dcgan\"",
            "known here: kind, latent, widths",
        ),
    ]);
}

#[test]
fn a_config_says_whether_the_head_is_taken_where_any_weights_are() {
    let written = |model: &str| {
        let text = config(MINI, model).expect("good").to_toml();
        let (_, model) = text.split_once("[model]\n").expect("a section");
        model.split("\n\n").next().expect("its keys").trim().to_owned()
    };
    insta::assert_snapshot!(
        [
            written("kind = \"lenet\""),
            written("kind = \"lenet\"\ninit = \"runs/lenet-001\""),
            written("kind = \"lenet\"\ninit_head = false\ninit = \"runs/lenet-001\""),
        ]
        .join("\n\n")
    );
}

#[test]
fn every_key_has_its_default() {
    let read = |model: &str| match config(MINI, model).expect("good").model {
        ModelConfig::Classifier { network, .. } => network,
        other => panic!("{other:?}"),
    };
    assert_eq!(read("kind = \"lenet\""), ClassifierConfig::Lenet(LenetConfig::default()));
    assert_eq!(
        read("kind = \"cnn\"\nwidths = [8]"),
        ClassifierConfig::Cnn(CnnConfig {
            widths: vec![8],
            depth: 1,
            kernel_size: 3,
            dropout: 0.0,
            initializer: Initializer::He,
        })
    );
    assert_eq!(
        read("kind = \"resnet\"\nwidths = [8]\ndepths = [2]"),
        ClassifierConfig::Resnet(ResnetConfig {
            widths: vec![8],
            depths: vec![2],
            dropout: 0.0,
            initializer: Initializer::He,
        })
    );
}

#[test]
fn images_must_be_large_enough_where_their_size_is_known() {
    let folder = |size: usize| format!("kind = \"image-folder\"\npath = \"p\"\nsize = {size}");
    let lenet = "kind = \"lenet\"";
    assert_eq!(said(&folder(12), lenet), []);
    let message = "the network `lenet` needs images of at least 12x12 pixels, and these \
                   have 11x11";
    assert_eq!(said(&folder(11), lenet), [("11".into(), message.into(), String::new())]);

    // 28, 14, 7, 3, 1.
    assert_eq!(said(MINI, "kind = \"cnn\"\nwidths = [1, 1, 1, 1]"), []);
    let five = "kind = \"cnn\"\nwidths = [1, 1, 1, 1, 1]";
    let message = "`model.widths` has 5 blocks, each of which halves the image, and 28x28 \
                   pixels can be halved 4 times";
    let found = [("[1, 1, 1, 1, 1]".into(), message.into(), String::new())];
    assert_eq!(said(MINI, five), found);
    assert_eq!(said(&folder(32), five), []);
    let dcgan = |widths: &str| format!("kind = \"dcgan\"\nwidths = {widths}");
    assert_eq!(said(MINI, &dcgan("[1, 1]")), []);
    let message = "`model.widths` halves the image 3 times, and 28 pixels can be halved 2 times \
                   without a remainder";
    let found = [("[1, 1, 1]".into(), message.into(), String::new())];
    assert_eq!(said(MINI, &dcgan("[1, 1, 1]")), found);
    assert_eq!(said(&folder(32), &dcgan("[1, 1, 1]")), []);
    // The size of IDX images is known from the files alone.
    assert_eq!(said(FILES, five), []);
    // Strides round sizes up.
    assert_eq!(said(&folder(1), "kind = \"resnet\"\nwidths = [1, 1]\ndepths = [1, 1]"), []);
}

#[test]
fn a_network_of_more_than_a_gigabyte_is_refused() {
    let count = |model: &str| said(FILES, model).into_iter().map(|(_, message, _)| message);
    let cnn = |depth: usize| format!("kind = \"cnn\"\nwidths = [4096, 4096]\ndepth = {depth}");
    // 9 * 4096^2 weights for each convolution but the first.
    assert_eq!(count(&cnn(1)).count(), 0);
    let all = 9 * 4096_usize.pow(2) * 3;
    let message = format!("`model.widths` is {all} weights");
    assert_eq!(count(&cnn(2)).collect::<Vec<_>>(), [message]);
    let resnet = "kind = \"resnet\"\nwidths = [2048]\ndepths = [4]";
    let message = format!("`model.widths` is {} weights", 9 * 2048_usize.pow(2) * 8);
    assert_eq!(count(resnet).collect::<Vec<_>>(), [message]);
}

#[test]
fn a_transformer_has_a_table_of_learned_positions_alone() {
    let rules = "kind = \"text-rules\"\nrule = \"reverse\"";
    let positions = |model: &str| {
        let config = config(rules, &format!("kind = \"transformer\"\n{model}")).expect("good");
        let ModelConfig::Translator(TranslatorConfig::Transformer(network)) = config.model else {
            panic!("a transformer")
        };
        network.learned_positions()
    };
    assert_eq!(positions(""), None);
    assert_eq!(positions("positions = \"sinusoidal\""), None);
    assert_eq!(positions("positions = \"learned\""), Some(256));
    assert_eq!(positions("positions = \"learned\"\nmax_positions = 40"), Some(40));
    for (model, wanted) in [
        ("positions = \"rotary\"", "`model.positions` cannot be \"rotary\""),
        ("positions = \"learned\"\nmax_positions = 1", "`model.max_positions` is 1"),
        ("max_positions = 40", "`model.positions` is \"sinusoidal\""),
    ] {
        let told = said(rules, &format!("kind = \"transformer\"\n{model}"));
        assert!(told.len() == 1 && told[0].1.contains(wanted), "{told:?}");
    }
}
