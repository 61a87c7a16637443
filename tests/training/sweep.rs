//! `hearth sweep`: ranks, draws and refusals.

mod stops;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{fail, hearth, json, succeed, words};

/// Twelve short trials.
const TWELVE: &str = "configs/mlp-nano.toml train.epochs=4 optimizer.momentum=0.0,0.9 \
    model.hidden=[8],[16,8],[] optimizer.learning_rate=0.02,0.1";

fn sweep(settings: &str, folder: &Path) -> Command {
    let mut command = hearth(["sweep"]);
    command.args(words(settings)).arg("--out").arg(folder);
    command
}

fn resume(folder: &Path) -> Command {
    let mut command = hearth(["sweep", "--resume"]);
    command.arg(folder);
    command
}

fn results(folder: &Path) -> String {
    fs::read_to_string(folder.join("sweep.csv")).expect("sweep.csv")
}

fn record(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("sweep.json")).expect("sweep.json");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn the_best_trial_is_first() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let settings = "configs/mlp-nano.toml train.epochs=1 train.best_by=loss \
        optimizer.learning_rate=0.0001,0.05,0.001 model.hidden=[64]";
    let found = json(sweep(settings, &out).arg("--json"));
    assert_eq!(found["best_by"], "loss");
    let trials = found["trials"].as_array().unwrap();
    let rates: Vec<_> =
        trials.iter().map(|trial| &trial["settings"]["optimizer.learning_rate"]).collect();
    assert_eq!(rates, [0.05, 0.001, 0.0001]);
    // Settings with one value are in no column.
    assert!(results(&out).starts_with("rank,status,optimizer.learning_rate,valid_loss,"));
    // A trial is a run like any other, and has the results that the table says.
    let run = trials[0]["run"].as_str().unwrap();
    let evaluated = json(hearth(["eval", run, "--json"]).arg("--split=valid"));
    assert_eq!(evaluated["loss"], trials[0]["valid"]["loss"]);
    assert_eq!(evaluated["accuracy"], trials[0]["valid"]["accuracy"]);

    let runs = succeed(hearth(["runs", "--csv"]).arg(&out)).out;
    let mut lines = runs.lines();
    let header: Vec<_> = lines.next().unwrap().split(',').collect();
    assert_eq!(header[..3], ["run", "dataset", "backend"]);
    let of = |line: &str, name: &str| {
        let place = header.iter().position(|found| *found == name).unwrap();
        line.split(',').nth(place).unwrap().to_owned()
    };
    let second = lines.nth(1).unwrap();
    assert!(of(second, "run").ends_with("trial-002"), "{runs}");
    assert_eq!(of(second, "finished"), "true");
    for name in ["loss", "accuracy"] {
        assert_eq!(of(second, &format!("valid_{name}")), trials[0]["valid"][name].to_string());
        assert_eq!(of(second, &format!("test_{name}")), trials[0]["test"][name].to_string());
    }
    assert_eq!(lines.count(), 1);
}

#[test]
fn more_jobs_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let alone = succeed(&mut sweep(TWELVE, &one));
    let both = succeed(sweep(TWELVE, &two).args(["--jobs", "2"]));
    assert_eq!(both.out, alone.out);
    assert_eq!(results(&two), results(&one));
}

#[test]
fn what_cannot_be_trained_is_refused_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    for (settings, part) in [
        ("optimizer.learning_rat=0.1,0.2", "did you mean"),
        // The last of four.
        ("train.epochs=1,2 model.hidden=[8],[-8]", "model.hidden"),
        ("optimizer.learning_rate=0.1", "nothing varies"),
        ("", "nothing varies"),
        ("train.epochs=1,2 train.epochs=3", "given twice"),
        ("optimizer.learning_rate=0.01..0.1", "--random"),
        ("train.epochs=1,2 --random 3", "only 2"),
        ("train.best_by=loss,accuracy", "train.best_by"),
        ("data.valid_samples=0 train.epochs=1,2", "data.valid_samples"),
        ("train.epochs=1,2 --seed 3", "--random"),
        ("train.epochs=1,2 --jobs 0", "--jobs"),
        ("train.epochs=1,2 --device 0 --backend flex", "no graphics adapter"),
    ] {
        let settings = format!("configs/mlp-nano.toml {settings}");
        let done = fail(&mut sweep(&settings, &out), 2);
        assert!(done.err.contains(part), "{settings}: {}", done.err);
        assert!(!out.exists(), "{settings}");
    }
    let done = fail(&mut sweep("configs/mpl.toml train.epochs=1,2", &out), 2);
    assert!(done.err.contains("configs/mlp.toml"), "{}", done.err);
}

