//! The page of `hearth serve` in a browser.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Server, trained};
use crate::support::{hearth, json, python, test_images};

#[test]
fn the_page_answers_in_a_browser() {
    if python("selenium").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = test_images(folder.path(), 1);
    let see = |run: &Path, words: &[&PathBuf]| {
        let server = Server::start(run, &[]);
        let mut page = python("selenium").expect("it was there");
        page.arg("scripts/page.py").arg(&server.url);
        let found = json(page.arg(folder.path().join("screenshot.png")).args(words));
        assert_eq!(found["console"], Value::Array(Vec::new()));
        server.end();
        found
    };
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1"]);
    let drawn = see(&run, &[]);
    let bars = drawn["bars"].as_array().unwrap();
    let sum: f64 = bars.iter().map(|bar| bar["probability"].as_f64().unwrap()).sum();
    assert!(bars.len() == 10 && (sum - 1.0).abs() < 1e-6, "{drawn}");
    // A chosen file is sent unchanged.
    let wanted = json(hearth(["predict", "--json"]).arg(&run).args(&files));
    let chosen = see(&run, &[&files[0]]);
    for key in ["class", "probability"] {
        assert_eq!(chosen["bars"][0][key], wanted["predictions"][0]["top"][0][key]);
    }
    let run = trained(folder.path(), "gan-nano", &["train.epochs=1", "evaluate.samples=500"]);
    let made = see(&run, &[]);
    assert_eq!((&made["slider"], &made["changed"]), (&Value::from("3"), &Value::from(true)));
    let run = trained(folder.path(), "iris-nano", &["train.epochs=1"]);
    let filled = see(&run, &[]);
    let bars = filled["bars"].as_array().unwrap();
    let sum: f64 = bars.iter().map(|bar| bar["probability"].as_f64().unwrap()).sum();
    assert!(bars.len() == 3 && (sum - 1.0).abs() < 1e-6, "{filled}");
    assert_eq!(filled["row"].as_object().unwrap().len(), 4);
    let run = trained(folder.path(), "diabetes-nano", &["train.epochs=1"]);
    let filled = see(&run, &[]);
    let value = filled["value"].as_f64().unwrap();
    assert!((50.0..400.0).contains(&value), "{filled}");
    let server = Server::start(&run, &[]);
    let row: serde_json::Map<_, _> = filled["row"].as_object().unwrap().clone();
    let (_, found) = server.ask("/v1/predict", &json!({"rows": [row]}));
    assert_eq!(found["predictions"][0]["value"], value);
    server.end();
}
