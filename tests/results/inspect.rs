//! `hearth inspect`.

use std::fs;

use serde_json::json;

use crate::support::{BACKENDS, fail, hearth, json, python, seen, succeed, test_images, words};

#[test]
fn each_network_is_inspected_on_each_backend() {
    let folder = tempfile::tempdir().unwrap();
    for (config, layers) in [
        ("mlp-nano", &["pixels", "layers.0", "layers.1"][..]),
        ("lenet-nano", &["pixels", "convolutions.0", "convolutions.1"]),
        ("cnn-nano", &["pixels", "blocks.0"]),
        ("resnet-nano", &["pixels", "stem", "stages.0"]),
    ] {
        for backend in BACKENDS {
            let run = folder.path().join(format!("{config}-{backend}"));
            let mut train = hearth(["train", &format!("configs/{config}.toml"), "train.epochs=2"]);
            succeed(train.args(["--backend", backend, "--run"]).arg(&run));
            let mut inspect = hearth(["inspect", "--json", "--backend", backend]);
            let found = json(inspect.arg(&run));
            let probes = found["probes"].as_array().unwrap();
            for (probe, layer) in probes.iter().zip(layers) {
                assert_eq!(probe["layer"], *layer, "{found}");
            }
            for probe in probes {
                let accuracy = probe["accuracy"].as_f64().unwrap();
                assert!((0.5..=1.0).contains(&accuracy), "{config} on {backend}: {found}");
            }
            let inspected = run.join("inspect");
            for entry in fs::read_dir(&inspected).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|end| end == "png") {
                    image::open(&path).unwrap();
                }
            }
            for name in ["filters", "most-classes", "picture-1-saliency", "picture-4-itself"] {
                assert!(inspected.join(format!("{name}.png")).exists(), "{config}: {name}");
            }
            // The same again, with nothing in the way.
            let mut again = hearth(["inspect", "--json", "--backend", backend]);
            assert_eq!(json(again.arg(&run)), found);
        }
    }
    let Some(mut browser) = python("selenium") else { return };
    let page = folder.path().join("cnn-nano-flex/inspect/index.html");
    assert_eq!(seen(&mut browser, &page, "dark")["plots"], 2, "probes and an embedding");
}

#[test]
fn a_picture_of_ones_own_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    succeed(hearth(["train", "configs/mlp-nano.toml", "train.epochs=1", "--run"]).arg(&run));
    let (files, _) = test_images(folder.path(), 2);
    succeed(hearth(["inspect"]).arg(&run).args(&files));
    let inspected = run.join("inspect");
    let page = fs::read_to_string(inspected.join("index.html")).unwrap();
    assert!(page.contains("001.png") && inspected.join("picture-2-layers.0.png").exists());
    let same = [inspected.join("picture-1-itself.png"), files[0].clone()];
    let [kept, given] = same.map(|path| image::open(path).unwrap().into_luma8());
    assert_eq!(kept, given);
    // An unreadable image is an error before any file is written.
    fs::remove_dir_all(&inspected).unwrap();
    let done = fail(hearth(["inspect"]).arg(&run).arg("README.md"), 3);
    assert!(done.err.contains("README.md") && !inspected.exists(), "{}", done.err);
}

#[test]
fn a_pair_is_not_inspected() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut train = hearth(["train", "configs/gan-nano.toml", "train.epochs=1"]);
    succeed(train.args(["evaluate.samples=500", "--run"]).arg(&run));
    let done = fail(hearth(["inspect"]).arg(&run), 2);
    assert!(done.err.contains("not a run of a classifier or a translator"), "{}", done.err);
}

#[test]
fn the_attention_of_a_translator_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    succeed(hearth(words("train configs/reverse-nano.toml train.epochs=1 --run")).arg(&run));
    let found = json(hearth(["inspect", "--json"]).arg(&run).args(["abc", "ox"]));
    let [first, second] = &found["translations"].as_array().unwrap()[..] else { panic!("{found}") };
    assert_eq!((&first["text"], &second["text"]), (&json!("abc"), &json!("ox")));
    assert_eq!(first["tokens"], json!(["a", "b", "c", "</s>"]));
    let attention = &first["translation"]["attention"];
    assert_eq!(attention["source"], first["tokens"]);
    let image = image::open(first["image"].as_str().unwrap()).unwrap().into_luma8();
    let weights = attention["weights"].as_array().unwrap();
    assert_eq!(image.dimensions(), (16 * 4, 16 * weights.len() as u32));
    let weight = weights[0][1].as_f64().unwrap();
    assert_eq!(image.get_pixel(16, 0).0[0], (255.0 * (1.0 - weight)).round() as u8);
    let page = fs::read_to_string(found["page"].as_str().unwrap()).unwrap();
    assert!(page.contains("tokens: o x &lt;/s&gt;") && page.contains("class=\"heat\""), "{page}");

    let done = succeed(hearth(["inspect"]).arg(&run).arg("abc"));
    assert!(done.out.starts_with("tokens: a b c </s>\ntranslation: "), "{}", done.out);
    let header = done.out.lines().nth(2).unwrap();
    assert_eq!(header.split_whitespace().collect::<Vec<_>>(), ["a", "b", "c", "</s>"]);
    assert!(done.out.trim_end().ends_with("index.html"), "{}", done.out);
    // Without texts, those of the test set.
    let found = json(hearth(["inspect", "--json"]).arg(&run));
    assert_eq!(found["translations"].as_array().unwrap().len(), 4);
}

#[test]
fn a_translator_without_attention_has_tokens_and_translations() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let settings = "train configs/reverse-nano.toml train.epochs=1 model.attention=none --run";
    succeed(hearth(words(settings)).arg(&run));
    let done = succeed(hearth(["inspect"]).arg(&run).arg("abc"));
    assert!(done.out.contains("this network has no attention"), "{}", done.out);
    assert!(!run.join("inspect/attention-1.png").exists());
}
