//! `hearth data` and `hearth init`: missing, damaged and users' own data.

use std::fs;
use std::path::Path;

use crate::support::{fail, hearth, json, root, succeed, test_images};

#[test]
fn list_and_verify_name_the_sets() {
    let done = succeed(&mut hearth(["data", "list"]));
    for name in ["fashion-mnist", "fashion-mnist-mini", "mnist", "bible-es"] {
        assert!(done.out.contains(name), "{}", done.out);
    }
    let done = succeed(&mut hearth(["data", "verify", "fashion-mnist-mini"]));
    assert!(done.out.contains("train-images-idx3-ubyte"), "{}", done.out);
    let done = fail(&mut hearth(["data", "verify", "fashon-mnist"]), 2);
    assert!(done.err.contains("fashion-mnist"), "{}", done.err);
}

#[test]
fn a_damaged_dataset_is_named_and_not_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("fashion-mnist-mini");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(root().join("datasets/fashion-mnist-mini")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
    }
    let file = copy.join("t10k-labels-idx1-ubyte.gz");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let run = folder.path().join("run");
    let mut command = hearth(["train", "configs/mlp-nano.toml", "--datasets"]);
    let done = fail(command.arg(folder.path()).arg("--run").arg(&run), 3);
    assert!(done.err.contains("t10k-labels"), "{}", done.err);
    assert!(!run.exists(), "nothing was begun");
}

