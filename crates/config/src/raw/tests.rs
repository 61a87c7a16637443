//! Parsing of texts and overrides, and the settings that a resumed run may change.

use proptest::prelude::*;

use super::*;
use crate::{Cadence, TaskKind, TimeUnits};

const MINIMAL: &str = r#"
format = 1
[run]
name = "try"
[data]
kind = "fashion-mnist-mini"
[model]
kind = "mlp"
hidden = [32]
[optimizer]
kind = "sgd"
learning_rate = 0.1
[train]
epochs = 1
"#;

fn check(text: &str, overrides: &[&str]) -> Result<Config, Diagnostics> {
    RawConfig::parse("try.toml", text.into())?.with_overrides(overrides)?.check()
}

#[test]
fn a_resolved_config_reads_as_itself() {
    for overrides in [
        &[][..],
        &["optimizer.kind=adamw", "optimizer.weight_decay=0.1", "schedule.kind=one-cycle"],
        &["model.hidden=[8, 9]", "model.dropout=[0.1, 0.2]", "train.class_weights=balanced"],
        &["schedule.kind=step", "schedule.every=5 epochs", "schedule.factor=0.1"],
        &["model.kind=lenet", "model.activation=sigmoid", "model.pooling=average"],
        &["model.kind=cnn", "model.widths=[8, 16]", "model.depth=2", "model.kernel_size=5"],
        &["model.kind=resnet", "model.widths=[8, 16]", "model.depths=[2, 1]"],
        &["model.init=runs/mlp-001"],
        &["model.kind=lenet", "model.init=runs/mlp-001", "model.init_head=false"],
        &["data.kind=image-folder", "data.path=shirts", "augment.flip=0.5", "run.threads=2"],
        &[
            "train.early_stop.patience=3",
            "train.evaluate_every=20 steps",
            "optimizer.learning_rate=1",
        ],
    ] {
        let config = check(MINIMAL, overrides).expect("a good config");
        let again = check(&config.to_toml(), &[]).expect("what it wrote is good");
        assert_eq!(config, again);
    }
}

#[test]
fn another_kind_leaves_the_keys_of_the_files_kind_behind() {
    let text = MINIMAL.replace("learning_rate = 0.1", "learning_rate = 0.1\nmomentum = 0.9");
    let config = check(&text, &["optimizer.kind=adam"]).expect("momentum is left behind");
    assert_eq!(config, check(MINIMAL, &["optimizer.kind=adam"]).expect("good"));
    // On the command line, and in the file alone, it is still an error.
    assert!(check(&text, &["optimizer.kind=adam", "optimizer.momentum=0.9"]).is_err());
    assert!(check(&text.replace("sgd", "adam"), &[]).is_err());
}

#[test]
fn a_run_has_one_length_in_epochs_steps_or_frames() {
    let length = |overrides: &[&str]| check(MINIMAL, overrides).map(|config| config.train.length());
    for text in ["1 epoch", "10 epochs", "2000 steps"] {
        let found =
            length(&[&format!("train.length={text}")]).expect("it takes the place of the epochs");
        assert_eq!(found.to_string(), text);
    }
    assert_eq!(length(&["train.epochs=7"]).expect("good").to_string(), "7 epochs");
    let both = length(&["train.epochs=7", "train.length=9 steps"]).expect_err("which?").to_string();
    assert!(both.contains("both give the length"), "{both}");
    for wrong in ["0 steps", "9", "9 days", "many steps", "9 frames", "2000000 epochs"] {
        let diagnostics = length(&[&format!("train.length={wrong}")]).expect_err(wrong).to_string();
        assert!(diagnostics.contains("train.length"), "{diagnostics}");
    }
    let none = MINIMAL.replace("epochs = ", "log_every = ");
    let diagnostics = check(&none, &[]).expect_err("no length").to_string();
    assert!(diagnostics.contains("`train.epochs` is missing"), "{diagnostics}");
}

#[test]
fn frames_are_rounded_up_to_whole_steps() {
    let length = |text: &str| text.parse::<Cadence>().expect(text);
    let steps = |text: &str, steps_per_epoch, frames_per_step| {
        length(text).steps(TimeUnits { steps_per_epoch, frames_per_step })
    };
    assert_eq!(steps("41 frames", None, Some(4)), Some(11));
    assert_eq!(steps("41 frames", Some(9), None), None, "no environment");
    assert_eq!(steps("2 epochs", Some(9), None), Some(18));
    assert_eq!(steps("2 epochs", None, Some(4)), None, "no epochs");
    assert_eq!(steps("5 steps", None, None), Some(5));
    assert_eq!(
        (length("1 frame").to_string(), length("9 frames").to_string()),
        ("1 frame".into(), "9 frames".into())
    );
}

