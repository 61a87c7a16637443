//! Mistakes with trained runs.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Mistake, checkpoint, copy, mistake};
use crate::support::root;

/// A copy of the run, to be damaged.
fn spoilt(here: &Path) -> PathBuf {
    let spoilt = here.join("spoilt");
    if spoilt.exists() {
        fs::remove_dir_all(&spoilt).unwrap();
    }
    copy(&here.join("runs/mlp-001"), &spoilt);
    spoilt
}

/// Copies the weights of an import case.
fn weights(name: &str, here: &Path) {
    fs::copy(root().join("tests/cases/import").join(name), here.join(name)).unwrap();
}

pub const MISTAKES: &[Mistake] = &[
    mistake("config for a run", "eval try.toml", 2, "try.toml is not a run", "hearth train"),
    mistake("misspelt run", "eval runs/mlp-01", 2, "runs/mlp-01", "runs/mlp-001"),
    mistake(
        "folder of runs for a run",
        "predict runs x.png",
        2,
        "runs is not a run",
        "runs/mlp-001",
    ),
    mistake(
        "file of an export for a run",
        "predict exported/model.safetensors x.png",
        2,
        "model.safetensors",
        "a folder",
    ),
    mistake(
        "resume of a run that is nowhere",
        "train --resume --run nowhere",
        2,
        "nowhere",
        "hearth runs",
    ),
    mistake(
        "resume with another network",
        "train --resume --run runs/mlp-001 model.hidden=[3]",
        2,
        "model.hidden",
        "train a new run",
    ),
    mistake(
        "resume with another seed",
        "train --resume --run runs/mlp-001 train.epochs=3 run.seed=3",
        2,
        "run.seed",
        "train a new run",
    ),
    mistake(
        "checkpoint that there is not",
        "eval runs/mlp-001 --checkpoint 7777",
        2,
        "step 7777",
        "of step 29",
    ),
    mistake("run without a checkpoint", "eval spoilt", 2, "spoilt", "--resume")
        .having(|here| fs::remove_dir_all(spoilt(here).join("checkpoints")).unwrap()),
    mistake("damaged checkpoint", "eval spoilt", 3, "model.safetensors", "no other checkpoint")
        .having(|here| {
            let file = checkpoint(&spoilt(here)).join("model.safetensors");
            let mut bytes = fs::read(&file).unwrap();
            bytes[1000] ^= 1;
            fs::write(file, bytes).unwrap();
        }),
    mistake(
        "resume where all is damaged",
        "train --resume --run spoilt train.epochs=2",
        3,
        "spoilt",
        "--run",
    )
    .having(|here| fs::remove_file(checkpoint(&spoilt(here)).join("state.json")).unwrap()),
    mistake("run without its record", "eval spoilt", 3, "spoilt/run.json", "put it back")
        .having(|here| fs::remove_file(spoilt(here).join("run.json")).unwrap()),
    mistake("run of a newer version", "eval spoilt", 3, "spoilt/config.toml:1", "newer").having(
        |here| {
            let config = spoilt(here).join("config.toml");
            let text = fs::read_to_string(&config).unwrap();
            fs::write(&config, text.replacen("format = 2", "format = 3", 1)).unwrap();
        },
    ),
    mistake(
        "classifier for a generator",
        "sample runs/mlp-001",
        2,
        "runs/mlp-001",
        "hearth predict",
    ),
    mistake(
        "generator for a classifier",
        "predict runs/gan-001 x.png",
        2,
        "runs/gan-001",
        "hearth sample",
    ),
    mistake(
        "part of a network that has none",
        "export runs/mlp-001 --format onnx --out x --network generator",
        2,
        "--network",
        "one network",
    ),
    mistake(
        "start from a pair",
        "train try.toml --run never model.init=runs/gan-001",
        2,
        "runs/gan-001",
        "which model.init takes",
    ),
    mistake(
        "start from another network",
        "train try.toml --run never model.init=runs/mlp-001 model.hidden=[32]",
        2,
        "runs/mlp-001",
        "must be",
    ),
    mistake(
        "import of no file",
        "import network.pt --config try.toml --run never",
        3,
        "network.pt",
        "check the path",
    ),
    mistake(
        "import of another format",
        "import network.h5 --config try.toml --run never",
        3,
        "HDF5",
        "torch.save",
    )
    .having(|here| fs::write(here.join("network.h5"), b"\x89HDF\r\n").unwrap()),
    mistake(
        "import of a pointer",
        "import network.safetensors --config try.toml --run never",
        3,
        "network.safetensors",
        "git lfs pull",
    )
    .having(|here| {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
        fs::write(here.join("network.safetensors"), pointer).unwrap();
    }),
    mistake(
        "import of a page",
        "import page.pt --config try.toml --run never",
        3,
        "page.pt",
        "download the file itself",
    )
    .having(|here| fs::write(here.join("page.pt"), "<!DOCTYPE html>\n<html></html>").unwrap()),
    mistake(
        "import of an index",
        "import index.safetensors --config try.toml --run never",
        3,
        "index.safetensors",
        "name one of those",
    )
    .having(|here| fs::write(here.join("index.safetensors"), "{\"weight_map\": {}}").unwrap()),
    mistake(
        "import of layers without an order",
        "import letters.safetensors --config try.toml --run never model.kind=resnet model.widths=[8,16] \
         model.depths=[1,1]",
        3,
        "layer1.0.conv_a, layer1.0.conv_b",
        "--map layer1.0.conv_a=",
    )
    .having(|here| weights("letters.safetensors", here)),
    mistake(
        "import of two networks",
        "import two.bin --config try.toml --run never model.kind=resnet model.widths=[8,16] model.depths=[1,1]",
        3,
        "model, ema",
        "--key model",
    )
    .having(|here| weights("two.bin", here)),
    mistake(
        "import of a layer that is not there",
        "import two.bin --config try.toml --run never --key model --map conv9=head model.kind=resnet \
         model.widths=[8,16] model.depths=[1,1]",
        2,
        "conv9",
        "the file has",
    )
    .having(|here| weights("two.bin", here)),
    mistake(
        "import with statistics of bytes",
        "import two.bin --config try.toml --run never --mean 123.7 --std 0.5",
        2,
        "data.mean",
        "divided by 255",
    )
    .having(|here| weights("two.bin", here)),
    mistake(
        "import with half a normalisation",
        "import two.bin --config try.toml --run never --mean 0.5",
        2,
        "--std",
        "--std",
    )
    .having(|here| weights("two.bin", here)),
    mistake(
        "import of something else",
        "import picture.pt --config try.toml --run never",
        3,
        "picture.pt",
        "torch.save",
    )
    .having(|here| {
        fs::copy(here.join("pictures/boot/000.png"), here.join("picture.pt")).unwrap();
    }),
    mistake(
        "import of a pickle with code in it",
        "import evil.pt --config try.toml --run never",
        3,
        "evil.pt",
        "torch.save",
    )
    .having(|here| {
        fs::write(here.join("evil.pt"), b"\x80\x02}U\x01wcposix\nsystem\nU\x09touch ran\x85Rs.")
            .unwrap();
    }),
    mistake(
        "import into another network",
        "import exported/model.safetensors --config try.toml --run never model.hidden=[32]",
        3,
        "model.safetensors",
        "make [model] what was trained",
    ),
    mistake(
        "sweep that is a run",
        "sweep --resume runs/mlp-001",
        2,
        "runs/mlp-001",
        "hearth sweep",
    ),
    mistake("runs of nowhere", "runs nowhere", 2, "nowhere", "runs/"),
    mistake(
        "learning rate that is too large",
        "train try.toml --run diverged optimizer.learning_rate=900",
        1,
        "not finite at step",
        "A smaller optimizer.learning_rate",
    )
    .whose_numbers_vary(),
];
