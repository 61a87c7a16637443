//! Reports of a run in training: report.html, and TensorBoard's event file.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{hearth, json, metrics, python, seen, succeed};

/// Trains a small config in a new folder.
fn trained(folder: &Path, settings: &[&str]) -> PathBuf {
    let run = folder.join("run");
    succeed(hearth(["train"]).args(settings).arg("--run").arg(&run));
    run
}

/// The names of the event files of a run.
fn event_files(run: &Path) -> Vec<String> {
    let names = fs::read_dir(run).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    names.filter(|name| name.starts_with("events.out.tfevents.")).collect()
}

fn events(run: &Path) -> Option<Value> {
    Some(json(python("tensorboard")?.arg("scripts/events.py").arg(run)))
}

#[test]
fn a_classifiers_page_says_what_its_log_and_its_evaluation_say() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), &["configs/cnn-nano.toml", "train.epochs=2"]);
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    let report = json(hearth(["eval", "--json"]).arg(&run));
    let accuracy = format!("accuracy {:.4}", report["accuracy"].as_f64().unwrap());
    let error = format!("{:.4}", report["calibration_error"].as_f64().unwrap());
    for text in
        [&accuracy, &format!("Expected calibration error {error}"), "Ankle boot", "seed = 42"]
    {
        assert!(page.contains(text), "{text}");
    }
    let cells = report["confusion"].as_array().unwrap();
    let wrong: u64 = (0..10)
        .flat_map(|row| (0..10).map(move |column| (row, column)))
        .filter(|(row, column)| row != column)
        .map(|(row, column)| cells[row][column].as_u64().unwrap())
        .sum();
    let mistakes = page.matches("<figcaption>").count() - page.matches("<svg").count();
    assert_eq!(mistakes as u64, wrong.min(32), "one caption for each plot and each mistake");
    let Some(mut light) = python("selenium") else { return };
    let light = seen(&mut light, &run.join("report.html"), "light");
    assert_eq!(light["plots"], 6, "loss, accuracy, rate, norm, confusion and reliability");
    assert_eq!(light["images"], wrong.min(32) + 1, "the mistakes and a batch");
    let dark = seen(&mut python("selenium").unwrap(), &run.join("report.html"), "dark");
    for color in ["ground", "ink"] {
        assert_ne!(light[color], dark[color], "{color}");
    }
}

#[test]
fn a_generators_page_shows_its_samples_over_time() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["configs/gan-nano.toml", "train.epochs=2", "evaluate.samples=500"];
    let run = trained(folder.path(), &settings);
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    let grids = fs::read_dir(run.join("samples")).unwrap().count();
    assert!(grids > 0 && page.matches("<figcaption>step ").count() == grids, "{grids}");
    let Some(mut browser) = python("selenium") else { return };
    let found = seen(&mut browser, &run.join("report.html"), "light");
    assert_eq!(found["images"], grids + 1);
    // Four results of a step and four of an evaluation, the rate and the norm.
    assert_eq!(found["plots"], 10, "{found}");
}

#[test]
fn tensorboard_reads_what_the_log_says() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), &["configs/cnn-nano.toml", "train.epochs=2"]);
    // Training beyond its end adds an event file.
    succeed(hearth(["train", "--resume", "train.epochs=3", "--run"]).arg(&run));
    assert_eq!(event_files(&run).len(), 2);
    let Some(found) = events(&run) else { return };
    for (name, kind) in [("loss", "train"), ("accuracy", "valid"), ("learning_rate", "train")] {
        let lines = metrics(&run).into_iter().filter(|line| line["kind"] == kind);
        let wanted: Vec<(u64, f64)> = lines
            .map(|line| (line["step"].as_u64().unwrap(), line[name].as_f64().unwrap()))
            .collect();
        let scalars = found["scalars"][format!("{name}/{kind}")].as_array().unwrap();
        assert_eq!(scalars.len(), wanted.len(), "{name}/{kind}");
        for (scalar, (step, value)) in scalars.iter().zip(wanted) {
            assert_eq!(scalar[0], step, "{name}/{kind}");
            let off = (scalar[1].as_f64().unwrap() - value).abs();
            assert!(off <= 1e-6 * value.abs(), "{scalar} is not {value}");
        }
    }
    let histograms = found["histograms"].as_object().unwrap();
    for tag in ["weights/head.weight", "gradients/head.weight", "gradients/head.bias"] {
        assert_eq!(histograms[tag].as_array().unwrap().len(), 3, "{tag}");
    }
    assert!(!found["images"]["mistakes/valid"].as_array().unwrap().is_empty());
    let config = found["texts"]["config"][0].as_str().unwrap();
    assert!(config.contains("kind = \"cnn\""), "{config}");
}

#[test]
fn tensorboard_shows_the_attention_of_a_translator() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), &["configs/reverse-nano.toml", "train.epochs=2"]);
    let Some(found) = events(&run) else { return };
    for number in 1..=4 {
        let images = found["images"][format!("attention/valid/{number}")].as_array().unwrap();
        assert_eq!(images.len(), 2, "one of each evaluation: {found}");
        for image in images {
            let [_, width, height] = [0, 1, 2].map(|at| image[at].as_u64().unwrap());
            // 2 to 6 letters and the end, a square of 16 pixels for each.
            assert!((48..=112).contains(&width) && width % 16 == 0 && height % 16 == 0, "{image}");
        }
    }
    let tokens = found["texts"]["attention/valid"][0].as_str().unwrap();
    assert!(tokens.starts_with("1. columns: `` ") && tokens.contains("</s> ``\n2. "), "{tokens}");
}

#[test]
fn a_run_that_is_not_shown_is_the_same_run() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ["configs/mlp-nano.toml", "train.epochs=2"];
    let shown = trained(folder.path(), &settings);
    let plain = folder.path().join("plain");
    let settings = [&settings[..], &["run.report=false"]].concat();
    succeed(hearth(["train"]).args(settings).arg("--run").arg(&plain));
    assert_eq!(metrics(&plain), metrics(&shown));
    assert!(!plain.join("report.html").exists() && event_files(&plain).is_empty());
}

#[test]
fn a_page_that_cannot_be_written_ends_no_training() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), &["configs/mlp-nano.toml", "train.epochs=1"]);
    fs::remove_file(run.join("report.html")).unwrap();
    fs::create_dir_all(run.join("report.html/in the way")).unwrap();
    let done = succeed(hearth(["train", "--resume", "train.epochs=2", "--run"]).arg(&run));
    assert!(done.err.contains("warning: report.html was not written"), "{}", done.err);
}
