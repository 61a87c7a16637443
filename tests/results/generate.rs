//! `hearth train` of an adversarial pair, `hearth sample`, and the feature evaluator of its images.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{BACKENDS, fail, hearth, json, metrics, root, succeed};

/// The feature evaluator beside the runs of a folder.
fn judge(folder: &Path) -> PathBuf {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut judges =
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("judge-"));
    let judge = judges.next().unwrap().path();
    assert!(judges.next().is_none(), "one judge for one dataset");
    judge
}

/// A trained pair at `folder/run`, with its feature evaluator beside it.
fn trained(folder: &Path, words: &[&str]) -> PathBuf {
    let run = folder.join("run");
    let mut command = hearth(["train", "configs/gan-nano.toml", "evaluate.samples=300"]);
    succeed(command.args(words).arg("--run").arg(&run));
    run
}

#[test]
fn a_pair_leaves_its_pictures_its_results_and_its_judge() {
    for backend in BACKENDS {
        let folder = tempfile::tempdir().unwrap();
        let run = trained(folder.path(), &["train.epochs=3", "--backend", backend]);
        // A grid for each evaluation: 8 images of 28 pixels and the gaps around them.
        for step in [32, 64, 96] {
            let grid = image::open(run.join(format!("samples/step-{step:08}.png"))).unwrap();
            assert_eq!((grid.width(), grid.height()), (242, 242));
        }
        assert!(fs::read(run.join("samples.gif")).unwrap().starts_with(b"GIF89a"));
        let best = fs::read_to_string(run.join("best.json")).unwrap();
        assert!(best.contains("valid distance"), "{best}");
        let lines = metrics(&run);
        let train = lines.iter().find(|line| line["kind"] == "train").unwrap();
        assert!(train["discriminator_loss"].is_number() && train["generator_loss"].is_number());
        let test = lines.last().unwrap();
        assert_eq!(test["kind"], "test");
        assert_eq!(test["judge"].as_str().unwrap().len(), 64);
        assert!(test["floor"].as_f64() < test["ceiling"].as_f64(), "{test}");

        // The same results again, with their bounds.
        let report = json(hearth(["eval", "--json", "--backend", backend]).arg(&run));
        assert_eq!(report["distance"], test["distance"]);
        for name in ["precision", "recall"] {
            assert!((0.0..=1.0).contains(&report[name].as_f64().unwrap()), "{report}");
        }
        let shares = report["classes"].as_array().unwrap();
        let sum: f64 = shares.iter().map(|class| class["share"].as_f64().unwrap()).sum();
        assert!(shares.len() == 10 && (sum - 1.0).abs() < 1e-9, "{report}");
        assert_eq!(report["judge"]["checksum"], test["judge"]);
        assert_eq!(report["classes"], test["classes"]);
        let judge = judge(folder.path());
        assert_eq!(report["judge"]["run"], judge.to_str().unwrap());
        let accuracy = json(hearth(["eval", "--json"]).arg(&judge))["accuracy"].as_f64().unwrap();
        assert!(accuracy > 0.6, "{accuracy}");
        let table = succeed(hearth(["eval"]).arg(&run)).out;
        assert!(table.contains("distance") && table.contains("Ankle boot"), "{table}");

        // The feature evaluator is trained once.
        let log = fs::read(judge.join("metrics.jsonl")).unwrap();
        let words = ["train.epochs=1", "--backend", backend];
        let mut again = hearth(["train", "configs/gan-nano.toml", "evaluate.samples=300"]);
        succeed(again.args(words).arg("--run").arg(folder.path().join("again")));
        assert_eq!(fs::read(judge.join("metrics.jsonl")).unwrap(), log);
        let listed = json(hearth(["runs", "--json"]).arg(folder.path()));
        let row = listed["runs"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["run"] == run.to_str().unwrap());
        assert_eq!(row.unwrap()["test_distance"], test["distance"]);
    }
}

#[test]
fn samples_are_those_of_their_seed() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), &["train.epochs=1"]);
    let sample = |name: &str, words: &[&str]| {
        let out = folder.path().join(name);
        succeed(hearth(["sample"]).arg(&run).arg("--out").arg(&out).args(words));
        fs::read(out).unwrap()
    };
    let first = sample("first.png", &["--count", "10", "--seed", "7"]);
    assert_eq!(first, sample("again.png", &["--count", "10", "--seed", "7"]));
    assert_ne!(first, sample("other.png", &["--count", "10", "--seed", "8"]));
    let grid = image::load_from_memory(&first).unwrap();
    // Ten images in rows of four.
    assert_eq!((grid.width(), grid.height()), (122, 92));
    let walk = sample("walk.png", &["--count", "9", "--seed", "7", "--interpolate"]);
    assert_ne!(walk, sample("plain.png", &["--count", "9", "--seed", "7"]));

    // One image in each file, the same as in the grid.
    let each = folder.path().join("each");
    sample("grid.png", &["--count", "10", "--seed", "7", "--each", each.to_str().unwrap()]);
    let mut files: Vec<_> =
        fs::read_dir(&each).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 10);
    let fifth = image::open(&files[5]).unwrap().to_luma8();
    let cut = grid.crop_imm(2 + 30, 2 + 30, 28, 28).to_luma8();
    assert_eq!(fifth, cut, "row 1, column 1");
    let answer = json(
        hearth(["sample", "--json", "--count", "1"])
            .arg(&run)
            .arg("--out")
            .arg(each.join("one.png")),
    );
    assert_eq!(answer["count"], 1);
}

