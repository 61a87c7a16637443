//! Exported weights, imported again.

use std::path::Path;

use super::{export, train};
use crate::support::{fail, hearth, is_of_agent, json, nanos, root, succeed, words};

/// True for a config of rows of a table or of texts.
fn is_on_other_data(config: &str) -> bool {
    let text = std::fs::read_to_string(root().join(format!("configs/{config}.toml"))).unwrap();
    let is_of = |kind: &&str| text.contains(&format!("kind = \"{kind}"));
    ["csv", "text-"].iter().any(is_of) || is_of_agent(config)
}

const EMPTY: &Vec<usize> = &Vec::new();
const NONE: &Vec<u8> = &Vec::new();

/// The name of a tensor in a module: `layer12.weight` of `12.weight`.
fn person(name: &str) -> String {
    format!("net.layer{name}")
}

/// Name, shape and bytes of each tensor.
fn read(file: &Path) -> Vec<(String, Vec<usize>, Vec<u8>)> {
    let bytes = std::fs::read(file).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let tensors = tensors
        .iter()
        .map(|(name, tensor)| (name.to_owned(), tensor.shape().to_vec(), tensor.data().to_vec()));
    tensors.collect()
}

fn write<'a>(file: &Path, tensors: impl Iterator<Item = (String, &'a Vec<usize>, &'a Vec<u8>)>) {
    use safetensors::tensor::TensorView;
    let views = tensors.map(|(name, shape, bytes)| {
        // An empty shape has one element.
        let bytes: &[u8] = if bytes.is_empty() { &[0; 4] } else { bytes };
        (name, TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let views: Vec<_> = views.collect();
    std::fs::write(file, safetensors::serialize(views, None).unwrap()).unwrap();
}

#[test]
fn weights_come_back_from_pytorch() {
    let folder = tempfile::tempdir().unwrap();
    for config in &nanos() {
        // Weights are imported for classifiers of images.
        if config.starts_with("gan") || is_on_other_data(config) {
            continue;
        }
        let run = folder.path().join(config);
        train(config, "", &run);
        let out = folder.path().join(format!("{config}-out"));
        export(&run, "--format safetensors", &out);
        let imported = folder.path().join(format!("{config}-imported"));
        let import = |file: &Path, imported: &Path| {
            let mut command = hearth(words("import --config"));
            command.arg(format!("configs/{config}.toml")).arg(file).arg("--run").arg(imported);
            command
        };
        let done = succeed(&mut import(&out.join("model.safetensors"), &imported));
        assert!(
            done.err.contains("0.weight -> ") || done.err.contains("1.weight -> "),
            "{}",
            done.err
        );
        let eval = |run: &Path| json(hearth(words("eval --json --checkpoint last")).arg(run));
        assert_eq!(eval(&imported), eval(&run), "{config}: the same network");
        let mut resume = hearth(words("train --resume train.epochs=1 --run"));
        succeed(resume.arg(&imported));

        // Names that a person gives, and a tensor that does not fit.
        let tensors = read(&out.join("model.safetensors"));
        let renamed = folder.path().join(format!("{config}-named.safetensors"));
        write(&renamed, tensors.iter().map(|(name, shape, values)| (person(name), shape, values)));
        let named = folder.path().join(format!("{config}-named"));
        succeed(&mut import(&renamed, &named));
        assert_eq!(eval(&named), eval(&run), "{config} by its layers");
        let wrong = folder.path().join(format!("{config}-wrong.safetensors"));
        write(
            &wrong,
            tensors.iter().enumerate().map(|(index, (name, shape, values))| {
                let shape = if index == 0 { EMPTY } else { shape };
                (name.clone(), shape, if index == 0 { NONE } else { values })
            }),
        );
        let failed = fail(&mut import(&wrong, &folder.path().join("wrong")), 3);
        assert!(failed.err.contains("wrong.safetensors"), "{}", failed.err);
        assert!(!folder.path().join("wrong").exists());
    }
    let file = folder.path().join("network.pt");
    std::fs::write(&file, b"PK").unwrap();
    let mut command = hearth(words("import --config configs/mlp-nano.toml --run"));
    let failed = fail(command.arg(folder.path().join("pt")).arg(&file), 3);
    assert!(failed.err.contains("network.pt"), "{}", failed.err);
}
