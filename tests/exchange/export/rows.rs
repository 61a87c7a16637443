//! Exported networks for rows of a table, in other programs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{assert_same, export, probabilities, rows, train};
use crate::support::{hearth, json, python, root, words};

/// A random table of 200 homes with categories and numbers, some of them missing.
fn homes(file: &Path, seed: u64, cities: &[&str]) {
    let mut state = seed;
    let mut draw = |below: u64| {
        // Knuth's 64-bit linear congruential generator.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut text = "kind,size,city,year,colour,price\n".to_owned();
    for _ in 0..200 {
        let (city, colour) = (draw(cities.len() as u64), draw(4));
        let (size, year) = (20 + draw(2000) / 10, 1950 + draw(70));
        let price = 1000 * size + 20_000 * city + 500 * (year - 1950) + draw(9000);
        let kind = if price > 150_000 { "large" } else { "small, or \"so\"" }.replace('"', "\"\"");
        let size = if draw(9) == 0 { "NA".to_owned() } else { format!("{size}.{}", draw(10)) };
        let colour = ["red", "", "vert fonc\u{e9}", "blue"][colour as usize];
        let city = cities[city as usize];
        writeln!(text, "\"{kind}\",{size},{city},{year},{colour},{price}").unwrap();
    }
    std::fs::write(file, text).unwrap();
}

/// The predictions for the rows of a file: probabilities by class, or a number.
fn predict(network: &Path, file: &Path) -> Vec<Vec<f64>> {
    let mut predict = hearth(words("predict --top 0 --json"));
    let found = json(predict.arg(network).arg(file));
    let of_row = |row: &Value| match row["value"].as_f64() {
        Some(value) => vec![value],
        None => probabilities(row),
    };
    found["predictions"].as_array().unwrap().iter().map(of_row).collect()
}

/// Name, config, settings and rows of each network.
fn cases(folder: &Path) -> Vec<(&'static str, &'static str, String, PathBuf)> {
    let [table, others] = ["homes.csv", "others.csv"].map(|name| folder.join(name));
    homes(&table, 1, &["Rome", "Bern", "Oslo"]);
    homes(&others, 2, &["Rome", "Atlantis", "Oslo", "Bern"]);
    let on_homes = |target: &str, ignore: &str, more: &str| {
        format!(
            "data.path={} data.target={target} data.ignore=[\"{ignore}\"] data.valid_samples=20 \
             data.missing=category {more}",
            table.display()
        )
    };
    let of_datasets = |file: &str| root().join("datasets").join(file);
    vec![
        ("iris", "iris-nano", String::new(), of_datasets("iris/iris.csv")),
        ("diabetes", "diabetes-nano", String::new(), of_datasets("diabetes/diabetes.csv")),
        ("one-hot", "iris-nano", on_homes("kind", "price", ""), others.clone()),
        (
            "embedding",
            "diabetes-nano",
            on_homes("price", "kind", "model.embedding=3 model.activation=tanh"),
            others.clone(),
        ),
        (
            "categories",
            "diabetes-nano",
            on_homes("price", "kind", "data.columns=[\"city\",\"colour\"] data.ignore=[]"),
            others,
        ),
    ]
}

#[test]
fn networks_on_tables_compute_the_same_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    for (name, config, overrides, file) in cases(folder.path()) {
        let run = folder.path().join(name);
        train(config, &overrides, &run);
        let ours = predict(&run, &file);
        let [onnx, safetensors, burnpack] = ["onnx", "safetensors", "burnpack"].map(|format| {
            let out = folder.path().join(format!("{name}-{format}"));
            let difference = export(&run, &format!("--format {format}"), &out);
            let allowed = if format == "onnx" { 1e-5 } else { 0.0 };
            assert!(difference <= allowed, "{name} {format}: {difference}");
            println!("{name} {format}: {difference:.1e}");
            out
        });
        let half = folder.path().join(format!("{name}-half"));
        let difference = export(&run, "--format safetensors --half", &half);
        assert!(difference > 0.0 && difference <= 1e-2, "{name}: {difference}");
        for out in [&safetensors, &burnpack] {
            assert_eq!(predict(out, &file), ours, "{}", out.display());
        }
        let settings = std::fs::read(safetensors.join("config.json")).unwrap();
        let settings: Value = serde_json::from_slice(&settings).unwrap();
        let info: Value =
            serde_json::from_slice(&std::fs::read(run.join("run.json")).unwrap()).unwrap();
        assert_eq!(settings["table"], info["table"], "{name}");
        let card = std::fs::read_to_string(burnpack.join("README.md")).unwrap();
        assert!(card.contains("Classifier::for_rows(network, &hearth_model::RowDims"), "{card}");

        let Some(mut command) = python("numpy, onnxruntime, torch, safetensors") else { continue };
        command.arg("scripts/export_rows.py").args([&onnx, &safetensors, &file]);
        let theirs = json(&mut command);
        let inputs: Vec<String> = serde_json::from_value(theirs["inputs"].clone()).unwrap();
        let wanted: &[&str] = match name {
            "iris" | "diabetes" => &["numbers"],
            "categories" => &["codes"],
            _ => &["numbers", "codes"],
        };
        assert_eq!(inputs, wanted, "{name}");
        // Probabilities, or numbers in standard deviations of the target.
        let unit = info["table"]["target"]["std"].as_f64().unwrap_or(1.0);
        let scaled = |rows: Vec<Vec<f64>>| -> Vec<Vec<f64>> {
            rows.into_iter().map(|row| row.iter().map(|value| value / unit).collect()).collect()
        };
        let (ours, onnx) = (scaled(ours), scaled(rows(&theirs["onnx"])));
        let pytorch = scaled(rows(&theirs["pytorch"]));
        assert_same(&format!("{name} in onnxruntime"), &onnx, &ours, 1e-4);
        assert_same(&format!("{name} in PyTorch"), &pytorch, &ours, 1e-5);
        println!("{name}: {:.1e} {:.1e}", farthest(&onnx, &ours), farthest(&pytorch, &ours));
    }
}

fn farthest(found: &[Vec<f64>], wanted: &[Vec<f64>]) -> f64 {
    let pairs = found.iter().flatten().zip(wanted.iter().flatten());
    pairs.map(|(found, wanted)| (found - wanted).abs()).fold(0.0, f64::max)
}
