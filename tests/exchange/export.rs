//! Exports of `hearth export`, run in other programs.

mod rows;
mod texts;
mod weights;

use std::path::Path;

use serde_json::Value;

use crate::support::{
    checkpoints, fail, hearth, is_of_agent, json, nanos, python, succeed, test_images, words,
};

/// A pair of perceptrons for the small set.
const GAN_MLP: &str =
    "evaluate.samples=500 data.kind=fashion-mnist-mini data.valid_samples=0 model.hidden=[64,32]";

/// Trains a config for an epoch on the small set.
fn train(config: &str, overrides: &str, run: &Path) {
    let line = format!("train configs/{config}.toml train.epochs=1 {overrides} --run");
    succeed(hearth(words(&line)).arg(run));
}

/// Exports, and returns the difference found by the check.
fn export(run: &Path, options: &str, out: &Path) -> f64 {
    let mut command = hearth(words(&format!("export {options} --json")));
    let done = json(command.arg(run).arg("--out").arg(out));
    assert!(Path::new(done["file"].as_str().unwrap()).exists());
    let info = std::fs::read(run.join("run.json")).unwrap();
    let info: Value = serde_json::from_slice(&info).unwrap();
    let num_test = info["dataset"]["samples"][2].as_u64().unwrap();
    assert_eq!(done["samples"], num_test.min(256));
    for file in ["README.md", "config.json"] {
        assert!(out.join(file).exists(), "{file}");
    }
    done["difference"].as_f64().unwrap()
}

#[test]
fn every_network_is_exported_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let others = ["softmax", "gan-mlp"].map(str::to_owned);
    let networks = nanos().into_iter().filter(|config| !is_of_agent(config));
    for config in &networks.chain(others).collect::<Vec<_>>() {
        let overrides = match config.as_str() {
            "softmax" => "data.kind=fashion-mnist-mini data.valid_samples=200",
            "mlp-nano" => "model.activation=gelu",
            "lenet-nano" => "model.pooling=average model.activation=sigmoid",
            "gan-nano" => "evaluate.samples=500",
            "gan-mlp" => GAN_MLP,
            _ => "",
        };
        let is_pair = config.starts_with("gan");
        let parts: &[&str] =
            if is_pair { &["--network generator", "--network discriminator"] } else { &[""] };
        let run = folder.path().join(config);
        train(config, overrides, &run);
        for (part, options) in parts.iter().enumerate() {
            for (format, allowed) in [("onnx", 1e-4), ("safetensors", 1e-5), ("burnpack", 1e-5)] {
                let out = folder.path().join(format!("{config}-{part}-{format}"));
                let difference = export(&run, &format!("{options} --format {format}"), &out);
                assert!(difference <= allowed, "{config} {options} {format}: {difference}");
            }
        }
        let out = folder.path().join(format!("{config}-half"));
        let difference = export(&run, "--format safetensors --half", &out);
        assert!(difference > 0.0 && difference <= 1e-2, "{config}: {difference}");
        let sizes = [&out, &folder.path().join(format!("{config}-0-safetensors"))]
            .map(|out| std::fs::metadata(out.join("model.safetensors")).unwrap().len());
        // Names and shapes are most of a small file.
        assert!(sizes[1] < 2000 || sizes[0] < sizes[1] * 6 / 10, "{sizes:?}");
    }
}