#[test]
fn a_run_of_the_other_kind_is_told_what_to_use() {
    let folder = tempfile::tempdir().unwrap();
    let pair = trained(folder.path(), &["train.epochs=1"]);
    let classifier = judge(folder.path());
    let done = fail(hearth(["predict"]).arg(&pair).arg("shirt.png"), 2);
    assert!(done.err.contains("hearth sample"), "{}", done.err);
    let done = fail(hearth(["sample", "--out", "x.png"]).arg(&classifier), 2);
    assert!(done.err.contains("hearth predict"), "{}", done.err);
    let done = fail(hearth(["sample", "--out", "x.jpg"]).arg(&pair), 2);
    assert!(done.err.contains(".png"), "{}", done.err);
    let done = fail(hearth(["sample", "--count", "0"]).arg(&pair), 2);
    assert!(done.err.contains("--count"), "{}", done.err);
    // A feature evaluator for other images, and one that is no classifier.
    let mut command = hearth(["train", "configs/gan-nano.toml", "--run"]);
    command.arg(folder.path().join("judged"));
    let done = fail(command.arg(format!("evaluate.classifier={}", pair.display())), 2);
    assert!(done.err.contains("names classes"), "{}", done.err);
}

#[test]
fn pictures_from_elsewhere_are_judged_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), &["train.epochs=1", "evaluate.samples=1000"]);
    let real = "datasets/fashion-mnist-mini/t10k-images-idx3-ubyte.gz";
    let report = json(hearth(["eval", "--json", "--pictures", real]).arg(&run));
    // Real test images, compared with themselves.
    assert!(report["distance"].as_f64().unwrap() < 1e-6, "{report}");
    assert!(report["recall"].as_f64().unwrap() > 0.99, "{report}");
    let labels = "datasets/fashion-mnist-mini/t10k-labels-idx1-ubyte.gz";
    let done = fail(hearth(["eval", "--pictures", labels]).arg(&run), 3);
    assert!(done.err.contains("it holds labels and not images"), "{}", done.err);
}

#[test]
fn a_judge_that_was_interrupted_or_lost_is_trained_again() {
    let folder = tempfile::tempdir().unwrap();
    let whole = trained(folder.path(), &["train.epochs=1"]);
    let results = metrics(&whole);
    let killed = tempfile::tempdir().unwrap();
    let train = || {
        let mut command = hearth(["train", "configs/gan-nano.toml", "evaluate.samples=300"]);
        command.args(["train.epochs=1", "--resume", "--run"]).arg(killed.path().join("run"));
        command
    };
    let mut child = train().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Its feature evaluator has its first checkpoint, and not its last.
    let begun = Instant::now();
    let started = || {
        let judge = fs::read_dir(killed.path()).unwrap().next()?.unwrap().path();
        let mut steps = fs::read_dir(judge.join("checkpoints")).ok()?;
        steps.find(|step| step.as_ref().unwrap().file_name().to_string_lossy().starts_with("step-"))
    };
    while started().is_none() && begun.elapsed() < Duration::from_mins(1) {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!killed.path().join("run").exists(), "the judge comes first");
    succeed(&mut train());
    assert_eq!(metrics(&killed.path().join("run")), results, "the same judge, the same numbers");

    // Without it the error has the remedy, which works.
    fs::remove_dir_all(judge(killed.path())).unwrap();
    let done = fail(hearth(["eval"]).arg(killed.path().join("run")), 2);
    assert!(done.err.contains("--resume"), "{}", done.err);
    succeed(&mut train());
    succeed(
        hearth(["eval", "."])
            .current_dir(killed.path().join("run"))
            .args(["--datasets"])
            .arg(root().join("datasets")),
    );
}

#[test]
fn a_run_that_another_classifier_judges_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), &["train.epochs=1"]);
    let other = folder.path().join("other");
    let mut command = hearth(["train", "configs/lenet-nano.toml", "train.epochs=1", "--run"]);
    succeed(command.arg(&other));
    let mut command = hearth(["train", "train.epochs=2", "--resume", "--run"]);
    let word = format!("evaluate.classifier={}", other.display());
    let done = succeed(command.arg(&run).arg(word));
    assert!(done.err.contains("another classifier"), "{}", done.err);
}
