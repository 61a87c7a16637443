//! `[model] init`: a network starts from the weights of another run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{BACKENDS, checkpoints, fail, hearth, json, metrics, root, succeed};

/// A folder with a trained run in it.
fn source(backend: &str, settings: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("source");
    let mut command = hearth(["train"]);
    succeed(command.args(settings).args(["--backend", backend, "--run"]).arg(&run));
    (folder, run)
}

/// Trains `run` from the weights in `source`.
fn tune(source: &Path, run: &Path, settings: &[&str]) -> Command {
    let mut command = hearth(["train"]);
    command.args(settings).arg(format!("model.init={}", source.display())).arg("--run").arg(run);
    command
}

/// The bytes of each tensor of a checkpoint's model.
fn tensors(checkpoint: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = fs::read(checkpoint.join("model.safetensors")).unwrap();
    let read = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut found: Vec<_> =
        read.iter().map(|(name, tensor)| (name.to_owned(), tensor.data().to_vec())).collect();
    found.sort();
    found
}

fn best(run: &Path) -> PathBuf {
    let best: Value = serde_json::from_slice(&fs::read(run.join("best.json")).unwrap()).unwrap();
    run.join(format!("checkpoints/step-{:08}", best["step"].as_u64().unwrap()))
}

fn info(run: &Path) -> Value {
    serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap()
}

#[test]
fn training_begins_where_the_other_run_was_best() {
    for backend in BACKENDS {
        let (folder, source) = source(backend, &["configs/cnn-nano.toml", "train.epochs=2"]);
        let run = folder.path().join("tuned");
        let settings =
            ["configs/cnn-nano.toml", "train.epochs=1", "run.seed=7", "--backend", backend];
        let done = succeed(&mut tune(&source, &run, &settings));
        let first = run.join("checkpoints/step-00000000");
        assert!(tensors(&first) == tensors(&best(&source)), "all layers, on {backend}");
        // Momentum is not transferred.
        let optimizer = fs::read(first.join("optimizer.safetensors")).unwrap();
        assert_eq!(safetensors::SafeTensors::deserialize(&optimizer).unwrap().len(), 0);
        let step: Value =
            serde_json::from_slice(&fs::read(source.join("best.json")).unwrap()).unwrap();
        let words = format!("step {} (all layers)", step["step"]);
        assert!(done.err.contains(&words) && done.err.contains("starts from"), "{}", done.err);
        let imported = info(&run)["imported"].as_str().unwrap().to_owned();
        assert!(imported.contains(source.to_str().unwrap()), "{imported}");
        assert!(imported.contains(&words) && imported.contains("BLAKE3"), "{imported}");
        let config = fs::read_to_string(run.join("config.toml")).unwrap();
        assert!(config.contains("init_head = true"), "{config}");
        json(hearth(["eval", "--json"]).arg(&run));
    }
}

#[test]
fn the_head_may_be_drawn_anew() {
    for (kind, head) in [("mlp", "layers.1."), ("lenet", "layers.2."), ("cnn", "head.")] {
        let config = format!("configs/{kind}-nano.toml");
        let (folder, source) = source("flex", &[&config, "train.epochs=1"]);
        let run = folder.path().join("tuned");
        let settings = [&config, "train.epochs=1", "model.init_head=false", "run.seed=7"];
        let done = succeed(&mut tune(&source, &run, &settings));
        assert!(done.err.contains("(all but the head)"), "{}", done.err);
        // The seed draws the head that a network of its own would have.
        let plain = folder.path().join("plain");
        let mut command = hearth(["train", &config, "train.epochs=1", "run.seed=7"]);
        command.args(["optimizer.learning_rate=1e-30", "train.keep_last=100", "--run"]).arg(&plain);
        command.args(["model.dropout=0"].iter().filter(|_| kind != "lenet"));
        succeed(&mut command);
        let drawn = tensors(&checkpoints(&plain)[0]);
        let theirs = tensors(&best(&source));
        let ours = tensors(&run.join("checkpoints/step-00000000"));
        assert_eq!(ours.len(), theirs.len());
        for (((name, ours), (_, theirs)), (_, drawn)) in ours.iter().zip(&theirs).zip(&drawn) {
            if *name == format!("{head}bias") {
                assert!(ours.iter().all(|byte| *byte == 0), "{kind}: biases start at zero");
                continue;
            }
            let wanted = if name.starts_with(head) { drawn } else { theirs };
            assert!(ours == wanted, "{kind}: {name}");
        }
        assert!(ours != theirs, "{kind}: the head is another one");
    }
}

