//! Imports of PyTorch's weights. The expected accuracies are PyTorch's own: `scripts/import_cases.py` prints them, and
//! writes the files.

use std::path::Path;

use crate::support::{Done, fail, hearth, json, root, succeed, words};

const RESNET: &str = "model.kind=resnet model.widths=[8,16] model.depths=[1,1]";
const WORDS: &str = "model.hidden=[64,64,64,64]";
const CNN: &str = "model.kind=cnn model.widths=[8,16]";
const MLP: &str = "model.hidden=[64]";

/// The config of these networks, with a perceptron.
const CONFIG: &str = r#"format = 1
[run]
name = "imported"
report = false
[data]
kind = "fashion-mnist-mini"
batch_size = 64
valid_samples = 1
[model]
kind = "mlp"
hidden = [64]
[optimizer]
kind = "sgd"
learning_rate = 0.05
[train]
epochs = 1
"#;

/// The command that imports a file, as `run` in this folder.
fn import(folder: &Path, file: &Path, line: &str) -> std::process::Command {
    std::fs::write(folder.join("config.toml"), CONFIG).unwrap();
    let mut command = hearth(["import"]);
    command.arg(file).args(words(line)).arg("--config").arg(folder.join("config.toml"));
    command.arg("--run").arg(folder.join("run"));
    command
}

fn case(name: &str) -> std::path::PathBuf {
    root().join("tests/cases/import").join(name)
}

/// Imports a file, asserts the test accuracy, and returns the messages.
fn imports(name: &str, line: &str, accuracy: &str) -> Done {
    let folder = tempfile::tempdir().unwrap();
    let done = succeed(&mut import(folder.path(), &case(name), line));
    assert!(done.out.contains(&format!("accuracy {accuracy}")), "{name} {line}: {}", done.out);
    done
}

