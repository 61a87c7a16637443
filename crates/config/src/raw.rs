//! Settings as the user typed them: from a text and overrides to a checked config.

use std::path::{Path, PathBuf};

use toml::Value;

use crate::check::Checks;
use crate::config::Config;
use crate::fault::{Fault, Faults, Source, nearest, reason};
use crate::gather::Sections;
use crate::read::Reader;
use crate::tree::Node;

/// The settings as the user typed them, with the place of each.
#[derive(Clone, Debug)]
pub struct RawConfig(Node);

impl RawConfig {
    /// Reads a file. A missing one is a fault that names its nearest neighbour.
    pub fn read(path: &Path) -> Result<Self, Faults> {
        let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
        let text = String::from_utf8(bytes).map_err(|error| not_text(path, error.as_bytes()))?;
        Self::parse(&path.display().to_string(), text)
    }

    /// Reads a text; `name` is what faults call it.
    pub fn parse(name: &str, text: String) -> Result<Self, Faults> {
        Ok(Self(Node::parse(Source { name: name.into(), text })?))
    }

    /// Puts overrides `key=value` over what is there, the later over the earlier.
    pub fn with_overrides<S: AsRef<str>>(mut self, overrides: &[S]) -> Result<Self, Faults> {
        for (place, text) in overrides.iter().enumerate() {
            let node = Node::parse_override(text.as_ref()).map_err(|fault| {
                let next = overrides[place + 1..].iter().map(AsRef::as_ref);
                match in_one_word(text.as_ref(), next) {
                    Some(word) => fault.help(format!("write it without spaces: {word}")),
                    None => fault,
                }
            })?;
            self.0.merge(node);
        }
        Ok(self)
    }

    /// Checks every section, key, type, range and contradiction, and names all faults at once.
    pub fn check(&self) -> Result<Config, Faults> {
        let mut reader = Reader::new(&self.0);
        let sections = Sections::read(&mut reader);
        let mut checks = Checks::new(&self.0);
        checks.all(&sections);
        let faults: Vec<_> = reader.into_faults().into_iter().chain(checks.faults).collect();
        match sections.into_config() {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(Faults(faults)),
        }
    }

    /// The resolved settings as TOML, each with a comment that says where its value came from.
    pub fn explain(&self, config: &Config) -> String {
        config.to_text(|path| match self.0.find(path) {
            Some(node) => Some(node.place.to_string()),
            None => Some("default".into()),
        })
    }