#[test]
fn another_search_does_not_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (out, config) = (folder.path().join("sweep"), folder.path().join("mine.toml"));
    let nano = fs::read_to_string(crate::support::root().join("configs/mlp-nano.toml")).unwrap();
    fs::write(&config, &nano).unwrap();
    let begin = |config: &Path, settings: &str| {
        let mut command = hearth(["sweep"]);
        command.arg(config).args(words(settings));
        command
    };
    let settings = "train.epochs=1 model.hidden=[8],[9]";
    let alone = succeed(begin(&config, settings).arg("--out").arg(&out));
    let done = fail(begin(&config, settings).arg("--out").arg(&out), 2);
    assert!(done.err.contains("already holds a sweep"), "{}", done.err);

    for (settings, part) in [
        ("train.epochs=1 model.hidden=[8],[10]", "model.hidden=[8],[9]"),
        ("train.epochs=2 model.hidden=[8],[9]", "train.epochs=1"),
        ("train.epochs=1 model.hidden=[8],[9] --random 2", "all combinations"),
        ("train.epochs=1 model.hidden=[8],[9] --backend ndarray", "another backend: flex"),
    ] {
        let done = fail(begin(&config, settings).arg("--resume").arg(&out), 2);
        assert!(done.err.contains(part), "{settings}: {}", done.err);
    }
    let same = succeed(begin(&config, settings).arg("--resume").arg(&out));
    assert_eq!(same.out, alone.out);
    let same = succeed(hearth(["sweep", "model.hidden=[8],[9]", "train.epochs=1"]).arg("--help"));
    assert!(same.out.contains("--resume"));

    fs::write(&config, nano.replace("hidden = [64]", "hidden = [65]")).unwrap();
    let done = fail(begin(&config, settings).arg("--resume").arg(&out), 2);
    assert!(done.err.contains("hidden = [65]"), "{}", done.err);
    // The sweep keeps its original config.
    assert_eq!(succeed(&mut resume(&out)).out, alone.out);
    let done = fail(&mut resume(folder.path()), 2);
    assert!(done.err.contains("is not a sweep"), "{}", done.err);
}

#[test]
fn a_seed_draws_the_same_trials() {
    let folder = tempfile::tempdir().unwrap();
    let draw = |name: &str, seed: &str| {
        let out = folder.path().join(name);
        let settings = "configs/mlp-nano.toml train.epochs=1 optimizer.learning_rate=0.001..0.1 \
            model.hidden=[8],[16,8] run.seed=1..99 --random 4";
        let done = succeed(sweep(settings, &out).args(["--seed", seed]));
        (done.out, results(&out), record(&out)["trials"].clone())
    };
    let first = draw("first", "7");
    assert_eq!(first, draw("again", "7"));
    assert_eq!(first.2.as_array().unwrap().len(), 4);
    assert_ne!(first.2, draw("other", "8").2);
}

#[test]
fn a_trial_that_fails_is_told_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    // The number of steps is known once the data is read.
    let settings = "configs/mlp-nano.toml train.epochs=1 schedule.warmup_steps=1000,0";
    for mut command in [sweep(settings, &out), resume(&out)] {
        let done = fail(&mut command, 1);
        assert!(done.err.contains("trial 1/2  schedule.warmup_steps=1000  failed"), "{}", done.err);
        assert!(
            done.err.contains("the whole run has 29 steps"),
            "the end of its log: {}",
            done.err
        );
        assert!(done.err.contains("1 of 2 trials failed"), "{}", done.err);
        let last = done.out.lines().last().unwrap();
        assert!(last.contains("failed") && last.contains("trial-001"), "{}", done.out);
    }
    assert!(results(&out).contains("\n1,finished,0,"), "{}", results(&out));

    // Missing data is missing for all trials.
    let missing = folder.path().join("missing");
    let settings = "configs/mlp-nano.toml data.kind=image-folder data.path=no/such/folder \
        train.epochs=1,2,3 --jobs 2";
    let done = fail(&mut sweep(settings, &missing), 3);
    assert!(done.err.contains("no/such/folder"), "{}", done.err);
    assert!(!missing.join("trial-002").exists() && !missing.join("trial-002.log").exists());
}

#[test]
fn adversarial_pairs_share_a_feature_evaluator_and_are_ranked_by_distance() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("sweep");
    let settings = "configs/gan-nano.toml train.epochs=1 evaluate.samples=200 \
        optimizer.learning_rate=0.0001,0.001 --jobs 2 --json";
    let found = json(&mut sweep(settings, &out));
    assert_eq!(found["best_by"], "distance");
    let [first, second] = [0, 1].map(|rank| found["trials"][rank]["valid"]["distance"].as_f64());
    assert!(first.unwrap() < second.unwrap(), "{found}");
}
