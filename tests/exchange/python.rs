//! `model.safetensors` in Python: the safetensors library and a forward pass in NumPy.

use crate::support::{hearth, json, python, succeed, test_images};

/// Reads the tensors by their documented names and layout, and prints each image's probabilities.
const FORWARD: &str = r#"
import json, sys
import numpy
from safetensors.numpy import load_file

tensors = load_file(sys.argv[1])
info = json.load(open(sys.argv[2]))
pixels = numpy.frombuffer(open(sys.argv[3], "rb").read(), numpy.uint8).reshape(-1, 28 * 28)
mean, std = info["normalization"]["mean"][0], info["normalization"]["std"][0]
features = ((pixels / 255 - mean) / std).astype(numpy.float32)
depth = len(tensors) // 2
for layer in range(depth):
    features = features @ tensors[f"layers.{layer}.weight"] + tensors[f"layers.{layer}.bias"]
    if layer < depth - 1:
        features = numpy.maximum(features, 0)
features = numpy.exp(features - features.max(1, keepdims=True))
print(json.dumps((features / features.sum(1, keepdims=True)).tolist()))
"#;

#[test]
fn numpy_computes_the_same_probabilities() {
    let Some(mut python) = python("numpy, safetensors") else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut command = hearth(["train", "configs/mlp-nano.toml", "model.hidden=[48,24]", "--run"]);
    succeed(command.arg(&run));
    let (files, _) = test_images(folder.path(), 100);
    let answer = json(hearth(["predict", "--json", "--top", "0"]).arg(&run).args(&files));
    let raw: Vec<u8> =
        files.iter().flat_map(|file| image::open(file).unwrap().to_luma8().into_raw()).collect();
    std::fs::write(folder.path().join("raw"), raw).unwrap();
    let best: serde_json::Value =
        serde_json::from_slice(&std::fs::read(run.join("best.json")).unwrap()).unwrap();
    let checkpoint = run.join(format!("checkpoints/step-{:08}", best["step"].as_u64().unwrap()));
    let output = python
        .args(["-c", FORWARD])
        .args([
            checkpoint.join("model.safetensors"),
            run.join("run.json"),
            folder.path().join("raw"),
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let outside: Vec<Vec<f64>> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(outside.len(), 100);
    let predictions = answer["predictions"].as_array().unwrap();
    for (prediction, outside) in predictions.iter().zip(&outside) {
        for guess in prediction["top"].as_array().unwrap() {
            let ours = guess["probability"].as_f64().unwrap();
            let theirs = outside[guess["index"].as_u64().unwrap() as usize];
            assert!((ours - theirs).abs() < 1e-5, "{ours} is not {theirs}");
        }
    }
}