/// Asserts that an import fails, and returns the message without line breaks.
fn refuses(file: &Path, line: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let is_usage = ["layer9", "stem.convolution", "emma"].iter().any(|name| line.contains(name));
    let failed = fail(&mut import(folder.path(), file, line), if is_usage { 2 } else { 3 });
    assert!(!folder.path().join("run").exists(), "{line}: a run is left");
    failed.err.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn layers_of_one_shape_are_told_apart_by_the_order_of_the_file() {
    let done = imports("words.pt", WORDS, "0.7600");
    let said = "told apart by their order in the file: mlp2.one, mlp2.two, mlp2.three";
    assert!(done.err.contains(said), "{}", done.err);
    assert!(done.err.contains("mlp2.two.weight -> layers.2.weight"), "{}", done.err);
    // The first block's convolutions are `conv_b` and `conv_a`.
    let done = imports("letters.pt", RESNET, "0.6040");
    assert!(
        done.err.contains("order in the file: layer1.0.conv_b, layer1.0.conv_a"),
        "{}",
        done.err
    );
}

#[test]
fn norms_are_told_apart_by_the_convolutions_beside_them() {
    for file in ["resnet.pt", "resnet.safetensors"] {
        let done = imports(file, RESNET, "0.6040");
        for pair in [
            "layer2.0.norm2.weight -> stages.1.0.second.norm.gamma",
            "layer2.0.downsample.1.weight -> stages.1.0.projection.norm.gamma",
        ] {
            assert!(done.err.contains(pair), "{file}: {}", done.err);
        }
    }
}

#[test]
fn what_nothing_decides_is_an_error_that_lists_both_and_an_option_decides_it() {
    for (file, reason) in [
        ("letters.safetensors", "safetensors keeps no order"),
        ("sorted.pt", "the file was sorted"),
    ] {
        let said = refuses(&case(file), RESNET);
        for part in [
            "layer1.0.conv_a, layer1.0.conv_b",
            "stages.0.0.first.convolution, stages.0.0.second.convolution",
            reason,
            "--map layer1.0.conv_a=stages.0.0.first.convolution",
        ] {
            assert!(said.contains(part), "{file}: {said}");
        }
        // The norms are `norm1` and `norm2` beside `conv_b` and `conv_a`.
        let convolutions = "--map layer1.0.conv_b=stages.0.0.first.convolution";
        let said = refuses(&case(file), &format!("{convolutions} {RESNET}"));
        assert!(said.contains("layer1.0.norm1, layer1.0.norm2"), "{file}: {said}");
        assert!(said.contains("as --map layer1.0.norm1=stages.0.0.first.norm"), "{file}: {said}");
        let norms = "--map layer1.0.norm1=stages.0.0.first.norm";
        imports(file, &format!("{convolutions} {norms} {RESNET}"), "0.6040");
    }
    let said = refuses(&case("resnet.pt"), &format!("--map layer9=head {RESNET}"));
    assert!(said.contains("--map names `layer9`, and the file has conv1, bn1"), "{said}");
    // A batch normalisation has the place of one.
    let said = refuses(&case("resnet.pt"), &format!("--map bn1=layer9 {RESNET}"));
    assert!(said.contains("the network of the config has stem.norm, "), "{said}");
    let said = refuses(&case("resnet.pt"), &format!("--map fc=stem.convolution {RESNET}"));
    assert!(said.contains("does not fit"), "{said}");
}

#[test]
fn a_file_is_known_by_what_is_in_it_and_the_network_is_found_among_other_things() {
    for (file, left_out) in [
        ("lightning.ckpt", "state_dict.criterion.weight"),
        ("lightning.ckpt", "optimizer_states ("),
        ("checkpoint", "best_accuracy (1 tensor), optimizer ("),
        ("averaged.pth.tar", "n_averaged, total_ops, module.conv1.total_params"),
    ] {
        let done = imports(file, RESNET, "0.6040");
        let line = done.err.lines().find(|line| line.contains(left_out));
        assert!(line.is_some_and(|line| line.contains("left out")), "{file}: {}", done.err);
    }
}

#[test]
fn of_several_networks_the_user_says_which() {
    let said = refuses(&case("two.bin"), RESNET);
    assert!(
        said.contains("several networks that fit: model, ema; say which, as --key model"),
        "{said}"
    );
    imports("two.bin", &format!("--key model {RESNET}"), "0.6040");
    imports("two.bin", &format!("--ignore ema {RESNET}"), "0.6040");
    // The other network's last layer is all zeros.
    let done = imports("two.bin", &format!("--key ema {RESNET}"), "0.1000");
    assert!(done.err.contains("no better than guessing among 10 classes"), "{}", done.err);
    let said = refuses(&case("two.bin"), &format!("--key emma {RESNET}"));
    assert!(said.contains("--key emma names nothing in it; it holds model ("), "{said}");
    let said = refuses(&case("two.bin"), &format!("--ignore emma {RESNET}"));
    assert!(said.contains("--ignore emma names nothing in it"), "{said}");
}

#[test]
fn a_bias_before_a_norm_is_taken_into_its_mean() {
    let done = imports("conv-bias.pt", CNN, "0.8150");
    assert!(done.err.contains("taken into its running mean: conv1, conv2"), "{}", done.err);
}

#[test]
fn weights_keep_the_normalisation_that_they_were_trained_with() {
    let done = imports("to-tensor.pt", MLP, "0.6390");
    assert!(done.err.contains("by the training set's mean [0.28"), "{}", done.err);
    let advice = "by --mean 0 --std 1 (ToTensor alone)";
    assert!(done.err.contains("warning: ") && done.err.contains(advice), "{}", done.err);

    let folder = tempfile::tempdir().unwrap();
    let [run, out] = ["run", "out"].map(|name| folder.path().join(name));
    let line = format!("--mean 0 --std 1 {MLP}");
    let done = succeed(&mut import(folder.path(), &case("to-tensor.pt"), &line));
    assert!(done.out.contains("accuracy 0.7970") && !done.err.contains("warning"), "{}", done.err);
    // What takes the network on takes them along.
    let eval = json(hearth(words("eval --json")).arg(&run));
    assert_eq!(eval["accuracy"], 0.797);
    succeed(hearth(words("export --format onnx --out")).arg(&out).arg(&run));
    let settings: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("config.json")).unwrap()).unwrap();
    assert_eq!([&settings["input"]["mean"][0], &settings["input"]["std"][0]], [0.0, 1.0]);
    let resumed = json(hearth(words("train --json --resume train.epochs=1 --run")).arg(&run));
    assert!(resumed["test"]["accuracy"].as_f64().unwrap() > 0.75, "{resumed}");
    let changed =
        hearth(words("train --resume data.mean=[0.5] data.std=[0.5] --run")).arg(&run).output();
    assert_eq!(changed.unwrap().status.code(), Some(2), "a resumed run keeps its normalisation");
    // The same by the config alone; a setting overrides the option.
    imports("to-tensor.pt", &format!("data.mean=[0] data.std=[1] {MLP}"), "0.7970");
    imports(
        "to-tensor.pt",
        &format!("--mean 0.5 --std 0.5 data.mean=[0] data.std=[1] {MLP}"),
        "0.7970",
    );
}

#[test]
fn what_has_no_place_is_named_in_full() {
    let said = refuses(&case("resnet.pt"), CNN);
    assert!(
        said.contains("1 linear layer of [10, 784]") || said.contains("[8, 1, 3, 3]"),
        "{said}"
    );
    let said =
        refuses(&case("resnet.pt"), "model.kind=resnet model.widths=[8,16] model.depths=[1,2]");
    assert!(
        said.contains("the network of the config has 3 convolutions of [16, 16, 3, 3]"),
        "{said}"
    );
    let said = refuses(&case("words.pt"), "model.hidden=[64,64,64]");
    assert!(
        said.contains("the file has 3 linear layers of [64, 64] (mlp2.one, mlp2.two"),
        "{said}"
    );
}