/// Two classes: boots and everything else, from the small set.
fn own_pictures(folder: &Path) {
    let source = tempfile::tempdir().unwrap();
    let (files, labels) = test_images(source.path(), 300);
    for (file, label) in files.iter().zip(labels) {
        let class = folder.join(if label == 9 { "boot" } else { "other" });
        fs::create_dir_all(&class).unwrap();
        fs::rename(file, class.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_folder_of_ones_own_pictures_is_trained_on_in_two_commands() {
    let place = tempfile::tempdir().unwrap();
    own_pictures(&place.path().join("shoes"));
    fs::write(place.path().join("shoes/boot/broken.png"), "no picture").unwrap();
    let at = |words: &[&str]| {
        let mut command = hearth(words);
        command.current_dir(place.path());
        command
    };
    succeed(&mut at(&["init", "shoes"]));
    let done = fail(&mut at(&["init", "shoes"]), 2);
    assert!(done.err.contains("shoes.toml"), "it is not overwritten: {}", done.err);
    let mut train = at(&["train", "shoes.toml", "train.epochs=6", "--json", "--run", "run"]);
    let done = succeed(&mut train);
    assert!(done.err.contains("broken.png"), "{}", done.err);
    let summary: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert!(summary["test"]["accuracy"].as_f64().unwrap() > 0.9, "{summary}");
    let strict = ["train", "shoes.toml", "data.on_broken=fail", "--run", "strict"];
    let done = fail(&mut at(&strict), 3);
    assert!(done.err.contains("broken.png"), "{}", done.err);
    let report = json(&mut at(&["eval", "run", "--json"]));
    assert_eq!(report["per_class"][0]["class"], "boot");
    let done = fail(&mut at(&["data", "check", "shoes"]), 1);
    assert!(done.out.contains("broken.png"), "{}", done.out);
}

/// A truncated JPEG, which decoders fill with grey, is broken in every source.
#[test]
fn images_that_end_too_early_are_broken() {
    let place = tempfile::tempdir().unwrap();
    let shoes = place.path().join("shoes");
    own_pictures(&shoes);
    let at = |words: &[&str]| {
        let mut command = hearth(words);
        command.current_dir(place.path());
        command
    };
    succeed(&mut at(&["init", "shoes"]));
    let train = |run: &str, on_broken: &str| {
        let on_broken = format!("data.on_broken={on_broken}");
        at(&["train", "shoes.toml", "train.epochs=1", "--run", run, &on_broken])
    };
    let samples = |run: &str| {
        let info = fs::read_to_string(place.path().join(run).join("run.json")).unwrap();
        let info: serde_json::Value = serde_json::from_str(&info).unwrap();
        let parts = info["dataset"]["samples"].as_array().unwrap();
        parts.iter().map(|part| part.as_u64().unwrap()).sum::<u64>()
    };
    succeed(&mut train("whole", "fail"));
    assert_eq!(samples("whole"), 300);
    for name in ["progressive.jpg", "restarts.jpg", "lossy.webp", "pages.tif", "frames.gif"] {
        let bytes = fs::read(root().join("tests/cases/images").join(name)).unwrap();
        fs::write(shoes.join("boot").join(name), &bytes[..bytes.len() * 4 / 5]).unwrap();
    }
    let done = fail(&mut at(&["data", "check", "shoes"]), 1);
    assert_eq!(done.out.matches("it ends too early").count(), 5, "{}", done.out);
    let done = succeed(&mut train("skipped", "skip"));
    assert_eq!(flat(&done.err).matches("it ends too early").count(), 5, "{}", done.err);
    assert_eq!(samples("skipped"), 300, "they were left out");
    let done = fail(&mut train("strict", "fail"), 3);
    assert!(flat(&done.err).contains("it ends too early"), "{}", done.err);
    let done = fail(&mut at(&["predict", "whole", "shoes/boot/progressive.jpg"]), 3);
    assert!(flat(&done.err).contains("it ends too early"), "{}", done.err);
}

#[test]
fn rules_of_labels_hold_for_training_alone() {
    let place = tempfile::tempdir().unwrap();
    let write = |label: fn(u16) -> u8| {
        let mut bytes = vec![0, 0, 8, 1, 0, 0, 3, 232];
        bytes.extend((0..1000).map(label));
        fs::write(place.path().join("labels"), bytes).unwrap();
    };
    let images = root().join("datasets/fashion-mnist-mini/t10k-images-idx3-ubyte.gz");
    let mut words = vec!["data.kind=idx".to_owned(), "train.epochs=1".to_owned()];
    for part in ["train", "test"] {
        words.push(format!("data.{part}_images={:?}", images.to_str().unwrap()));
        words.push(format!("data.{part}_labels={:?}", place.path().join("labels")));
    }
    let run = place.path().join("run");
    write(|n| (n % 10) as u8);
    let train = ["train", "configs/mlp-nano.toml", "--run"];
    succeed(hearth(train).arg(&run).args(&words));
    // No label is 0, as in runs of earlier versions on labels from 1.
    write(|n| 1 + (n % 9) as u8);
    let done = fail(hearth(train).arg(place.path().join("never")).args(&words), 3);
    assert!(done.err.contains("none is 0"), "{}", done.err);
    let done = succeed(hearth(["eval", "--json"]).arg(&run));
    assert!(flat(&done.err).contains("its checksums differ"), "{}", done.err);
    succeed(hearth(["export", "--format", "onnx", "--out"]).arg(place.path().join("o")).arg(&run));
}

/// The text without line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(unix)]
#[test]
fn folders_that_nothing_can_be_learned_from_say_why() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let place = tempfile::tempdir().unwrap();
    let shoes = place.path().join("shoes");
    own_pictures(&shoes);
    let at = |words: &[&str]| {
        let mut command = hearth(words);
        command.current_dir(place.path());
        command
    };
    succeed(&mut at(&["init", "shoes"]));
    let refused = || fail(&mut at(&["train", "shoes.toml", "--run", "run"]), 3).err;
    fs::create_dir(shoes.join("sandal")).unwrap();
    assert!(refused().contains("class sandal has no image to train on"), "{}", refused());
    fs::remove_dir(shoes.join("sandal")).unwrap();
    fs::create_dir(shoes.join(OsStr::from_bytes(b"sandal-\xff"))).unwrap();
    assert!(refused().contains("the name of a class must be UTF-8"), "{}", refused());
    fs::remove_dir(shoes.join(OsStr::from_bytes(b"sandal-\xff"))).unwrap();
    fs::remove_dir_all(shoes.join("other")).unwrap();
    assert!(refused().contains("it has one class folder, boot"), "{}", refused());
    assert!(!place.path().join("run").exists(), "nothing was begun");

    let odd = place.path().join(OsStr::from_bytes(b"shoes-\xff"));
    fs::rename(&shoes, &odd).unwrap();
    let done = fail(at(&["init"]).arg(&odd), 2);
    assert!(done.err.contains("not UTF-8; rename it"), "{}", done.err);
}

#[test]
fn idx_files_of_ones_own_are_trained_on() {
    let mini = root().join("datasets/fashion-mnist-mini");
    let folder = tempfile::tempdir().unwrap();
    let mut command = hearth(["train", "configs/mlp-nano.toml", "train.epochs=1", "data.kind=idx"]);
    for (key, file) in [
        ("train_images", "train-images-idx3-ubyte.gz"),
        ("train_labels", "train-labels-idx1-ubyte.gz"),
        ("test_images", "t10k-images-idx3-ubyte.gz"),
        ("test_labels", "t10k-labels-idx1-ubyte.gz"),
    ] {
        command.arg(format!("data.{key}={:?}", mini.join(file).to_str().unwrap()));
    }
    succeed(command.arg("--run").arg(folder.path().join("run")));
}