#[test]
fn onnxruntime_and_pytorch_compute_the_same() {
    let engines = || python("numpy, onnxruntime, torch");
    if engines().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = test_images(folder.path(), 1000);
    let pixels: Vec<u8> =
        files.iter().flat_map(|file| image::open(file).unwrap().into_luma8().into_raw()).collect();
    let pixel_file = folder.path().join("pixels");
    std::fs::write(&pixel_file, pixels).unwrap();
    for (config, overrides, kind) in [
        ("softmax", "data.kind=fashion-mnist-mini data.valid_samples=200", "classifier"),
        ("mlp-nano", "model.activation=gelu", "classifier"),
        ("lenet-nano", "", "classifier"),
        ("cnn-nano", "", "classifier"),
        ("resnet-nano", "", "classifier"),
        ("gan-nano", "evaluate.samples=500", "generator"),
        ("gan-nano", "evaluate.samples=500", "discriminator"),
        ("gan-mlp", GAN_MLP, "generator"),
        ("gan-mlp", GAN_MLP, "discriminator"),
    ] {
        let run = folder.path().join(config);
        if !run.exists() {
            train(config, overrides, &run);
        }
        let part = if kind == "classifier" { String::new() } else { format!("--network {kind}") };
        let [onnx, safetensors] = ["onnx", "safetensors"].map(|format| {
            let out = folder.path().join(format!("{config}-{kind}-{format}"));
            export(&run, &format!("{part} --format {format}"), &out);
            out
        });
        let mut command = engines().expect("they were there");
        command.arg("scripts/exports.py").arg(kind).args([&onnx, &safetensors]).arg(&pixel_file);
        let theirs = json(&mut command);
        let [onnx, pytorch] = ["onnx", "pytorch"].map(|engine| rows(&theirs[engine]));
        assert_eq!(onnx.len(), 1000);
        assert_same(&format!("{config} {kind}: engines"), &onnx, &pytorch, 1e-4);
        if kind == "classifier" {
            let mut predict = hearth(words("predict --top 0 --json"));
            let ours = json(predict.arg(&run).args(&files));
            let ours: Vec<Vec<f64>> =
                ours["predictions"].as_array().unwrap().iter().map(probabilities).collect();
            assert_same(&format!("{config} in onnxruntime"), &onnx, &ours, 1e-4);
            assert_same(&format!("{config} in PyTorch"), &pytorch, &ours, 1e-5);
            // PyTorch's own files hold the same weights, except 16-bit ones.
            let import = |name: &str| {
                let imported = folder.path().join(format!("{config}-{name}"));
                let mut command = hearth(words("import --config"));
                command.arg(format!("configs/{config}.toml")).arg(safetensors.join(name));
                succeed(command.args(words(overrides)).arg("--run").arg(&imported));
                let checkpoint = checkpoints(&imported).pop().unwrap();
                (imported, std::fs::read(checkpoint.join("model.safetensors")).unwrap())
            };
            let (_, wanted) = import("model.safetensors");
            assert!(import("network.pt").1 == wanted, "{config}: a state_dict");
            let (halved, _) = import("checkpoint.pth");
            let mut predict = hearth(words("predict --top 0 --json"));
            let halved = json(predict.arg(halved).args(&files));
            let halved: Vec<_> =
                halved["predictions"].as_array().unwrap().iter().map(probabilities).collect();
            assert_same(&format!("{config} in 16 bits"), &halved, &ours, 1e-2);
            for (ours, theirs) in ours.iter().zip(onnx.iter().zip(&pytorch)) {
                assert_eq!([top(theirs.0), top(theirs.1)], [top(ours); 2], "{config}");
            }
        }
    }
}

