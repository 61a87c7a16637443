//! Training on folders of images in common layouts.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{difference, fail, hearth, json, metrics, succeed, test_images};

mod generators;

/// Labels of the small set, with the names of their classes here.
const CLASSES: [(u8, &str); 3] = [(1, "trouser"), (8, "bag"), (9, "boot")];

const CONFIG: &str = r#"format = 1
[run]
name = "w"
[data]
kind = "image-folder"
path = "w"
size = 12
batch_size = 16
valid_samples = 9
[model]
kind = "mlp"
hidden = [16]
[optimizer]
kind = "adam"
learning_rate = 0.003
[train]
epochs = 2
"#;

/// A folder with a config for the data in `w`.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("w.toml"), CONFIG).unwrap();
    fs::write(place.path().join("g.toml"), generators::CONFIG).unwrap();
    place
}

/// Writes images number `from` to `to` of each class into a folder of its name.
fn part(folder: &Path, from: usize, to: usize) {
    let source = tempfile::tempdir().unwrap();
    let (files, labels) = test_images(source.path(), 400);
    for (label, class) in CLASSES {
        let class = folder.join(class);
        fs::create_dir_all(&class).unwrap();
        let own = files.iter().zip(&labels).filter(|(_, own)| **own == label);
        for (file, _) in own.skip(from).take(to - from) {
            fs::copy(file, class.join(file.file_name().unwrap())).unwrap();
        }
    }
}

fn at(place: &Path, line: &str) -> Command {
    let mut command = hearth(line.split_whitespace());
    command.current_dir(place);
    command
}

