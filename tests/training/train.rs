//! `hearth train`, `eval`, `runs` and `doctor`: their output and files.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{BACKENDS, checkpoints, fail, hearth, json, metrics, succeed};

#[test]
fn a_run_leaves_what_the_readme_says() {
    for backend in BACKENDS {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let mut command =
            hearth(["train", "configs/mlp-nano.toml", "--json", "--backend", backend]);
        let summary = json(command.arg("--run").arg(&run));
        assert_eq!(summary["run"], run.to_str().unwrap());
        assert_eq!(summary["epochs"], 5.0);
        assert!(summary["test"]["accuracy"].as_f64().unwrap() > 0.7, "{summary}");
        for file in ["config.toml", "run.json", "metrics.jsonl", "best.json"] {
            assert!(run.join(file).is_file(), "{file}");
        }
        let info: Value = serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
        assert_eq!(info["backend"], backend);
        assert_eq!(info["dataset"]["samples"], serde_json::json!([1800, 200, 1000]));
        assert!(checkpoints(&run).len() <= 3);

        let report = json(hearth(["eval", "--json", "--backend", backend]).arg(&run));
        assert_eq!(report["accuracy"], summary["test"]["accuracy"]);
        assert_eq!(report["samples"], 1000);
        let confusion = report["confusion"].as_array().unwrap();
        let total: u64 = confusion
            .iter()
            .flat_map(|row| row.as_array().unwrap())
            .map(|n| n.as_u64().unwrap())
            .sum();
        assert_eq!((confusion.len(), total), (10, 1000));
        assert_eq!(report["per_class"][0]["class"], "T-shirt/top");
    }
}

#[test]
fn the_resolved_config_trains_to_the_same_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    succeed(hearth(["train", "configs/mlp-nano.toml", "train.epochs=2", "--run"]).arg(&first));
    let config = first.join("config.toml");
    succeed(hearth(["train"]).arg(&config).arg("--run").arg(&second));
    assert_eq!(metrics(&first), metrics(&second));
    assert_eq!(fs::read(&config).unwrap(), fs::read(second.join("config.toml")).unwrap());
}

#[test]
fn the_same_seed_starts_from_the_same_weights_on_every_backend() {
    let losses: Vec<f64> = BACKENDS
        .map(|backend| {
            let folder = tempfile::tempdir().unwrap();
            let run = folder.path().join("run");
            let mut command = hearth(["train", "configs/mlp-nano.toml", "train.epochs=1"]);
            succeed(command.args(["train.log_every=1", "--backend", backend, "--run"]).arg(&run));
            metrics(&run)[0]["loss"].as_f64().unwrap()
        })
        .into();
    assert!((losses[0] - losses[1]).abs() < 1e-5, "{losses:?}");
}

#[test]
fn without_run_the_next_number_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let datasets = crate::support::root().join("datasets");
    let config = crate::support::root().join("configs/mlp-nano.toml");
    for number in ["001", "002"] {
        let mut command = hearth(["train", "--datasets"]);
        command.arg(&datasets).arg(&config).arg("train.epochs=1");
        succeed(command.current_dir(folder.path()));
        assert!(folder.path().join(format!("runs/mlp-nano-{number}/config.toml")).is_file());
    }
    let done = succeed(hearth(["runs"]).current_dir(folder.path()));
    assert!(done.out.contains("mlp-nano-001") && done.out.contains("mlp-nano-002"), "{}", done.out);
    let runs = json(hearth(["runs", "--json"]).current_dir(folder.path()));
    assert_eq!(runs["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn a_dry_run_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = hearth(["train", "--dry-run", "--datasets"]);
    command.arg(crate::support::root().join("datasets")).current_dir(folder.path());
    let done = succeed(command.arg(crate::support::root().join("configs/mlp-nano.toml")));
    assert!(done.err.contains("50,240"), "the table of layers: {}", done.err);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_step_that_is_not_finite_is_refused_before_it_spoils_anything() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut command = hearth(["train", "configs/mlp-nano.toml", "optimizer.learning_rate=1000"]);
    let done = fail(command.args(["model.hidden=[64,64,64]", "--run"]).arg(&run), 1);
    assert!(done.err.contains("not finite at step"), "{}", done.err);
    assert!(done.err.contains("training samples"), "{}", done.err);
    // The checkpoint holds the last finite state: it loads, and its weights are finite.
    let report = json(hearth(["eval", "--json", "--checkpoint", "last"]).arg(&run));
    assert_eq!(report["samples"], 1000);
    let last = checkpoints(&run).pop().unwrap();
    let bytes = fs::read(last.join("model.safetensors")).unwrap();
    for (_, tensor) in safetensors::SafeTensors::deserialize(&bytes).unwrap().iter() {
        let finite = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap()).is_finite();
        assert!(tensor.data().chunks_exact(4).all(finite));
    }
}

#[test]
fn early_stopping_ends_a_run_that_no_longer_gets_better() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut command = hearth(["train", "configs/mlp-nano.toml", "train.epochs=1000", "--json"]);
    command.args(["train.early_stop.patience=2", "train.early_stop.min_delta=0.02", "--run"]);
    let summary = json(command.arg(&run));
    assert!(summary["epochs"].as_f64().unwrap() < 100.0, "{summary}");
    // A resumed run knows that it had stopped early.
    let again = json(hearth(["train", "--resume", "--json", "--run"]).arg(&run));
    assert_eq!(again["steps"], summary["steps"]);
}

#[test]
fn doctor_finds_every_backend_at_work() {
    for backend in BACKENDS {
        let done = succeed(&mut hearth(["doctor", "--backend", backend]));
        let line = done.out.lines().find(|line| line.contains(backend));
        assert!(line.is_some_and(|line| line.contains("works")), "{}", done.out);
    }
}

#[test]
fn a_length_may_be_in_steps() {
    let folder = tempfile::tempdir().unwrap();
    let train = |name: &str, words: &[&str]| {
        let mut command = hearth(["train"]);
        command.args(words).arg("--run").arg(folder.path().join(name));
        succeed(&mut command)
    };
    let config = "configs/mlp-nano.toml";
    // 29 steps make an epoch.
    let done = train("whole", &[config, "train.length=40 steps", "schedule.kind=constant"]);
    assert!(done.err.contains("40 steps, 29 an epoch"), "{}", done.err);
    assert!(done.err.contains("epoch 1/2  ") && done.err.contains("epoch 2/2  "), "{}", done.err);
    let whole = folder.path().join("whole");
    assert_eq!(metrics(&whole).iter().rfind(|line| line["kind"] == "train").unwrap()["step"], 40);
    train("parts", &[config, "train.length=30 steps", "schedule.kind=constant"]);
    train("parts", &["--resume", "train.length=40 steps"]);
    let weights = |run: &Path| fs::read(checkpoints(run).pop().unwrap().join("model.safetensors"));
    assert_eq!(weights(&whole).unwrap(), weights(&folder.path().join("parts")).unwrap());

    // The same length in another unit stretches no schedule.
    train("unit", &[config, "train.length=29 steps"]);
    let done = train("unit", &["--resume", "train.epochs=1"]);
    assert!(!done.err.contains("stretched"), "{}", done.err);
    let done = train(
        "heart",
        &[config, "--overfit", "1", "train.length=50 steps", "optimizer.learning_rate=0.2"],
    );
    assert!(done.err.contains("the network can learn"), "{}", done.err);
}
