//! Damage to a checkpoint is detected, named, and never loaded.

use std::fs;
use std::path::{Path, PathBuf};

use hearth_config::seed::{Purpose, Stream};

use crate::support::{checkpoints, copy, fail, hearth, run, succeed};

/// The networks whose checkpoints are damaged: without running statistics, and with them.
const CONFIGS: [&str; 2] = ["configs/mlp-nano.toml", "configs/cnn-nano.toml"];

/// A run with several checkpoints, made once for each test.
fn trained(config: &str, folder: &Path) -> PathBuf {
    let path = folder.join("run");
    let mut command = hearth(["train", config, "train.epochs=3", "train.keep_last=3"]);
    succeed(command.arg("optimizer.momentum=0.9").arg("--run").arg(&path));
    path
}

/// Evaluates the last checkpoint, and asserts an error that names `file`.
fn assert_refused(path: &Path, file: &str, what: &str) {
    let done = fail(hearth(["eval", "--checkpoint", "last"]).arg(path), 3);
    assert!(done.err.contains(file), "{what} of {file} is not named:\n{}", done.err);
}

#[test]
fn every_damage_to_every_file_is_named_and_never_loaded() {
    for config in CONFIGS {
        every_damage_is_named(config);
    }
}

fn every_damage_is_named(config: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = trained(config, folder.path());
    let last = checkpoints(&path).pop().unwrap();
    let mut stream = Stream::new(5, Purpose::Order, 0, 0);
    for file in ["model.safetensors", "optimizer.safetensors", "state.json", "MANIFEST"] {
        let target = last.join(file);
        let good = fs::read(&target).unwrap();
        for _ in 0..50 {
            let mut bad = good.clone();
            bad[stream.below(good.len())] ^= 1 << stream.below(8);
            fs::write(&target, bad).unwrap();
            assert_refused(&path, file, "a flipped bit");
        }
        fs::write(&target, &good[..stream.below(good.len())]).unwrap();
        assert_refused(&path, file, "a truncation");
        fs::remove_file(&target).unwrap();
        assert_refused(&path, file, "a removal");
        fs::write(&target, &good).unwrap();
    }
    fs::write(last.join("extra"), "").unwrap();
    assert_refused(&path, "extra", "a file too many");
    fs::remove_file(last.join("extra")).unwrap();
    succeed(hearth(["eval", "--checkpoint", "last"]).arg(&path));
}

#[test]
fn resume_falls_back_to_the_checkpoint_before() {
    for config in CONFIGS {
        resume_falls_back(config);
    }
}

fn resume_falls_back(config: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = trained(config, folder.path());
    let kept = checkpoints(&path);
    let (before, last) = (&kept[kept.len() - 2], &kept[kept.len() - 1]);
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    for (file, damage) in [
        ("model.safetensors", "flip"),
        ("optimizer.safetensors", "truncate"),
        ("state.json", "remove"),
        ("MANIFEST", "flip"),
    ] {
        let copied = folder.path().join(format!("{file}-{damage}"));
        copy(&path, &copied);
        let target = copied.join("checkpoints").join(name(last)).join(file);
        let mut bytes = fs::read(&target).unwrap();
        match damage {
            "flip" => bytes[10] ^= 1,
            "truncate" => bytes.truncate(bytes.len() / 2),
            _ => {}
        }
        if damage == "remove" {
            fs::remove_file(&target).unwrap();
        } else {
            fs::write(&target, bytes).unwrap();
        }
        let done = succeed(hearth(["train", "--resume", "--run"]).arg(&copied));
        let step = name(before)[5..].trim_start_matches('0').to_owned();
        assert!(done.err.contains(&format!("resuming after step {step}")), "{}", done.err);
        assert!(done.err.contains(file), "{}", done.err);
        // Trained again, to the same numbers.
        let again = copied.join("checkpoints").join(name(last)).join("model.safetensors");
        assert!(fs::read(again).unwrap() == fs::read(last.join("model.safetensors")).unwrap());
    }
}

#[test]
fn with_every_checkpoint_damaged_nothing_is_trained_and_nothing_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = trained(CONFIGS[0], folder.path());
    let kept = checkpoints(&path);
    for checkpoint in &kept {
        fs::write(checkpoint.join("MANIFEST"), "").unwrap();
    }
    let done = fail(hearth(["train", "--resume", "--run"]).arg(&path), 3);
    assert!(done.err.contains("--run"), "it says what to do: {}", done.err);
    assert_eq!(checkpoints(&path), kept, "nothing was moved");
}

