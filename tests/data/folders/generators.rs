//! Generators on images without classes.

use std::fs;
use std::path::Path;

use super::{at, flat, part, place};
use crate::support::{checkpoints, fail, hearth, json, metrics, root, succeed};

pub const CONFIG: &str = r#"format = 1
[run]
name = "g"
[data]
kind = "image-folder"
path = "w"
size = 28
batch_size = 16
valid_samples = 0
[model]
kind = "dcgan"
latent = 8
widths = [4, 8]
[optimizer]
kind = "adam"
learning_rate = 0.001
beta_1 = 0.5
[train]
epochs = 3
[evaluate]
samples = 100
"#;

#[test]
fn a_generator_needs_no_classes() {
    let place = place();
    part(&place.path().join("w"), 0, 20);
    for class in ["bag", "boot"] {
        fs::remove_dir_all(place.path().join("w").join(class)).unwrap();
    }
    // One class folder, and the folder of images itself.
    let unmeasured = "distance, precision and recall are not measured";
    for path in ["w", "w/trouser"] {
        let words = format!("train g.toml data.path={path}");
        let done = succeed(&mut at(place.path(), &format!("{words} --dry-run")));
        assert!(done.err.contains("16 + 0 + 4 of each class: trouser"), "{}", done.err);
        let run = place.path().join(path.replace('/', "-") + "-run");
        let done = succeed(at(place.path(), &words).arg("--run").arg(&run));
        assert_eq!(done.err.matches(unmeasured).count(), 1, "{}", done.err);
        assert!(done.out.contains("hearth sample"), "{}", done.out);
        for step in 1..=3 {
            assert!(run.join(format!("samples/step-{step:08}.png")).exists());
        }
        assert!(run.join("samples.gif").exists());
        let page = fs::read_to_string(run.join("report.html")).unwrap();
        assert!(page.contains("data:image/png"), "the page shows its samples");
        assert_eq!(metrics(&run).last().unwrap()["kind"], "test");
        succeed(at(place.path(), "sample --out grid.png").arg(&run));
        let done = fail(at(place.path(), "eval").arg(&run), 2);
        assert!(flat(&done.err).contains("evaluate.classifier=RUN"), "{}", done.err);
    }
    // Generated images in the data's folder would become training data.
    let learned = "in data.path, so the next training learns from it";
    let done = succeed(&mut at(place.path(), "sample w-run --out w/a.png --each w/fakes"));
    assert_eq!(done.err.matches(learned).count(), 2, "{}", done.err);
    for words in ["--out w-run/a.png", "--out a.png --each ./w/../fakes"] {
        let done = succeed(&mut at(place.path(), &format!("sample w-run {words}")));
        assert!(!done.err.contains(learned), "{}", done.err);
    }
    fs::remove_dir_all(place.path().join("w/fakes")).unwrap();
    fs::remove_file(place.path().join("w/a.png")).unwrap();
    // The same with a kill and a resume. A classifier evaluates the images from there on.
    let run = place.path().join("w-run");
    succeed(&mut at(place.path(), "train g.toml train.epochs=1 --run resumed"));
    succeed(&mut at(place.path(), "train --run resumed --resume train.epochs=3"));
    let weights = |run: &Path| fs::read(checkpoints(run).pop().unwrap().join("model.safetensors"));
    assert_eq!(weights(&place.path().join("resumed")).unwrap(), weights(&run).unwrap());
    let mut classifier = hearth(["train", "configs/lenet-nano.toml", "train.epochs=1", "--run"]);
    succeed(classifier.arg(place.path().join("classifier")));
    let words = "train --run resumed --resume train.epochs=4 evaluate.classifier=classifier";
    let done = succeed(&mut at(place.path(), words));
    assert!(!done.err.contains(unmeasured) && done.out.contains("distance"), "{}", done.err);
    assert!(json(&mut at(place.path(), "eval resumed --json"))["distance"].is_number());

    let done =
        succeed(&mut at(place.path(), "sweep g.toml run.seed=1,2 train.epochs=1 --out sweep"));
    assert!(
        done.err.contains("trials without a distance have no rank; sweep/trial-001.log"),
        "{}",
        done.err
    );

    let words = "train g.toml train.early_stop.patience=2 --run never";
    assert!(flat(&fail(&mut at(place.path(), words), 2).err).contains("nothing measures it"));
    fail(&mut at(place.path(), "train w.toml --run never"), 3);
    let done = succeed(&mut at(place.path(), "init w/trouser"));
    assert!(done.err.contains("enough for a generator"), "{}", done.err);
    succeed(&mut at(place.path(), "train trouser.toml train.epochs=1 --run from-init"));
    let done = succeed(&mut at(place.path(), "data check w/trouser"));
    assert!(done.out.contains("enough for a generator"), "{}", done.out);
}

