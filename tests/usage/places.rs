//! Working directories and command lines of users: runs from other folders, commands copied from messages, other
//! spellings of numbers and names.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{difference, fail, hearth, json, metrics, succeed, test_images, words};

/// A small classifier of the images in `images`.
const CONFIG: &str = r#"format = 1
[run]
name = "w"
report = false
[data]
kind = "image-folder"
path = "images"
size = 12
color = "grey"
batch_size = 16
valid_samples = 20
[model]
kind = "mlp"
hidden = [16]
[optimizer]
kind = "adam"
learning_rate = 0.01
[train]
epochs = 2
"#;

/// A folder with a config and, beside it, images of ten classes.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("w.toml"), CONFIG).unwrap();
    let (files, labels) = test_images(place.path(), 200);
    for (file, label) in files.iter().zip(labels) {
        let class = place.path().join("images").join(format!("class {label}"));
        fs::create_dir_all(&class).unwrap();
        fs::rename(file, class.join(file.file_name().unwrap())).unwrap();
    }
    place
}

fn at(place: &Path, line: &str) -> Command {
    let mut command = hearth(words(line));
    command.current_dir(place);
    command
}

/// The text without line breaks.
fn flat(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The command after this phrase of a message, as a shell runs it.
fn advice(said: &str, words: &str, place: &Path) -> Command {
    let line = said.lines().find_map(|line| line.split(words).nth(1)).expect(said);
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(place);
    command
}

#[test]
fn a_run_is_used_from_any_working_directory() {
    let place = place();
    let elsewhere = tempfile::tempdir().unwrap();
    let config = place.path().join("w.toml");
    // Not in the working directory, and so relative to the config's folder.
    let mut train = at(elsewhere.path(), "train --run run");
    let done = succeed(train.arg(&config));
    assert!(flat(&done.err).contains(&place.path().join("images").display().to_string()));
    let run = elsewhere.path().join("run");
    let stored = fs::read_to_string(run.join("config.toml")).unwrap();
    let images = place.path().canonicalize().unwrap().join("images");
    assert!(stored.contains(&format!("path = \"{}\"", images.display())), "{stored}");
    for folder in [Path::new("/"), place.path()] {
        assert_eq!(json(at(folder, "eval --json").arg(&run))["samples"], 40);
    }
    succeed(at(Path::new("/"), "train --resume train.epochs=3 --run").arg(&run));

    let done = fail(&mut at(place.path(), "train w.toml data.path=nowhere --run never"), 3);
    let whole = place.path().join("nowhere").display().to_string();
    assert!(flat(&done.err).contains(&whole), "{}", done.err);
}

#[test]
fn what_is_printed_runs_as_printed() {
    let place = place();
    let mut train = at(place.path(), "train w.toml train.epochs=40 --time 1ms --run");
    let done = succeed(train.arg("my run"));
    let mut again = at(place.path(), "train --resume --time 1ns --run");
    let none = succeed(again.arg("my run"));
    assert!(none.out.contains("no step was made within the time limit"), "{}", none.out);
    succeed(&mut advice(&done.err, "resume with: ", place.path()));
    succeed(&mut at(place.path(), "train w.toml train.epochs=40 --run whole"));
    assert_eq!(difference(&place.path().join("my run"), &place.path().join("whole")), None);

    let stop = "train w.toml train.epochs=60 train.early_stop.patience=1 --run stopped";
    let done = succeed(&mut at(place.path(), stop));
    assert!(done.err.contains("stopped early"), "{}", done.err);
    let none = succeed(&mut at(place.path(), "train --resume --run stopped"));
    assert!(none.out.contains("nothing was trained: it had stopped early"), "{}", none.out);
    let before = metrics(&place.path().join("stopped")).len();
    succeed(&mut advice(&done.err, "resume with: ", place.path()));
    assert!(metrics(&place.path().join("stopped")).len() > before, "it went on");
}

#[test]
fn a_tie_in_accuracy_is_broken_by_the_loss() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // Ten validation images: accuracies are tenths.
    let line = "train configs/mlp-nano.toml data.valid_samples=10 train.epochs=12 --run";
    succeed(hearth(words(line)).arg(&run));
    let lines = metrics(&run).into_iter().filter(|line| line["kind"] == "valid");
    // Correct images of ten, loss and step.
    let results: Vec<(u64, f64, u64)> = lines
        .map(|line| {
            let number = |name: &str| line[name].as_f64().unwrap();
            let correct = (number("accuracy") * 10.0).round() as u64;
            (correct, number("loss"), line["step"].as_u64().unwrap())
        })
        .collect();
    let best = results.iter().copied().reduce(|best, next| {
        let better = next.0 > best.0 || (next.0 == best.0 && next.1 < best.1);
        if better { next } else { best }
    });
    let (correct, _, step) = best.unwrap();
    let first = results.iter().find(|result| result.0 == correct).unwrap();
    assert_ne!(first.2, step, "the first of the best has not the lowest loss: {results:?}");
    let stored = fs::read_to_string(run.join("best.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&stored).unwrap()["step"], step, "{results:?}");
}

#[test]
fn numbers_and_names_are_read_as_users_write_them() {
    let place = place();
    let plain = "train w.toml optimizer.learning_rate=0.1 --run plain";
    succeed(&mut at(place.path(), plain));
    succeed(&mut at(place.path(), "train w.toml optimizer.learning_rate=.1 --run short"));
    assert_eq!(difference(&place.path().join("plain"), &place.path().join("short")), None);

    let weight = |name: &str| {
        let mut train = at(place.path(), "train w.toml train.epochs=1 --run");
        train.arg(name.replace(' ', "-")).arg(format!("train.class_weights.\"{name}\"=2"));
        train
    };
    succeed(&mut weight("class 3"));
    let done = fail(&mut weight("klass 3"), 2);
    assert!(flat(&done.err).contains("did you mean `class 3`?"), "{}", done.err);

    // A file is asked for, and a file is written.
    succeed(&mut at(place.path(), "export plain --format onnx --out model.onnx"));
    assert!(place.path().join("model.onnx").is_file());
}

#[test]
fn init_writes_what_it_reads_whatever_a_folder_is_called() {
    let place = place();
    for name in ["cafe\u{301}", "a \"b\"", "back\\slash", "\u{1F35E} bread", "it's", "tab\there"] {
        fs::rename(place.path().join("images"), place.path().join(name)).unwrap();
        let out = place.path().join("new.toml");
        succeed(at(place.path(), "init --out new.toml").arg(name));
        succeed(at(place.path(), "train --dry-run").arg(&out));
        fs::remove_file(out).unwrap();
        fs::rename(place.path().join(name), place.path().join("images")).unwrap();
    }
}