#[test]
fn the_task_follows_from_the_model_or_is_named() {
    let task = |overrides: &[&str]| check(MINIMAL, overrides).map(|config| config.task_kind());
    assert_eq!(task(&[]).expect("good"), Some(TaskKind::Classify));
    assert_eq!(task(&["task.kind=classify"]).expect("good"), Some(TaskKind::Classify));
    for (wrong, said) in [
        ("task.kind=generate", "cannot do that"),
        ("task.kind=regress", "cannot do that"),
        ("task.kind=classification", "is not a kind of [task]"),
        ("task.name=classify", "`task.kind` is missing"),
    ] {
        let diagnostics = task(&[wrong]).expect_err(wrong).to_string();
        assert!(diagnostics.contains(said), "{diagnostics}");
    }
}

#[test]
fn the_format_before_is_read_and_means_the_same() {
    let now = MINIMAL.replace("format = 1", "format = 2");
    assert_eq!(check(MINIMAL, &[]), check(&now, &[]));
    let written = check(MINIMAL, &[]).expect("good").to_toml();
    assert!(written.starts_with("format = 2\n") && written.contains("[task]\nkind = \"classify\""));
    assert!(check(&MINIMAL.replace("format = 1", "format = 3"), &[]).is_err());
}

#[test]
fn all_faults_are_named_at_once() {
    let diagnostics = check(MINIMAL, &["train.epochs=0", "model.hiden=[1]", "data.batch_size=-1"])
        .expect_err("three faults");
    assert_eq!(diagnostics.0.len(), 3, "{diagnostics}");
}

#[test]
fn explain_names_the_origin_of_each_value() {
    let raw = RawConfig::parse("try.toml", MINIMAL.into())
        .and_then(|raw| raw.with_overrides(&["train.epochs=3"]))
        .expect("TOML");
    let text = raw.explain(&raw.check().expect("good"));
    let origin = |key: &str| {
        let line = text.lines().find(|line| line.starts_with(key)).expect("the key is there");
        line.split_once('#').expect("a comment").1.trim().to_owned()
    };
    assert_eq!(origin("epochs"), "command line");
    assert_eq!(origin("learning_rate"), "try.toml:12");
    assert_eq!(origin("batch_size"), "default");
    // The comments change nothing.
    assert_eq!(check(&text, &[]), check(MINIMAL, &["train.epochs=3"]));
}

#[test]
fn a_resume_may_change_cadences_and_nothing_that_was_learned() {
    let stored = check(MINIMAL, &[]).expect("good");
    let resume = |overrides: &[&str]| {
        let raw = RawConfig::parse("try.toml", MINIMAL.into())
            .and_then(|raw| raw.with_overrides(overrides))
            .expect("TOML");
        raw.check_resume(&raw.check().expect("good"), &stored)
    };
    let free =
        ["train.epochs=9", "train.keep_last=5", "run.threads=1", "train.early_stop.patience=2"];
    assert!(resume(&free).is_ok());
    assert!(resume(&["train.length=90 steps"]).is_ok(), "it takes the place of the file's epochs");
    for (change, key) in [
        ("run.seed=7", "run.seed"),
        ("model.hidden=[33]", "model.hidden"),
        ("augment.flip=0.5", "augment.flip"),
        ("optimizer.learning_rate=0.2", "optimizer.learning_rate"),
    ] {
        let diagnostics = resume(&[change]).expect_err(change);
        assert!(diagnostics.to_string().contains(key), "{diagnostics}");
    }
}

#[test]
fn the_schema_knows_every_section() {
    let schema = crate::schema();
    let of_one_origin = schema["oneOf"].as_array().expect("the origins of samples");
    let has = |schema: &serde_json::Value, section| schema["properties"][section].is_object();
    for section in crate::read::reader::SECTIONS {
        let is_known = has(&schema, section) || of_one_origin.iter().any(|one| has(one, section));
        assert!(is_known, "{section}");
    }
}

