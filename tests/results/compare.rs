//! `hearth compare`, `lr-find`, and options of `train` for experiments.

use std::fs;

use serde_json::Value;

use crate::support::{checkpoints, fail, hearth, json, metrics, python, seen, succeed};

#[test]
fn runs_are_compared_by_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, settings: &[&str]| {
        let path = folder.path().join(name);
        let mut train = hearth(["train", "configs/mlp-nano.toml", "train.epochs=2", "--run"]);
        succeed(train.arg(&path).args(settings));
        path
    };
    let (small, large) = (run("small", &["model.hidden=[8]"]), run("large", &[]));
    let page = folder.path().join("compare.html");
    let mut compare = hearth(["compare", "--json"]);
    let found = json(compare.args([&small, &large]).arg("--out").arg(&page));
    let settings = found["settings"].as_object().unwrap();
    assert_eq!(settings.keys().collect::<Vec<_>>(), ["model.hidden"]);
    assert_eq!(settings["model.hidden"][0], "[8]");
    let test = metrics(&large).pop().unwrap();
    let accuracy = format!("{:.4}", test["accuracy"].as_f64().unwrap());
    assert_eq!(found["results"]["test accuracy"][1], Value::from(accuracy));
    let table = succeed(hearth(["compare"]).args([&small, &large]).arg("--out").arg(&page));
    assert!(table.out.contains("model.hidden") && !table.out.contains("train.epochs"));
    if let Some(mut browser) = python("selenium") {
        let found = seen(&mut browser, &page, "light");
        assert_eq!(found["plots"], 4, "loss and accuracy of both sets");
    }
    let done = fail(hearth(["compare"]).arg(&small).arg(folder.path().join("none")), 2);
    assert!(done.err.contains("none"), "{}", done.err);
    fail(hearth(["compare"]).arg(&small), 2);
}

#[test]
fn a_range_test_finds_where_the_loss_falls_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("lr.html");
    let mut find = hearth(["lr-find", "configs/mlp-nano.toml", "--json", "--out"]);
    let found = json(find.arg(&page));
    let [from, to] = [0, 1].map(|end| found["suggested"][end].as_f64().unwrap());
    assert!(1e-5 < from && from < to && to < 10.0, "{from} to {to}");
    let losses = found["losses"].as_array().unwrap();
    let new = losses[0][1].as_f64().unwrap();
    let rates: Vec<f64> = losses.iter().map(|pair| pair[0].as_f64().unwrap()).collect();
    assert!(rates.is_sorted() && rates.len() > 50 && (rates[0] - 1e-5).abs() < 1e-12);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the page alone");
    if let Some(mut browser) = python("selenium") {
        assert_eq!(seen(&mut browser, &page, "dark")["plots"], 1);
    }
    // From the weights of another trained run.
    let run = folder.path().join("run");
    succeed(hearth(["train", "configs/mlp-nano.toml", "train.epochs=1", "--run"]).arg(&run));
    let init = format!("model.init={}", run.display());
    let found =
        json(hearth(["lr-find", "configs/mlp-nano.toml", &init, "--json", "--out"]).arg(&page));
    let learned = found["losses"][0][1].as_f64().unwrap();
    assert!(learned < 0.7 * new, "{learned} and {new}");
    let done = fail(&mut hearth(["lr-find", "configs/gan-nano.toml"]), 2);
    assert!(done.err.contains("adversarial pair"), "{}", done.err);
    fail(&mut hearth(["lr-find", "configs/mlp-nano.toml", "--from", "1", "--to", "0.1"]), 2);
}

#[test]
fn a_sound_network_learns_a_batch_by_heart_and_an_idle_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    for config in ["mlp-nano", "cnn-nano"] {
        let run = folder.path().join(config);
        let mut train = hearth(["train", "--overfit", "1", "--run"]);
        let done = succeed(train.arg(&run).arg(format!("configs/{config}.toml")));
        assert!(
            done.err.contains("the network can learn: accuracy 100.0 % on one batch"),
            "{}",
            done.err
        );
    }
    let mut train = hearth(["train", "configs/mlp-nano.toml", "--overfit", "1", "--run"]);
    let done = fail(train.arg(folder.path().join("idle")).arg("optimizer.learning_rate=1e-9"), 1);
    assert!(done.err.contains("the network did not overfit one batch"), "{}", done.err);
}

#[test]
fn a_share_of_the_training_set_is_learned_from() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut train = hearth(["train", "configs/mlp-nano.toml", "--limit-train", "0.5", "--run"]);
    succeed(train.arg(&run).arg("train.epochs=1"));
    let info: Value = serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
    // The share of the 2,000 images of the small set.
    let whole = 2000;
    let valid = info["dataset"]["samples"][1].as_u64().unwrap();
    assert_eq!(info["dataset"]["samples"][0].as_u64().unwrap(), (whole - valid) / 2);
    assert_eq!(
        json(hearth(["eval", "--json", "--split", "train"]).arg(&run))["samples"],
        (whole - valid) / 2
    );
    let done = fail(&mut hearth(["train", "configs/mlp-nano.toml", "--limit-train", "1.5"]), 2);
    assert!(done.err.contains("data.limit_train"), "{}", done.err);
}

#[test]
fn a_run_whose_time_is_over_goes_on_to_the_same_end() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, short] = ["whole", "short"].map(|name| folder.path().join(name));
    let train = |run, more: &[&str]| {
        let mut command = hearth(["train", "configs/mlp-nano.toml", "--run"]);
        succeed(command.arg(run).args(more))
    };
    train(&whole, &[]);
    let done = train(&short, &["--time", "1ms"]);
    assert!(done.err.contains("time limit reached; resume with: "), "{}", done.err);
    assert!(metrics(&short).iter().any(|line| line["kind"] == "test"), "it has a report");
    let done = succeed(hearth(["train", "--resume", "--run"]).arg(&short));
    assert!(!done.err.contains("time limit reached"), "{}", done.err);
    let [last, other] = [&whole, &short].map(|run| checkpoints(run).pop().unwrap());
    for file in ["model.safetensors", "optimizer.safetensors"] {
        assert_eq!(
            fs::read(last.join(file)).unwrap(),
            fs::read(other.join(file)).unwrap(),
            "{file}"
        );
    }
    for bad in ["soon", "-3s"] {
        fail(&mut hearth(["train", "configs/mlp-nano.toml", "--time", bad]), 2);
    }
}