#[test]
fn files_of_the_run_folder_never_panic_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = trained(CONFIGS[0], folder.path());
    let mut stream = Stream::new(6, Purpose::Order, 0, 0);
    for file in ["config.toml", "run.json", "best.json"] {
        let target = path.join(file);
        let good = fs::read(&target).unwrap();
        for _ in 0..30 {
            let mut bad = good.clone();
            bad[stream.below(good.len())] = stream.below(256) as u8;
            fs::write(&target, bad).unwrap();
            let done = run(hearth(["eval"]).arg(&path));
            assert!(!done.err.contains("panicked"), "{file}: {}", done.err);
            assert!(matches!(done.code, Some(0 | 2 | 3)), "{file}: {:?}\n{}", done.code, done.err);
        }
        fs::write(&target, good).unwrap();
    }
}

/// A run that overfits, so that its best checkpoint is not its newest one, and the best one's step.
fn overfitted(folder: &Path) -> (PathBuf, u64) {
    let path = folder.join("run");
    let mut command = hearth(["train", "configs/mlp-nano.toml", "train.epochs=12"]);
    command.args(["optimizer.learning_rate=0.1", "schedule.kind=constant", "train.best_by=loss"]);
    succeed(command.args(["optimizer.momentum=0.9", "--run"]).arg(&path));
    let best = best(&path);
    assert!(best < 11 * 29, "the best of this run is not its newest checkpoint, and {best} is");
    (path, best)
}

fn best(run: &Path) -> u64 {
    let text = fs::read(run.join("best.json")).unwrap();
    let best: serde_json::Value = serde_json::from_slice(&text).unwrap();
    best["step"].as_u64().unwrap()
}

fn damage(run: &Path, step: u64) {
    fs::write(run.join(format!("checkpoints/step-{step:08}/state.json")), "{}").unwrap();
}

#[test]
fn a_best_that_a_kill_left_behind_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let (path, step) = overfitted(folder.path());
    let stale = r#"{"step": 1, "metric": "valid loss", "value": 9.0}"#;
    fs::write(path.join("best.json"), stale).unwrap();
    succeed(hearth(["eval"]).arg(&path));
    succeed(hearth(["train", "--resume", "--run"]).arg(&path));
    assert_eq!(best(&path), step);
    fs::remove_file(path.join("best.json")).unwrap();
    let done = succeed(hearth(["eval"]).arg(&path));
    assert!(done.err.contains(&format!("checkpoint of step {step}")), "{}", done.err);
}

#[test]
fn a_damaged_best_is_moved_aside_and_replaced_by_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let (path, step) = overfitted(folder.path());
    damage(&path, step);
    fail(hearth(["eval"]).arg(&path), 3);
    let done = succeed(hearth(["train", "train.epochs=13", "--resume", "--run"]).arg(&path));
    assert!(done.err.contains(&format!("step-{step:08}.damaged-1")), "{}", done.err);
    assert!(done.out.contains("test loss"), "it ends with a report: {}", done.out);
    succeed(hearth(["eval"]).arg(&path));
}

#[test]
fn a_fall_back_finds_its_best() {
    let folder = tempfile::tempdir().unwrap();
    // Evaluated at every step, the newest is the best here, and the best before it is older than
    // the checkpoints that are kept for being new.
    let path = folder.path().join("run");
    let mut command = hearth(["train", "configs/mlp-nano.toml", "train.epochs=3", "run.seed=1"]);
    command.args(["optimizer.learning_rate=0.3", "schedule.kind=constant", "data.batch_size=256"]);
    command.args(["train.evaluate_every=1 steps", "train.checkpoint_every=1 steps"]);
    succeed(command.arg("--run").arg(&path));
    let last = checkpoints(&path).pop().unwrap();
    assert!(last.ends_with(format!("step-{:08}", best(&path))), "{}", last.display());
    fs::write(last.join("MANIFEST"), "").unwrap();
    succeed(hearth(["train", "train.epochs=3", "--resume", "--run"]).arg(&path));
    succeed(hearth(["eval"]).arg(&path));
}

#[test]
fn a_lost_log_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = trained(CONFIGS[0], folder.path());
    fs::remove_file(path.join("metrics.jsonl")).unwrap();
    let done = succeed(hearth(["train", "train.epochs=4", "--resume", "--run"]).arg(&path));
    assert!(done.err.contains("metrics.jsonl"), "{}", done.err);
    let done = fail(hearth(["train", "train.epochs=1", "--resume", "--run"]).arg(&path), 2);
    assert!(done.err.contains("already"), "a run does not become shorter: {}", done.err);
}