    /// Whether `config`, made from these settings, may go on with a run that was trained as
    /// `stored`: only keys whose change contradicts nothing that the run holds may differ.
    pub fn check_resume(&self, config: &Config, stored: &Config) -> Result<(), Faults> {
        let (new, old) = (config.flatten(), stored.flatten());
        let keys = new.keys().chain(old.keys().filter(|key| !new.contains_key(*key)));
        let faults: Vec<_> = keys
            .filter(|key| new.get(*key) != old.get(*key))
            .filter(|key| {
                !RESUME_MAY_CHANGE
                    .iter()
                    .any(|free| key == free || key.starts_with(&format!("{free}.")))
            })
            .map(|key| {
                let show = |value: Option<&Value>| value.map_or("absent".into(), Value::to_string);
                let message = format!(
                    "a resumed run cannot change `{key}` from {} to {}",
                    show(old.get(key)),
                    show(new.get(key)),
                );
                Fault::new(message)
                    .at(Some(&self.0.place_of(key)))
                    .help(
                        "go on with what it has, or begin a run anew; train.epochs and how often things \
                         are done may change",
                    )
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
    }
}

/// The keys that a resumed run may change. Data and judges may have moved; their checksums say whether
/// they are the same.
const RESUME_MAY_CHANGE: [&str; 15] = [
    "data.path",
    "data.train_images",
    "data.train_labels",
    "data.test_images",
    "data.test_labels",
    "train.epochs",
    "train.evaluate_every",
    "train.checkpoint_every",
    "train.log_every",
    "train.keep_last",
    "train.early_stop",
    "run.threads",
    "run.precision",
    "run.report",
    "evaluate.classifier",
];

/// Why there is no text to read, and what was probably meant.
fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    let name = path.display();
    if path.join("config.toml").is_file() {
        let help = format!("`hearth train --run {name} --resume` goes on with it");
        return Fault::new(format!("{name} is the folder of a run, and no config")).help(help);
    }
    if path.is_dir() {
        let help = "name a TOML file; for a folder of pictures, `hearth init FOLDER` writes one";
        return Fault::new(format!("{name} is a folder, and no config")).help(help);
    }
    let near = neighbour(path).filter(|_| error.kind() == std::io::ErrorKind::NotFound);
    let help = match near {
        Some(near) => format!("did you mean `{}`?", near.display()),
        None => "a config is a TOML file, such as configs/mlp.toml".to_owned(),
    };
    Fault::new(format!("cannot read {name}: {}", reason(error))).help(help)
}

/// What bytes are that are no text in UTF-8.
fn not_text(path: &Path, bytes: &[u8]) -> Fault {
    let (what, help) = match bytes {
        // The mark that editors of Windows begin with.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => ("is written in UTF-16", "save it as UTF-8"),
        bytes if bytes.contains(&0) => {
            ("is no text", "a config is a TOML file, such as configs/mlp.toml")
        }
        _ => ("has letters that are not UTF-8", "save it as UTF-8"),
    };
    Fault::new(format!("{} {what}", path.display())).help(help)
}

/// `train.epochs=3`, where it was typed as `train.epochs = 3` or `train.epochs 3`.
fn in_one_word<'a>(text: &str, mut next: impl Iterator<Item = &'a str>) -> Option<String> {
    let value = match (text.split_once('='), next.next()?) {
        (None, "=") => next.next()?,
        (None, word) => word.strip_prefix('=').unwrap_or(word),
        (Some((_, "")), word) => word,
        (Some(_), _) => return None,
    };
    let is_key = text.contains('.') && !text.contains(['/', '\\']);
    (is_key && !value.contains('=')).then(|| format!("{}={value}", text.trim_end_matches('=')))
}

/// The config whose name is most like that of `path`, with or without its end: beside it, or in `configs/`.
fn neighbour(path: &Path) -> Option<PathBuf> {
    let wanted = path.file_name()?.to_str()?;
    let is_whole = path.extension().is_some_and(|end| end == "toml");
    let whole = if is_whole { wanted.to_owned() } else { format!("{wanted}.toml") };
    [path.parent()?, Path::new("configs")].into_iter().find_map(|folder| {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let names: Vec<String> = std::fs::read_dir(here)
            .ok()?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| Path::new(name).extension().is_some_and(|end| end == "toml"))
            .collect();
        nearest(&whole, names.iter().map(String::as_str)).map(|name| folder.join(name))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    fn check(text: &str, overrides: &[&str]) -> Result<Config, Faults> {
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
        // On the command line it is still a fault, and so it is in the file alone.
        assert!(check(&text, &["optimizer.kind=adam", "optimizer.momentum=0.9"]).is_err());
        assert!(check(&text.replace("sgd", "adam"), &[]).is_err());
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let faults = check(MINIMAL, &["train.epochs=0", "model.hiden=[1]", "data.batch_size=-1"])
            .expect_err("three faults");
        assert_eq!(faults.0.len(), 3, "{faults}");
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
        for (change, key) in [
            ("run.seed=7", "run.seed"),
            ("model.hidden=[33]", "model.hidden"),
            ("augment.flip=0.5", "augment.flip"),
            ("optimizer.learning_rate=0.2", "optimizer.learning_rate"),
        ] {
            let faults = resume(&[change]).expect_err(change);
            assert!(faults.to_string().contains(key), "{faults}");
        }
    }

    #[test]
    fn the_schema_knows_every_section() {
        let schema = crate::schema();
        for section in crate::gather::SECTIONS {
            assert!(schema["properties"][section].is_object(), "{section}");
        }
    }

    impl PartialEq for Faults {
        fn eq(&self, other: &Self) -> bool {
            self.to_string() == other.to_string()
        }
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
}
