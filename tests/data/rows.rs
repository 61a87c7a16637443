//! Prediction of a class or a number from the rows of a CSV file.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{BACKENDS, fail, hearth, json, metrics, root, succeed};

/// Shoes by their price, with a category, whose values are repeated to so many rows.
fn shoes(folder: &Path, rows: usize) -> std::path::PathBuf {
    let path = folder.join("shoes.csv");
    let mut text = String::from("size,colour,height,price\n");
    for row in 0..rows {
        let (size, colour) = (36 + row % 10, ["red", "black", "white"][row % 3]);
        let price = 40.5 + 2.0 * (row % 10) as f64 + [5.0, 0.0, 9.0][row % 3];
        writeln!(text, "{size},{colour},{},{price}", row % 7).unwrap();
    }
    fs::write(&path, text).unwrap();
    path
}

/// A config for that table.
fn config(folder: &Path, more: &str) -> std::path::PathBuf {
    let path = folder.join("shoes.toml");
    let text = format!(
        "format = 2\n[run]\nname = \"shoes\"\n[data]\nkind = \"csv\"\npath = \"shoes.csv\"\ntarget = \"price\"\n\
         batch_size = 16\nvalid_samples = 30\n{more}\n[model]\nkind = \"mlp\"\nhidden = [16]\n[optimizer]\n\
         kind = \"adam\"\nlearning_rate = 0.02\n[train]\nepochs = 60\n"
    );
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_class_is_predicted_as_it_is_evaluated() {
    for backend in BACKENDS {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let mut train = hearth(["train", "configs/iris-nano.toml", "--json", "--backend", backend]);
        let summary = json(train.arg("--run").arg(&run));
        let accuracy = summary["test"]["accuracy"].as_f64().unwrap();
        assert!(accuracy > 0.85, "{summary}");
        let report = json(hearth(["eval", "--json", "--backend", backend]).arg(&run));
        assert_eq!(report["accuracy"], accuracy);
        assert_eq!(report["per_class"][1]["class"], "versicolor");
        let info: Value = serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
        assert_eq!(info["dataset"]["samples"], serde_json::json!([102, 18, 30]));
        assert_eq!(info["table"]["columns"][0]["name"], "sepal_length");

        // The table itself, whose target is ignored.
        let mut predict = hearth(["predict", "--backend", backend]);
        let done = succeed(predict.arg(&run).arg("datasets/iris/iris.csv"));
        let lines: Vec<&str> = done.out.lines().collect();
        assert_eq!((lines[0], lines.len()), ("species,probability", 151));
        let table = fs::read_to_string(root().join("datasets/iris/iris.csv")).unwrap();
        let wanted = table.lines().skip(1).map(|line| line.rsplit(',').next().unwrap());
        let found = lines[1..].iter().map(|line| line.split(',').next().unwrap());
        let right = wanted.zip(found).filter(|(wanted, found)| wanted == found).count();
        assert!(right > 135, "{right} of 150");
    }
}

#[test]
fn a_number_is_predicted_in_the_unit_of_its_column() {
    let folder = tempfile::tempdir().unwrap();
    shoes(folder.path(), 300);
    let config = config(folder.path(), "");
    let run = folder.path().join("run");
    let summary = json(hearth(["train", "--json"]).arg(&config).arg("--run").arg(&run));
    // Equal up to rounding.
    assert!(summary["test"]["r2"].as_f64().unwrap() > 0.99, "{summary}");
    let names: Vec<&String> = summary["test"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["loss", "rmse", "mae", "r2", "samples"]);
    // The task is inferred from the target, and printed.
    let stored = fs::read_to_string(run.join("config.toml")).unwrap();
    assert!(stored.contains("kind = \"regress\"") && stored.contains("best_by = \"rmse\""));
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("Predicted price") && page.contains("Residuals"));
    let runs = succeed(hearth(["runs"]).arg(folder.path()));
    assert!(runs.out.contains("rmse "), "{}", runs.out);

    // Columns in another order, with an extra one, from standard input.
    let mut predict = hearth(["predict", "--json"]);
    let mut child = predict
        .arg(&run)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let rows = b"colour;height;size;shop\nred;3;40;a\nwhite;3;40;b\ngreen;3;40;b\n";
    child.stdin.take().unwrap().write_all(rows).unwrap();
    let done = child.wait_with_output().unwrap();
    let notes = String::from_utf8(done.stderr).unwrap();
    assert!(notes.contains("separator ;") && notes.contains("`shop` left out"), "{notes}");
    assert!(notes.contains("training has not seen `green` in column `colour` of row 3"), "{notes}");
    let found: Value = serde_json::from_slice(&done.stdout).unwrap();
    let value = |row: usize| found["predictions"][row]["value"].as_f64().unwrap();
    assert!((value(0) - 53.5).abs() < 2.0 && (value(1) - 57.5).abs() < 2.0, "{found}");
}

