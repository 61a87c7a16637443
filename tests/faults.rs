//! Faults of configs and command lines: what is printed, and the exit code.

use std::fmt::Write as _;

use crate::support::{fail, hearth, root};

/// A config without faults; each case changes it.
const GOOD: &str = r#"format = 1

[run]
name = "try"

[data]
kind = "fashion-mnist-mini"
batch_size = 64
valid_samples = 200

[model]
kind = "mlp"
hidden = [64, 32]
activation = "relu"

[optimizer]
kind = "sgd"
learning_rate = 0.1

[train]
epochs = 1
"#;

/// Name, what is replaced, and by what.
const FILES: [(&str, &str, &str); 22] = [
    ("not TOML", "epochs = 1", "epochs = "),
    ("missing format", "format = 1\n", ""),
    ("newer format", "format = 1", "format = 2"),
    ("missing section", "[train]\nepochs = 1\n", ""),
    ("unknown section", "[train]", "[trian]"),
    ("unknown key", "batch_size", "bach_size"),
    ("key of another kind", "learning_rate = 0.1", "learning_rate = 0.1\nbeta_1 = 0.9"),
    ("missing kind", "kind = \"sgd\"\n", ""),
    ("unknown kind", "\"sgd\"", "\"sdg\""),
    ("kind of a wrong type", "kind = \"mlp\"", "kind = 3"),
    ("missing key", "learning_rate = 0.1\n", ""),
    ("text for a number", "learning_rate = 0.1", "learning_rate = \"fast\""),
    ("fraction for a count", "batch_size = 64", "batch_size = 6.4"),
    ("negative count", "batch_size = 64", "batch_size = -64"),
    ("unknown word", "\"relu\"", "\"rleu\""),
    ("number for a section", "[run]\nname = \"try\"", "run = 1"),
    ("out of range", "learning_rate = 0.1", "learning_rate = 0.0"),
    ("not a number", "learning_rate = 0.1", "learning_rate = nan"),
    ("no interval", "epochs = 1", "epochs = 1\nevaluate_every = \"1 day\""),
    ("list of another length", "activation", "dropout = [0.1]\nactivation"),
    ("several at once", "hidden = [64, 32]", "hidden = [0]\ndropuot = 0.5\ndropout = 2.0"),
    ("name that is no folder", "\"try\"", "\"../try\""),
];

/// Overrides of the good config.
const OVERRIDES: [&str; 9] = [
    "train.epoch=3",
    "epochs=3",
    "train.epochs",
    "train.epochs=three",
    "train.epochs=[3",
    "optimizer.nesterov=true",
    "model.dropout=1.0",
    "model.hidden=[] model.dropout=0.5",
    "data.valid_samples=0 train.early_stop.patience=2",
];

#[test]
fn every_fault_shows_its_place_and_what_would_be_right() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = String::new();
    let mut show = |title: &str, words: &[&str]| {
        let mut command = hearth(["config", "try.toml"]);
        let done = fail(command.args(words).current_dir(folder.path()), 2);
        assert!(done.out.is_empty(), "{title}: {}", done.out);
        writeln!(seen, "## {title}\n{}", done.err).unwrap();
    };
    for (title, what, with) in FILES {
        assert!(GOOD.contains(what), "{title}: {what}");
        std::fs::write(folder.path().join("try.toml"), GOOD.replacen(what, with, 1)).unwrap();
        show(title, &[]);
    }
    std::fs::write(folder.path().join("try.toml"), GOOD).unwrap();
    for words in OVERRIDES {
        show(words, &words.split(' ').collect::<Vec<_>>());
    }
    insta::assert_snapshot!(seen);
}

#[test]
fn a_missing_file_names_its_neighbour() {
    let done = fail(&mut hearth(["train", "configs/mpl.toml"]), 2);
    assert!(done.err.contains("mlp.toml"), "{}", done.err);
}

#[test]
fn a_backend_that_is_not_there_is_named() {
    let mut command = hearth(["train", "configs/mlp-nano.toml", "--backend", "cuda"]);
    let done = fail(command.current_dir(root()), 2);
    assert!(done.err.contains("flex"), "{}", done.err);
}

#[test]
fn settings_that_do_not_fit_the_data_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for (change, word) in
        [("data.valid_samples=2000", "2,000"), ("train.class_weights=[1.0, 2.0]", "class_weights")]
    {
        let run = folder.path().join("run");
        let mut command = hearth(["train", "configs/mlp-nano.toml", change, "--run"]);
        let done = fail(command.arg(&run), 2);
        assert!(done.err.contains(word) || done.err.contains("2000"), "{}", done.err);
        assert!(!run.exists(), "{change}");
    }
}