/// Colour to grey, sizes, transparency, palettes, 16 bits and rotated JPEGs: the model card's program preprocesses each
/// as `hearth predict` does.
#[test]
fn the_card_says_how_images_are_prepared() {
    let engines = || python("numpy, onnxruntime, PIL");
    let Some(mut make) = engines() else { return };
    let folder = tempfile::tempdir().unwrap();
    json(make.args(["scripts/preprocessing.py", "make"]).arg(folder.path()));
    let images = folder.path().join("images").read_dir().unwrap();
    let mut images: Vec<_> = images.map(|entry| entry.unwrap().path()).collect();
    images.sort();
    assert_eq!(images.len(), 400);
    for color in ["grey", "rgb"] {
        let run = folder.path().join(color);
        let mut train = hearth(words("train configs/mlp-nano.toml train.epochs=10 data.size=16"));
        train.args([
            "data.kind=image-folder",
            &format!("data.color={color}"),
            "data.valid_samples=32",
        ]);
        train.arg(format!("data.path={}", folder.path().join("set").display()));
        succeed(train.arg("--run").arg(&run));
        let predict = |network: &Path| {
            let mut predict = hearth(words("predict --top 0 --json"));
            let found = json(predict.arg(network).args(&images));
            let found = found["predictions"].as_array().unwrap();
            found.iter().map(probabilities).collect::<Vec<_>>()
        };
        let ours = predict(&run);
        let [onnx, safetensors] = ["onnx", "safetensors"].map(|format| {
            let out = folder.path().join(format!("{color}-{format}"));
            let options = format!("export --format {format} --json");
            json(hearth(words(&options)).arg(&run).arg("--out").arg(&out));
            let settings = std::fs::read_to_string(out.join("config.json")).unwrap();
            let settings: Value = serde_json::from_str(&settings).unwrap();
            assert_eq!(settings["preprocessing"]["version"], 1);
            for (step, word) in [
                ("size", "16 rows and 16 columns"),
                ("transparency", "on white"),
                ("orientation", "EXIF"),
            ] {
                let how = settings["preprocessing"][step].as_str().unwrap();
                assert!(how.contains(word), "{step}: {how}");
            }
            let how = settings["preprocessing"]["color"].as_str().unwrap();
            assert_eq!(how.contains("BT.709"), color == "grey", "{how}");
            out
        });
        assert_eq!(predict(&safetensors), ours, "an export is prepared for like its run");
        let mut command = engines().expect("they were there");
        command.args(["scripts/preprocessing.py", "classify"]).arg(&onnx);
        let theirs = rows(&json(command.args(&images))["probabilities"]);
        assert_eq!(theirs.len(), ours.len());
        let mut farthest = 0.0_f64;
        for (image, (ours, theirs)) in images.iter().zip(ours.iter().zip(&theirs)) {
            assert_eq!(
                top(theirs),
                top(ours),
                "{color} {}: {theirs:?}, not {ours:?}",
                image.display()
            );
            let differences = ours.iter().zip(theirs).map(|(ours, theirs)| (ours - theirs).abs());
            farthest = differences.fold(farthest, f64::max);
        }
        assert!(farthest < 0.02, "{color}: {farthest}");
    }
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    serde_json::from_value(value.clone()).unwrap()
}

/// The probability of each class, in the order of the classes.
fn probabilities(prediction: &Value) -> Vec<f64> {
    let guesses = prediction["top"].as_array().unwrap();
    let mut row = vec![f64::NAN; guesses.len()];
    for guess in guesses {
        row[guess["index"].as_u64().unwrap() as usize] = guess["probability"].as_f64().unwrap();
    }
    row
}

fn top(row: &[f64]) -> usize {
    (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap()
}

fn assert_same(what: &str, found: &[Vec<f64>], wanted: &[Vec<f64>], allowed: f64) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (found, wanted) in found.iter().zip(wanted) {
        assert_eq!(found.len(), wanted.len(), "{what}");
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() <= allowed, "{what}: {found}, not {wanted}");
        }
    }
}

#[test]
fn what_cannot_be_exported_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train("mlp-nano", "", &run);
    let full = folder.path().join("full");
    std::fs::create_dir(&full).unwrap();
    std::fs::write(full.join("mine.txt"), "mine").unwrap();
    let out = folder.path().join("out");
    for (options, out, part) in [
        ("--format onnx", &full, "is not empty"),
        ("--format onnx --network generator", &out, "has one network"),
        ("--format onnx --half", &out, "--half writes a safetensors file"),
        ("--format tflite", &out, "it is onnx, safetensors or burnpack"),
        ("--format onnx --checkpoint 7", &out, "7"),
    ] {
        let mut command = hearth(words(&format!("export {options}")));
        let failed = fail(command.arg(&run).arg("--out").arg(out), 2);
        assert!(failed.err.contains(part), "{options}: {}", failed.err);
    }
    assert!(!out.exists());
    let left: Vec<_> =
        folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}