/// A run's description of its data.
fn dataset(run: &Path) -> Value {
    let text = fs::read_to_string(run.join("run.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["dataset"].take()
}

/// The text without line breaks.
fn flat(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of the table of classes at the start of training.
fn rows(said: &str) -> Vec<Vec<&str>> {
    let lines = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut lines = lines.skip_while(|line| *line != ["class", "train", "valid", "test"]);
    lines.next();
    lines.take_while(|line| !line.is_empty()).collect()
}

#[test]
fn parts_by_other_names_are_parts() {
    let place = place();
    part(&place.path().join("w/Training"), 0, 20);
    part(&place.path().join("w/Testing"), 20, 25);
    let done = succeed(&mut at(place.path(), "train w.toml data.valid_samples=10 --run run"));
    let wanted = "/w: train in Training/, test in Testing/; valid cut from train";
    assert!(done.err.contains(wanted), "{}", done.err);
    // Ten of three classes: one of them gives one more.
    assert_eq!(rows(&done.err)[0], ["bag", "16", "4", "5"], "{}", done.err);
    assert_eq!(rows(&done.err)[2], ["trouser", "17", "3", "5"]);
    let dataset = dataset(&place.path().join("run"));
    assert_eq!(dataset["classes"], serde_json::json!(["bag", "boot", "trouser"]));
    let report = json(&mut at(place.path(), "eval run --json"));
    assert_eq!(report["samples"], 15);

    // The same by the names of before: the same data, and the same numbers.
    for (from, to) in [("Training", "train"), ("Testing", "test")] {
        fs::rename(place.path().join("w").join(from), place.path().join("w").join(to)).unwrap();
    }
    succeed(&mut at(place.path(), "train w.toml data.valid_samples=10 --run again"));
    assert_eq!(difference(&place.path().join("run"), &place.path().join("again")), None);
}

#[test]
fn a_validation_part_is_the_validation_set() {
    let place = place();
    for (name, from, to) in [("train", 0, 20), ("val", 20, 24), ("test", 24, 29)] {
        part(&place.path().join("w").join(name), from, to);
    }
    let run = place.path().join("run");
    let done = succeed(&mut at(place.path(), "train w.toml --run run"));
    assert!(
        done.err.contains("/w: train in train/, valid in val/, test in test/\n"),
        "{}",
        done.err
    );
    assert!(done.err.contains("20 + 4 + 5 of each class: bag, boot, trouser"), "{}", done.err);
    assert!(done.err.contains("data.valid_samples = 9 is not used"), "{}", done.err);
    let seen = dataset(&run);
    assert_eq!(seen["samples"], serde_json::json!([60, 12, 15]));
    let parts: Vec<_> = seen["checksums"].as_object().unwrap().keys().collect();
    assert_eq!(parts, ["test", "train", "valid"]);
    let report = json(&mut at(place.path(), "eval run --split valid --json"));
    assert_eq!(report["samples"], 12);
    succeed(&mut at(place.path(), "train --run run --resume train.epochs=3"));
    assert_eq!(metrics(&run).iter().filter(|line| line["kind"] == "valid").count(), 3);
    // `init` and `data check` read the folder as `train` does.
    succeed(&mut at(place.path(), "init w --out own.toml"));
    let done = succeed(&mut at(place.path(), "train own.toml --dry-run"));
    assert!(done.err.contains("60 training, 12 validation and 15 test"), "{}", done.err);
    let leak = place.path().join("w/val/bag").read_dir().unwrap().next().unwrap().unwrap().path();
    fs::copy(&leak, place.path().join("w/test/bag/again.png")).unwrap();
    let done = fail(&mut at(place.path(), "data check w"), 1);
    assert!(done.out.contains("the same image in several parts"), "{}", done.out);
    // Training does not need validation images of every class.
    fs::remove_dir_all(place.path().join("w/val/boot")).unwrap();
    fs::create_dir(place.path().join("w/val/boot")).unwrap();
    let done = fail(&mut at(place.path(), "data check w"), 1);
    assert!(done.out.contains("class boot has no image in the valid set"), "{}", done.out);
    succeed(&mut at(place.path(), "init w --out other.toml"));
    let done = succeed(&mut at(place.path(), "train other.toml --dry-run"));
    assert_eq!(rows(&done.err)[1], ["boot", "20", "0", "5"], "{}", done.err);
    // Nothing needs to be cut: early stopping and a sweep have their validation set.
    let cut = "data.valid_samples=0";
    succeed(&mut at(
        place.path(),
        &format!("train w.toml {cut} train.early_stop.patience=1 --run s"),
    ));
    succeed(&mut at(place.path(), &format!("sweep w.toml {cut} run.seed=1,2 --out sweep")));
    fs::remove_dir_all(place.path().join("w/val")).unwrap();
    let words = format!("train w.toml {cut} train.early_stop.patience=1 --run s2");
    assert!(flat(&fail(&mut at(place.path(), &words), 2).err).contains("add a folder valid/"));
}

#[test]
fn a_class_may_be_called_train() {
    let place = place();
    part(&place.path().join("w"), 0, 20);
    fs::rename(place.path().join("w/bag"), place.path().join("w/train")).unwrap();
    let done = succeed(&mut at(place.path(), "train w.toml --run run"));
    assert!(done.err.contains("of each class: boot, train, trouser"), "{}", done.err);
    assert!(
        done.err.contains("train/ counts as a class, beside boot/ and trouser/"),
        "{}",
        done.err
    );
    // A class folder may have subfolders.
    for name in ["old", "new"] {
        fs::create_dir(place.path().join("w/train").join(name)).unwrap();
    }
    for (index, entry) in fs::read_dir(place.path().join("w/train")).unwrap().enumerate() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let folder = path.with_file_name(["old", "new"][index % 2]);
            fs::rename(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    succeed(&mut at(place.path(), "train w.toml --run nested"));
    let classes = |run: &str| dataset(&place.path().join(run))["classes"].take();
    assert_eq!(classes("nested"), classes("run"));
    // With parts as well the layout is ambiguous, and an error.
    part(&place.path().join("w/test"), 20, 25);
    let done = fail(&mut at(place.path(), "train w.toml --run two"), 3);
    assert!(
        flat(&done.err).contains("or a class?") && !place.path().join("two").exists(),
        "{}",
        done.err
    );
}

#[test]
fn runs_in_a_folder_of_pictures_are_no_class() {
    let place = place();
    let own = place.path().join("w");
    part(&own, 0, 20);
    succeed(&mut at(&own, "init ."));
    let train = "train w.toml train.epochs=1";
    succeed(&mut at(&own, train));
    // A generator's run holds images.
    fs::copy(place.path().join("g.toml"), own.join("g.toml")).unwrap();
    let classifier =
        "train w.toml data.size=28 data.color=grey train.epochs=1 --run boot/classifier";
    succeed(&mut at(&own, classifier));
    let generator =
        "train g.toml data.path=\".\" train.epochs=1 evaluate.classifier=boot/classifier";
    let done = succeed(&mut at(&own, generator));
    assert!(done.err.contains("left out, written by Hearth"), "{}", done.err);
    assert!(own.join("runs/g-001/samples").exists());
    let done = succeed(&mut at(&own, train));
    assert!(done.err.contains("/runs: left out, written by Hearth"), "{}", done.err);
    assert_eq!(difference(&own.join("runs/w-001"), &own.join("runs/w-002")), None);
    let done = succeed(&mut at(&own, "eval runs/w-001"));
    assert!(!done.err.contains("not the data"), "{}", done.err);
    let report = json(&mut at(&own, "eval runs/w-001 --json"));
    assert_eq!(report["per_class"].as_array().unwrap().len(), 3);
    let done = fail(&mut at(&own, "train w.toml data.path=runs --run never"), 3);
    assert!(done.err.contains("written by Hearth"), "{}", done.err);
}

#[test]
fn a_rare_class_is_trained_on_or_the_user_is_told() {
    let place = place();
    part(&place.path().join("w"), 0, 10);
    let boots: Vec<_> = fs::read_dir(place.path().join("w/boot")).unwrap().collect();
    for boot in boots.into_iter().skip(1) {
        fs::remove_file(boot.unwrap().path()).unwrap();
    }
    let done = succeed(&mut at(place.path(), "train w.toml --run run"));
    assert_eq!(rows(&done.err)[1], ["boot", "1", "0", "0"], "{}", done.err);
    assert!(!done.err.contains("no training image"), "{}", done.err);
    let words = "train w.toml data.valid_samples=2 data.limit_train=0.2 --run limited";
    let done = succeed(&mut at(place.path(), words));
    assert_eq!(rows(&done.err)[1][..2], ["boot", "1"], "{}", done.err);
    let words = "train w.toml data.valid_samples=2 data.limit_train=0.1 --run few";
    let done = succeed(&mut at(place.path(), words));
    let wanted =
        "warning: 1 of 3 classes have no training image, for data.limit_train leaves 2 images";
    assert!(done.err.contains(wanted), "{}", done.err);
}

#[test]
fn the_parts_of_two_systems_have_one_name() {
    let place = place();
    for (name, from, to) in [("train", 0, 15), ("test", 15, 20)] {
        part(&place.path().join("w").join(name), from, to);
    }
    let name = |part: &str, class: &str| place.path().join("w").join(part).join(class);
    fs::rename(name("train", "bag"), name("train", "b\u{e2}g")).unwrap();
    fs::rename(name("test", "bag"), name("test", "ba\u{302}g")).unwrap();
    succeed(&mut at(place.path(), "train w.toml --run run"));
    let classes = serde_json::json!(["boot", "b\u{e2}g", "trouser"]);
    assert_eq!(dataset(&place.path().join("run"))["classes"], classes);
    // The same folder on the other system.
    fs::rename(name("train", "b\u{e2}g"), name("train", "ba\u{302}g")).unwrap();
    let done = succeed(&mut at(place.path(), "eval run"));
    assert!(!done.err.contains("not the data"), "{}", done.err);
}