#[test]
fn weights_that_do_not_fit_are_refused_before_anything_is_written() {
    let (folder, source) = source("flex", &["configs/mlp-nano.toml", "train.epochs=1"]);
    let run = folder.path().join("tuned");
    let refused = |settings: &[&str], words: &[&str]| {
        for dry in [false, true] {
            let mut command = hearth(["train"]);
            command.args(settings).arg(format!("model.init={}", source.display()));
            let done = fail(
                if dry { command.arg("--dry-run") } else { command.arg("--run").arg(&run) },
                2,
            );
            // Messages are wrapped to the width of a terminal.
            let text =
                done.err.replace("  │ ", "").split_whitespace().collect::<Vec<_>>().join(" ");
            for word in words {
                assert!(text.contains(word), "{word}: {text}");
            }
            assert!(!run.exists(), "{settings:?}");
        }
    };
    let wide = ["configs/mlp-nano.toml", "model.hidden=[32]"];
    refused(&wide, &["`layers.0.weight` must be [784, 32], and is [784, 64]"]);
    refused(
        &[&wide[..], &["model.init_head=false"]].concat(),
        &["`layers.0.weight` must be [784, 32]"],
    );
    refused(&["configs/cnn-nano.toml"], &["is missing"]);
    refused(&["configs/mlp-nano.toml", "model.hidden=[]"], &["does not fit"]);
    let done = fail(&mut tune(&source, &run, &["configs/gan-nano.toml"]), 2);
    assert!(done.err.contains("`model.init` is not a key"), "{}", done.err);
    let missing = folder.path().join("missing");
    let done = fail(&mut tune(&missing, &run, &["configs/mlp-nano.toml"]), 2);
    assert!(done.err.contains("missing") && !run.exists(), "{}", done.err);
    assert!(!missing.exists());
}

/// Test images of three classes in folders of their own.
fn three_classes(folder: &Path) -> PathBuf {
    let (files, labels) = crate::support::test_images(folder, 300);
    let sorted = folder.join("three");
    for (file, label) in files.iter().zip(labels).filter(|(_, label)| *label < 3) {
        let class = sorted.join(format!("class-{label}"));
        fs::create_dir_all(&class).unwrap();
        fs::rename(file, class.join(file.file_name().unwrap())).unwrap();
    }
    sorted
}

#[test]
fn a_network_of_ten_classes_learns_three_with_another_head() {
    let (folder, source) = source("flex", &["configs/mlp-nano.toml", "train.epochs=1"]);
    let data = format!("data.path={}", three_classes(folder.path()).display());
    let run = folder.path().join("tuned");
    let settings = [
        "configs/mlp-nano.toml",
        "data.kind=image-folder",
        &data,
        "data.size=28",
        "data.color=grey",
        "data.valid_samples=20",
        "data.batch_size=8",
        "train.epochs=2",
    ];
    let done = fail(&mut tune(&source, &run, &settings), 2);
    assert!(done.err.contains("model.init_head = false"), "{}", done.err);
    assert!(done.err.contains("`layers.1.weight` must be [64, 3]"), "{}", done.err);
    assert!(!run.exists());
    succeed(tune(&source, &run, &settings).arg("model.init_head=false"));
    assert_eq!(info(&run)["dataset"]["classes"].as_array().unwrap().len(), 3);
}

#[test]
fn a_pair_that_makes_pictures_is_no_source() {
    let settings = ["configs/gan-nano.toml", "train.epochs=1", "evaluate.samples=200"];
    let (folder, source) = source("flex", &settings);
    let run = folder.path().join("tuned");
    let done = fail(&mut tune(&source, &run, &["configs/mlp-nano.toml"]), 2);
    assert!(done.err.contains("is not a run of"), "{}", done.err);
    assert!(!run.exists());
}

#[test]
fn a_resume_goes_on_without_the_other_run() {
    for backend in BACKENDS {
        let (folder, source) = source(backend, &["configs/cnn-nano.toml", "train.epochs=1"]);
        let settings = ["configs/cnn-nano.toml", "train.keep_last=9", "--backend", backend];
        let [whole, killed, late] =
            ["whole", "killed", "late"].map(|name| folder.path().join(name));
        succeed(&mut tune(&source, &whole, &settings));
        // What a kill leaves right after the first checkpoint, and what one leaves before it.
        for path in [&killed, &late] {
            fs::create_dir(path).unwrap();
            for file in ["config.toml", "run.json", "metrics.jsonl"] {
                fs::copy(whole.join(file), path.join(file)).unwrap();
            }
        }
        let first = "checkpoints/step-00000000";
        fs::create_dir_all(killed.join(first)).unwrap();
        for file in fs::read_dir(whole.join(first)).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), killed.join(first).join(file.file_name())).unwrap();
        }
        let resume = |run: &Path| {
            let mut command = hearth(["train", "--backend", backend, "--resume", "--run"]);
            command.arg(run);
            command
        };
        let done = succeed(&mut resume(&late));
        assert!(done.err.contains("starts from"), "{}", done.err);
        fs::rename(&source, folder.path().join("gone")).unwrap();
        let done = succeed(&mut resume(&killed));
        assert!(!done.err.contains("starts from"), "{}", done.err);
        for other in [&killed, &late] {
            assert_eq!(metrics(&whole), metrics(other), "on {backend}");
            let last = |run: &Path| checkpoints(run).pop().unwrap();
            assert!(tensors(&last(&whole)) == tensors(&last(other)), "on {backend}");
            assert_eq!(info(&whole)["imported"], info(other)["imported"]);
        }
        // Without a checkpoint, the other run is needed.
        fs::remove_dir_all(late.join("checkpoints")).unwrap();
        fail(&mut resume(&late), 2);
    }
}

#[test]
fn a_path_is_relative_to_the_working_directory() {
    let (folder, _) = source("flex", &["configs/mlp-nano.toml", "train.epochs=1"]);
    let mut command = hearth(["train", "--dry-run", "--datasets"]);
    command.arg(root().join("datasets")).arg(root().join("configs/mlp-nano.toml"));
    let done = succeed(command.arg("model.init=source").current_dir(folder.path()));
    assert!(done.err.contains("starts from source, step"), "{}", done.err);
}