impl PartialEq for Diagnostics {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

#[test]
fn numbers_and_switches_may_be_typed_as_elsewhere() {
    let typed = |setting: &str| check(MINIMAL, &[setting]);
    for (setting, plain) in [
        ("optimizer.learning_rate=.1", "optimizer.learning_rate=0.1"),
        ("optimizer.learning_rate=1.", "optimizer.learning_rate=1.0"),
        ("optimizer.learning_rate=+.5", "optimizer.learning_rate=0.5"),
        ("optimizer.learning_rate=1.e-3", "optimizer.learning_rate=0.001"),
        ("optimizer.learning_rate= .1", "optimizer.learning_rate=0.1"),
        ("optimizer.learning_rate=1e-3", "optimizer.learning_rate=0.001"),
        ("optimizer.learning_rate=1E-3", "optimizer.learning_rate=0.001"),
        ("optimizer.learning_rate=00.5", "optimizer.learning_rate=0.5"),
        ("run.seed=007", "run.seed=7"),
        ("run.seed=1_000", "run.seed=1000"),
        ("run.report=False", "run.report=false"),
        ("run.report=TRUE", "run.report=true"),
    ] {
        assert_eq!(typed(setting).expect(setting), typed(plain).expect(plain), "{setting}");
    }
    for (setting, help) in [
        ("optimizer.learning_rate=0,1", "a decimal point"),
        ("model.dropout=[.1]", "write 0.1"),
        ("optimizer.learning_rate=1..2", "KEY = VALUE"),
        ("optimizer.learning_rate=-.1", "above 0"),
    ] {
        let diagnostics = typed(setting).expect_err(setting);
        let told = diagnostics.0[0].help_text().unwrap_or_default();
        assert!(told.contains(help), "{setting}: {diagnostics}: {told}");
    }
    let diagnostics = check(&MINIMAL.replace("0.1", ".1"), &[]).expect_err("not TOML");
    assert_eq!(diagnostics.0[0].help_text(), Some("write 0.1"), "{diagnostics}");
}

#[test]
fn weights_of_classes_go_by_their_names() {
    let weights = |overrides: &[&str]| check(MINIMAL, overrides).map(|c| c.train.class_weights);
    let typed =
        weights(&["train.class_weights.bag=2", "train.class_weights.\"T-shirt/top 1.0\"=0.5"]);
    let typed = typed.expect("good");
    let table = "\n[train.class_weights]\n\"T-shirt/top 1.0\" = 0.5\nbag = 2\n";
    let raw = RawConfig::parse("a.toml", format!("{MINIMAL}{table}")).expect("TOML");
    let config = raw.check().expect("good");
    assert_eq!(typed, config.train.class_weights);
    assert_eq!(check(&config.to_toml(), &[]), Ok(config.clone()), "it reads as itself");
    let text = raw.explain(&config);
    assert!(text.contains("\"T-shirt/top 1.0\" = 0.5") && text.contains("# a.toml:17"), "{text}");

    for (setting, told) in [
        ("train.class_weights.bag=-1", "the weight of class `bag` is -1"),
        ("train.class_weights.bag=nan", "the weight of class `bag` is NaN"),
        ("train.class_weights=[1.0, -1.0]", "`train.class_weights` is [1.0, -1.0]"),
        ("train.class_weights.bag=heavy", "a table with a number for each class"),
        ("train.class_weights=2.0", "a table with a number for each class"),
    ] {
        let diagnostics = weights(&[setting]).expect_err(setting).to_string();
        assert!(diagnostics.contains(told), "{setting}: {diagnostics}");
    }
}

#[test]
fn a_shift_leaves_something_of_the_image() {
    let with = |shift: &str, more: &str| {
        let raw = RawConfig::parse("try.toml", MINIMAL.into()).expect("TOML");
        raw.with_overrides(&[shift, more]).expect("TOML")
    };
    let folder = ["data.kind=image-folder", "data.size=12"];
    let in_folder = |shift: &str| {
        let raw = with(shift, folder[0]);
        raw.with_overrides(&[folder[1], "data.path=a"]).expect("TOML").check()
    };
    assert!(
        with("augment.shift=27", "run.seed=1").check().is_ok()
            && in_folder("augment.shift=11").is_ok()
    );
    for (refused, told) in [
        (with("augment.shift=28", "run.seed=1").check(), "allowed: 0 to 27"),
        (in_folder("augment.shift=12"), "allowed: 0 to 11"),
        (in_folder("augment.shift=2000"), "allowed: 0 to 1024"),
    ] {
        let diagnostics = refused.expect_err(told);
        assert_eq!(diagnostics.0.len(), 1, "{diagnostics}");
        assert!(
            diagnostics.0[0].help_text().is_some_and(|help| help.contains(told)),
            "{diagnostics}"
        );
    }
    // A run of an earlier version still opens.
    assert!(with("augment.shift=200", "run.seed=1").check_stored().is_ok());
}

#[test]
fn classes_of_one_name_are_refused_only_to_train() {
    let raw = RawConfig::parse("try.toml", MINIMAL.into()).expect("TOML");
    let files = ["train_images", "train_labels", "test_images", "test_labels"];
    let mut settings: Vec<String> = files.map(|file| format!("data.{file}=a")).into();
    settings.extend(["data.kind=idx".to_owned(), r#"data.classes=["a", "a"]"#.to_owned()]);
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let raw = raw.with_overrides(&settings).expect("TOML");
    let diagnostics = raw.clone().check().expect_err("twice");
    assert!(
        diagnostics.0.len() == 1 && diagnostics.to_string().contains("names \"a\" twice"),
        "{diagnostics}"
    );
    // A run of an earlier version still opens.
    assert!(raw.check_stored().is_ok());
}

proptest! {
    #[test]
    fn no_text_panics(cut in 0..MINIMAL.len(), rubbish in "\\PC{0,20}") {
        let text = format!("{}{rubbish}{}", &MINIMAL[..cut], &MINIMAL[cut..]);
        let _ = check(&text, &[]);
    }

    #[test]
    fn no_override_panics(text in "[a-z.]{0,12}=?\\PC{0,12}") {
        let _ = check(MINIMAL, &[&text]);
    }
}
