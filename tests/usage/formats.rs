//! Runs of earlier versions, which are part of the repository, are read and resumed.

use std::fs;

use crate::support::{checkpoints, copy, hearth, json, metrics, root, succeed, test_images, words};

#[test]
fn runs_of_the_format_before_are_read_and_go_on() {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("tests/cases/runs/format-1"), folder.path());
    let at = |line: &str| {
        let mut command = hearth(words(line));
        command.current_dir(folder.path()).env("HEARTH_DATASETS", root().join("datasets"));
        command
    };
    for (name, scores) in [("cnn", ["loss", "accuracy"]), ("gan", ["distance", "ceiling"])] {
        let run = folder.path().join(name);
        let test = metrics(&run).pop().unwrap();
        assert_eq!(test["kind"], "test");
        let found = json(&mut at(&format!("eval {name} --json")));
        for score in scores {
            let [found, wanted] = [&found, &test].map(|values| values[score].as_f64().unwrap());
            assert!(
                (found - wanted).abs() <= 1e-3 * wanted,
                "{name}: {score} {found}, not {wanted}"
            );
        }
        succeed(&mut at(&format!("export {name} --format onnx --out {name}-onnx")));
        let (before, config) = (checkpoints(&run).len(), run.join("config.toml"));
        assert!(fs::read_to_string(&config).unwrap().starts_with("format = 1\n"));
        succeed(&mut at(&format!("train --run {name} --resume train.epochs=3")));
        assert_eq!(checkpoints(&run).len(), before, "the newest and the best");
        let config = fs::read_to_string(config).unwrap();
        assert!(config.starts_with("format = 2\n") && config.contains("[task]"), "{config}");
    }
    let (files, _) = test_images(folder.path(), 3);
    let found = json(at("predict cnn --json").args(&files));
    assert_eq!(found["predictions"].as_array().unwrap().len(), 3);
    succeed(&mut at("sample gan --out grid.png"));
}