#[test]
fn the_parts_of_a_generator_may_have_other_classes() {
    let place = place();
    part(&place.path().join("w/train"), 0, 20);
    part(&place.path().join("w/test"), 20, 25);
    fs::remove_dir_all(place.path().join("w/test/bag")).unwrap();
    fs::write(place.path().join("w/train/bag/a.txt"), "of bags").unwrap();
    fs::write(place.path().join("w/stray.png"), "no image").unwrap();
    let done = succeed(&mut at(place.path(), "train g.toml train.epochs=1 --run runs/g"));
    assert!(done.err.contains("training a small classifier"), "{}", done.err);
    for file in ["bag/a.txt", "stray.png"] {
        assert_eq!(done.err.matches(file).count(), 1, "{}", done.err);
    }
    assert!(json(&mut at(place.path(), "eval runs/g --json"))["distance"].is_number());
    let done = fail(&mut at(place.path(), "train w.toml --run never"), 3);
    let missing = "class folder bag of train/ is missing";
    assert!(flat(&done.err).contains(missing), "{}", done.err);
    fs::remove_file(place.path().join("w/train/bag/a.txt")).unwrap();
    let done = succeed(&mut at(place.path(), "init w --out own.toml"));
    assert!(flat(&done.err).contains(missing), "{}", done.err);
    assert!(done.out.contains("train a generator with"), "{}", done.out);
    succeed(&mut at(place.path(), "train own.toml --dry-run"));
}

#[test]
fn a_generator_takes_any_labels() {
    let place = place();
    let mini = root().join("datasets/fashion-mnist-mini");
    let mut labels = vec![0, 0, 8, 1, 0, 0, 3, 232];
    labels.extend([3; 1000]);
    fs::write(place.path().join("labels"), labels).unwrap();
    let images = mini.join("t10k-images-idx3-ubyte.gz");
    let mut words = vec!["data.kind=idx".to_owned()];
    for part in ["train", "test"] {
        words.push(format!("data.{part}_images={:?}", images.to_str().unwrap()));
        words.push(format!("data.{part}_labels=labels"));
    }
    succeed(at(place.path(), "train g.toml train.epochs=1 --run run").args(&words));
    let done = fail(at(place.path(), "train w.toml --run never").args(&words), 3);
    assert!(done.err.contains("all its labels are 3"), "{}", done.err);

    // A feature evaluator trained by an earlier version on such labels is still used.
    let text = fs::read_to_string(place.path().join("run/run.json")).unwrap();
    let info: serde_json::Value = serde_json::from_str(&text).unwrap();
    let sums = info["dataset"]["checksums"].as_object().unwrap().iter();
    let sums: Vec<_> =
        sums.map(|(file, sum)| format!("{file} {}", sum.as_str().unwrap())).collect();
    let sum = &hearth_store::checksum(sums.join("\n").as_bytes())[..12];
    let mut judge = hearth(["train", "configs/lenet-nano.toml", "train.epochs=1", "--run"]);
    succeed(judge.arg(place.path().join(format!("judge-{sum}"))));
    let done = succeed(&mut at(place.path(), "train --run run --resume train.epochs=2"));
    assert!(done.out.contains("distance"), "{}\n{}", done.out, done.err);
}
