//! Frequent mistakes of users, with real files and the real program. Each message has at most six lines with the place
//! and the remedy; the exit codes are those of the README.
//!
//! The mistakes are common in issue trackers and forums of other trainers.

mod command_line;
mod config;
mod data;
mod idx;
mod place;
mod runs;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::skip::skip;
use crate::support::{Done, copy, hearth, root, run, succeed, words};

/// Maximum number of lines of a message.
const LINES: usize = 6;

/// The longest line of a message, in letters.
const WIDTH: usize = 100;

/// A mistake and its expected message.
pub struct Mistake {
    name: &'static str,
    /// The arguments of `hearth`.
    command: &'static str,
    /// The exit code.
    code: i32,
    /// The file, key or argument in the message.
    place: &'static str,
    /// The remedy in the message.
    remedy: &'static str,
    /// Sets up the folder before the command.
    make: fn(&Path),
    /// True if the numbers of the message depend on the machine.
    numbers_vary: bool,
}

/// A mistake of the command line, without further files.
const fn mistake(
    name: &'static str,
    command: &'static str,
    code: i32,
    place: &'static str,
    remedy: &'static str,
) -> Mistake {
    Mistake { name, command, code, place, remedy, make: |_| (), numbers_vary: false }
}

impl Mistake {
    /// Adds a set-up of the folder.
    const fn having(mut self, make: fn(&Path)) -> Self {
        self.make = make;
        self
    }

    const fn whose_numbers_vary(mut self) -> Self {
        self.numbers_vary = true;
        self
    }

    /// Runs the command.
    fn make(&self, folder: &Path) -> Done {
        (self.make)(folder);
        let mut command = hearth(words(self.command));
        command.current_dir(folder).env("HEARTH_DATASETS", root().join("datasets"));
        // The program's name in commands to copy.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, "hearth");
        // No other programs, no network and no other data.
        command.env("PATH", "/nonexistent").env("HTTPS_PROXY", "http://127.0.0.1:9");
        command.env_remove("NO_PROXY").env_remove("no_proxy");
        run(&mut command)
    }

    /// The message for the snapshot, without paths and numbers of this machine.
    fn told(&self, done: &Done, folder: &Path) -> String {
        let root = root().canonicalize().unwrap();
        let paths = [(folder, "[here]"), (crate::support::root(), "[hearth]"), (&root, "[hearth]")];
        let text = paths.iter().fold(done.err.clone(), |text, (path, name)| {
            text.replace(&path.display().to_string(), name)
        });
        // Output before the error is not part of the message.
        let text = text.find("  × ").map_or(text.as_str(), |start| &text[start..]);
        // Line breaks depend on the length of these paths.
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = if text.contains("[he") { &flat } else { text };
        if !self.numbers_vary {
            return text.trim_end().to_owned();
        }
        let mut masked = String::new();
        for letter in flat.chars() {
            match letter {
                '0'..='9' if masked.ends_with('N') => {}
                '0'..='9' => masked.push('N'),
                other => masked.push(other),
            }
        }
        // Lines are broken anew: where they were depends on how long these numbers are.
        let (mut told, mut width) = ("  ×".to_owned(), 3);
        for word in masked.split_whitespace().skip(1) {
            let letters = word.chars().count();
            if width + 1 + letters > WIDTH {
                told.push_str("\n   ");
                width = 3;
            }
            told.push(' ');
            told.push_str(word);
            width += 1 + letters;
        }
        told
    }

    /// The expectations that the message fails.
    fn faults(&self, done: &Done, told: &str) -> Vec<&'static str> {
        // The text without line breaks.
        let flat = told.split_whitespace().collect::<Vec<_>>().join(" ");
        let before = done.err.split("  × ").next().unwrap_or_default();
        // Paths of this machine may break more lines.
        let (answer, has_paths) = (&done.err[before.len()..], told.contains("[he"));
        let has_begun = before.contains(" of memory") || before.contains("trying");
        let raw = ["panicked", "os error", "RUST_BACKTRACE"];
        [
            (done.code == Some(self.code), "another exit code"),
            (!raw.iter().any(|word| done.err.contains(word)), "not in our words"),
            (told.lines().count() <= LINES, "too many lines"),
            (
                has_paths || answer.trim_end().lines().count() <= LINES,
                "too many lines on the terminal",
            ),
            (told.matches("× ").count() == 1, "not one mistake"),
            (flat.contains(self.place), "no place"),
            (flat.contains(self.remedy), "nothing to do"),
            (before.is_empty() || has_begun, "more than the answer"),
        ]
        .into_iter()
        .filter_map(|(good, fault)| (!good).then_some(fault))
        .collect()
    }
}

/// A valid config.
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

/// A user's folder: a config, runs, an export, images and IDX files.
fn worked_in(folder: &Path) {
    let datasets = root().join("datasets");
    let at = |line: &str| {
        let mut command = hearth(words(line));
        command.current_dir(folder).env("HEARTH_DATASETS", &datasets);
        command
    };
    fs::write(folder.join("try.toml"), GOOD).unwrap();
    fs::copy(root().join("configs/gan-nano.toml"), folder.join("gan.toml")).unwrap();
    succeed(&mut at("train try.toml --run runs/mlp-001"));
    succeed(&mut at("train gan.toml --run runs/gan-001 train.epochs=1 evaluate.samples=100"));
    succeed(&mut at("export runs/mlp-001 --format safetensors --out exported"));
    copy(&datasets.join("fashion-mnist-mini"), &folder.join("idx"));
    let pictures = folder.join("pictures");
    for class in ["boot", "shirt"] {
        fs::create_dir_all(pictures.join(class)).unwrap();
        crate::support::test_images(&pictures.join(class), 10);
    }
}

/// The only checkpoint of a run.
fn checkpoint(run: &Path) -> PathBuf {
    crate::support::checkpoints(run).pop().unwrap()
}

#[test]
fn sixty_mistakes_are_told_with_their_place_and_what_to_do() {
    // A folder in which not even root can write.
    if cfg!(target_os = "linux") && !Path::new("/sys/kernel").exists() {
        return skip("there is no /sys here");
    }
    let table: [(&str, &[Mistake]); 6] = [
        ("command_line", command_line::MISTAKES),
        ("config", config::MISTAKES),
        ("data", data::MISTAKES),
        ("idx", idx::MISTAKES),
        ("place", place::MISTAKES),
        ("runs", runs::MISTAKES),
    ];
    let names: Vec<_> = table
        .iter()
        .flat_map(|(_, mistakes)| mistakes.iter().map(|mistake| mistake.name))
        .collect();
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert!(distinct.len() >= 60 && distinct.len() == names.len(), "{} mistakes", distinct.len());

    let folder = tempfile::tempdir().unwrap();
    worked_in(folder.path());
    let mut faults = String::new();
    for (subject, mistakes) in table {
        let mut seen = String::new();
        for mistake in mistakes {
            let done = mistake.make(folder.path());
            let told = mistake.told(&done, folder.path());
            let Mistake { name, command, code, .. } = mistake;
            for fault in mistake.faults(&done, &told) {
                writeln!(faults, "{name}: {fault} [{:?}]\n{}", done.code, done.err).unwrap();
            }
            writeln!(seen, "## {name}\n$ hearth {command}\n{told}\n[{code}]\n").unwrap();
        }
        insta::assert_snapshot!(subject, seen);
    }
    assert!(faults.is_empty(), "{faults}");
}
