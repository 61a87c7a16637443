//! Defaults of a table's settings, and diagnostics for wrong ones.

use crate::{Config, DataSource, Diagnostics, Metric, RawConfig, RegressionLoss, TaskKind};

const TABLE: &str = r#"
format = 2
[run]
name = "try"
[data]
kind = "csv"
path = "table.csv"
target = "price"
[model]
kind = "mlp"
hidden = [8]
[optimizer]
kind = "adam"
learning_rate = 1e-3
[train]
epochs = 1
"#;

fn check(overrides: &[&str]) -> Result<Config, Diagnostics> {
    RawConfig::parse("try.toml", TABLE.into())?.with_overrides(overrides)?.check()
}

/// The one diagnostic, with its help.
fn told(overrides: &[&str]) -> String {
    let diagnostics = check(overrides).expect_err("a fault").0;
    let [diagnostic] = &diagnostics[..] else { panic!("{overrides:?}: {diagnostics:?}") };
    format!("{diagnostic}; {}", diagnostic.help_text().unwrap_or_default())
}

/// The settings with two files.
fn two_files() -> String {
    TABLE.replace("path = \"table.csv\"", "train = \"a.csv\"\ntest = \"b.csv\"")
}

#[test]
fn a_table_has_its_defaults_and_reads_as_itself() {
    let config = check(&[]).expect("good");
    let DataSource::Csv(csv) = &config.data().source else { panic!("a table") };
    assert_eq!((csv.test_fraction, csv.split_seed), (Some(0.2), None));
    assert_eq!(config.data().batches.valid_samples, 0);
    assert_eq!((config.task_kind(), config.train.best_by, config.train.loss), (None, None, None));
    assert_eq!((config.data().source.size(), config.data().source.channels()), (None, None));
    for overrides in [
        &[][..],
        &["data.valid_samples=50", "data.split_seed=7", "data.test_fraction=0.1"],
        &["task.kind=regress", "train.loss=huber", "train.best_by=mae"],
        &["task.kind=classify", "train.label_smoothing=0.1", "train.best_by=loss"],
        &["data.columns=[\"a\", \"b\"]", "data.categories=[\"a\"]", "data.missing=most-frequent"],
        &["data.ignore=[\"id\"]", "model.embedding=8", "data.missing=category"],
    ] {
        let config = check(overrides).expect("good");
        let again = RawConfig::parse("again.toml", config.to_toml()).and_then(|raw| raw.check());
        assert_eq!(again, Ok(config), "{overrides:?}");
    }
    let two = RawConfig::parse("two.toml", two_files()).and_then(|raw| raw.check()).expect("good");
    let again = RawConfig::parse("again.toml", two.to_toml()).and_then(|raw| raw.check());
    assert_eq!(again, Ok(two));
}

#[test]
fn a_task_that_is_decided_brings_its_settings() {
    for (kind, best_by, loss) in [
        (TaskKind::Regress, Metric::Rmse, Some(RegressionLoss::Squared)),
        (TaskKind::Classify, Metric::Accuracy, None),
    ] {
        let mut config = check(&[]).expect("good");
        config.decide_task(kind).expect("it fits");
        assert_eq!(config.task_kind(), Some(kind));
        assert_eq!((config.train.best_by(), config.train.loss), (best_by, loss));
        // The same as with the task in the config.
        let written = check(&[&format!("task.kind={}", kind.name())]);
        assert_eq!(written, Ok(config));
    }
    let mut config = check(&["train.best_by=r2"]).expect("a table may have it");
    let before = config.clone();
    assert!(config.decide_task(TaskKind::Classify).is_err());
    assert_eq!(config, before);
    config.decide_task(TaskKind::Regress).expect("it fits");
    assert_eq!(config.train.best_by(), Metric::R2);
    let mut config = check(&["train.label_smoothing=0.1"]).expect("a table may have it");
    let diagnostics = config.decide_task(TaskKind::Regress).expect_err("no classes").to_string();
    assert!(diagnostics.contains("`train.label_smoothing` is for classification"), "{diagnostics}");
}