#[test]
fn learned_vectors_take_the_place_of_codes() {
    let folder = tempfile::tempdir().unwrap();
    shoes(folder.path(), 300);
    let config = config(folder.path(), "");
    for backend in BACKENDS {
        let run = folder.path().join(backend);
        let mut train = hearth(["train", "--json", "--backend", backend]);
        train.arg(&config).arg("model.embedding=2").arg("--run").arg(&run);
        let summary = json(&mut train);
        assert!(summary["test"]["r2"].as_f64().unwrap() > 0.98, "{summary}");
        let again = json(hearth(["eval", "--json", "--backend", backend]).arg(&run));
        assert_eq!(again["rmse"], summary["test"]["rmse"]);
    }
    let dry = succeed(hearth(["train", "--dry-run"]).arg(&config).arg("model.embedding=2"));
    assert!(dry.err.contains("embeddings.0"), "{}", dry.err);
}

#[test]
fn a_resumed_run_goes_on_with_the_task_of_its_table() {
    let folder = tempfile::tempdir().unwrap();
    shoes(folder.path(), 120);
    let config = config(folder.path(), "missing = \"mean\"");
    let train = |run: &str, epochs: u32| {
        let mut command = hearth(["train"]);
        command.arg(&config).args(["schedule.kind=constant", "train.log_every=5"]);
        command.arg(format!("train.epochs={epochs}"));
        command.arg("--run").arg(folder.path().join(run));
        command
    };
    succeed(&mut train("whole", 4));
    succeed(&mut train("parts", 2));
    succeed(train("parts", 4).arg("--resume"));
    let [whole, parts] = ["whole", "parts"].map(|run| metrics(&folder.path().join(run)));
    assert_eq!(whole, parts);
    // Without the file, from the stored coding.
    let mut resume = hearth(["train", "--resume", "train.epochs=5", "--run"]);
    succeed(resume.arg(folder.path().join("parts")));
    // A changed table is refused.
    shoes(folder.path(), 130);
    let failed = fail(train("parts", 6).arg("--resume"), 3);
    assert!(failed.err.contains("has changed since"), "{}", failed.err);
}

#[test]
fn mistakes_with_tables_are_told_before_anything_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    shoes(folder.path(), 60);
    let config = config(folder.path(), "");
    let train = |words: &[&str]| {
        let mut command = hearth(["train"]);
        command.arg(&config).args(words).arg("--run").arg(folder.path().join("never"));
        command
    };
    for (words, code, part) in [
        (&["data.target=size"][..], 3, "kind = \"regress\""),
        (&["data.target=prize"], 3, "did you mean `price`?"),
        (&["task.kind=generate"], 2, "generate"),
        (&["train.best_by=accuracy", "task.kind=regress"], 2, "best_by"),
        (&["train.best_by=accuracy"], 2, "best_by"),
        (&["data.valid_samples=60"], 3, "valid_samples"),
        (&["augment.flip=0.5"], 2, "augment"),
    ] {
        let failed = fail(&mut train(words), code);
        let said = failed.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(part), "{words:?}: {said}");
    }
    let run = folder.path().join("run");
    succeed(hearth(["train"]).arg(&config).args(["train.epochs=1", "--run"]).arg(&run));
    let short = folder.path().join("short.csv");
    fs::write(&short, "size,height\n40,3\n").unwrap();
    let failed = fail(hearth(["predict"]).arg(&run).arg(&short), 3);
    assert!(failed.err.contains("`colour`"), "{}", failed.err);
    // Options for images are errors.
    for words in [&["inspect"][..], &["sample", "--out", "grid.png"]] {
        let failed = fail(hearth(&words[..1]).arg(&run).args(&words[1..]), 2);
        assert!(failed.err.contains("run"), "{}", failed.err);
    }
}

#[test]
fn a_damaged_record_of_a_table_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    shoes(folder.path(), 60);
    let (config, run) = (config(folder.path(), ""), folder.path().join("run"));
    succeed(hearth(["train"]).arg(&config).args(["train.epochs=1", "--run"]).arg(&run));
    let whole = fs::read_to_string(run.join("run.json")).unwrap();
    for (from, to) in [
        ("\"std\": ", "\"std\": 0.0, \"was\": "),
        ("\"name\": \"size\"", "\"name\": \"colour\""),
        ("\"black\",", ""),
        ("\"kind\": \"number\",", ""),
    ] {
        assert!(whole.contains(from), "{from}");
        fs::write(run.join("run.json"), whole.replacen(from, to, 1)).unwrap();
        let rows = folder.path().join("shoes.csv");
        let failed = fail(hearth(["predict"]).arg(&run).arg(rows), 3);
        assert!(failed.err.contains("damaged") || failed.err.contains('`'), "{}", failed.err);
    }
}