#[test]
fn settings_that_contradict_each_other_are_told() {
    for (overrides, words) in [
        (&["data.train=a.csv"][..], "`data.path` is given together with"),
        (&["data.test=a.csv"], "train = \"train.csv\" and test = \"test.csv\""),
        (&["data.path=\"\""], "the path of a file"),
        (&["data.test_fraction=0.0"], "above 0 and below 1"),
        (&["data.test_fraction=1.0"], "above 0 and below 1"),
        (&["data.target=\"\""], "the name of a column"),
        (&["data.columns=[]"], "names no column to learn from"),
        (&["data.columns=[\"a\", \"a\"]"], "names \"a\" twice"),
        (&["data.ignore=[\"a\", \"b\", \"a\"]"], "names \"a\" twice"),
        (&["data.columns=[\"a\", \"price\"]"], "which is the target"),
        (&["data.ignore=[\"price\"]"], "which is the target"),
        (&["data.categories=[\"price\"]"], "[task] kind = \"classify\""),
        (&["data.columns=[\"a\"]", "data.ignore=[\"a\"]"], "both name \"a\""),
        (&["data.categories=[\"a\"]", "data.ignore=[\"a\"]"], "both name \"a\""),
        (&["data.columns=[\"a\"]", "data.categories=[\"b\"]"], "which is not in `data.columns`"),
        (&["data.missing=drop"], "most-frequent"),
        (&["augment.flip=0.5"], "[augment] changes images"),
        (&["data.mean=[0.5]"], "`data.mean` is for images"),
        (&["data.size=28"], "is not a key of [data] with kind = \"csv\""),
        (&["model.kind=lenet"], "kind = \"mlp\" takes rows of a table"),
        (&["model.kind=cnn", "model.widths=[8]"], "\"cnn\", which takes images"),
        (&["model.kind=resnet", "model.widths=[8]", "model.depths=[1]"], "\"resnet\""),
        (&["model.kind=mlp-gan", "model.latent=4"], "\"mlp-gan\", which takes images"),
        (&["model.embedding=0"], "1 to 4096"),
        (&["model.embedding=4097"], "1 to 4096"),
        (&["task.kind=generate"], "kind = \"classify\" or kind = \"regress\""),
        (&["task.kind=classify", "train.loss=huber"], "the task is \"classify\""),
        (&["task.kind=classify", "train.best_by=rmse"], "\"accuracy\" and \"loss\" fit"),
        (&["task.kind=regress", "train.best_by=accuracy"], "\"rmse\", \"mae\", \"r2\""),
        (&["train.best_by=distance"], "this network is none"),
        (&["task.kind=regress", "train.label_smoothing=0.1"], "is for classification"),
        (&["task.kind=regress", "train.class_weights=balanced"], "is for classification"),
        (&["train.early_stop.patience=2"], "`data.valid_samples` is 0"),
    ] {
        let told = told(overrides);
        assert!(told.contains(words), "{overrides:?}: {told}");
    }
    for (from, to, words) in [
        ("path = \"table.csv\"\n", "", "`data.path` is missing"),
        ("path = \"table.csv\"", "train = \"a.csv\"", "goes with `data.test`"),
        ("path = \"table.csv\"", "test = \"a.csv\"", "goes with `data.train`"),
        ("target = \"price\"\n", "", "as target = \"price\""),
    ] {
        let diagnostics =
            RawConfig::parse("try.toml", TABLE.replace(from, to)).and_then(|raw| raw.check());
        let diagnostics = diagnostics.expect_err("a fault").0;
        let told = format!("{} {}", diagnostics[0], diagnostics[0].help_text().unwrap_or_default());
        assert!(diagnostics.len() == 1 && told.contains(words), "{told}");
    }
    for setting in ["test_fraction = 0.3", "split_seed = 3"] {
        let text = two_files().replace("target", &format!("{setting}\ntarget"));
        let diagnostics = RawConfig::parse("two.toml", text).and_then(|raw| raw.check());
        let diagnostics = diagnostics.expect_err("there is a test part").to_string();
        assert!(diagnostics.contains("is for one file"), "{diagnostics}");
    }
}

#[test]
fn images_have_no_embedding_and_predict_no_number() {
    let images = TABLE.replace("\"csv\"\npath = \"table.csv\"\ntarget = \"price\"", "\"mnist\"");
    for (setting, words) in [
        ("model.embedding=8", "categories of a table"),
        ("train.loss=squared", "the task is \"classify\""),
        ("train.best_by=r2", "\"accuracy\" and \"loss\" fit"),
    ] {
        let raw = RawConfig::parse("try.toml", images.clone());
        let diagnostics = raw.and_then(|raw| raw.with_overrides(&[setting])?.check());
        let diagnostics = diagnostics.expect_err("a fault").to_string();
        assert!(diagnostics.contains(words), "{diagnostics}");
    }
}
