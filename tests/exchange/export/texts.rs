//! Exported translators, in other programs.

use std::path::Path;

use serde_json::{Value, json};

use super::{export, train};
use crate::exchange::serve::Server;
use crate::support::{fail, hearth, json, python, words};

/// Name, config, settings and texts of each network.
const CASES: [(&str, &str, &str, [&str; 3]); 6] = [
    (
        "additive",
        "reverse-nano",
        "data.rule=copy data.samples=2000 data.max_length=4 model.hidden=48 model.embedding=24",
        ["abc", "z", "hello"],
    ),
    (
        "transformer",
        "sort-nano",
        "data.samples=2000 data.max_length=4 model.width=32 model.layers=2",
        ["dcba", "zx", "hello"],
    ),
    ("dot", "reverse-nano", "model.attention=dot model.layers=2", ["abc", "z", "hello"]),
    (
        "none",
        "reverse-nano",
        "model.attention=none model.layers=2 model.bidirectional=false",
        ["abc", "z", "hello"],
    ),
    ("odd", "sort-nano", "model.width=9 model.heads=3 model.feed_forward=5", ["abc", "z", "hello"]),
    (
        "bpe",
        "dates",
        "data.samples=500 data.test_samples=50 data.valid_samples=0 data.tokenizer=bpe \
         data.vocabulary=120 model.hidden=16 model.layers=2 train.best_by=loss schedule.warmup_steps=1",
        ["March 3rd, 1994", "the 21st of december 2031", "7 Jun 1905"],
    ),
];

/// Greedy translations, with their tokens.
fn predict(network: &Path, texts: &[&str]) -> Value {
    json(hearth(["predict", "--json", "--beam", "1"]).arg(network).args(texts))["predictions"]
        .take()
}

/// The tokens of the translation of a prediction, of a network with attention.
fn tokens(prediction: &Value) -> Option<Vec<&str>> {
    let target = prediction["translations"][0]["attention"]["target"].as_array()?;
    let tokens = target.iter().map(|token| token.as_str().unwrap());
    Some(tokens.filter(|token| *token != "</s>").collect())
}

#[test]
fn translators_decode_the_same_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    for (name, config, overrides, texts) in CASES {
        let run = folder.path().join(name);
        train(config, overrides, &run);
        let ours = predict(&run, &texts);
        let [safetensors, burnpack, half, onnx] =
            [("safetensors", 0.0), ("burnpack", 0.0), ("safetensors --half", 1e-2), ("onnx", 1e-5)]
                .map(|(format, allowed)| {
                    let out = folder.path().join(format!("{name}-{}", format.replace(' ', "")));
                    let difference = export(&run, &format!("--format {format}"), &out);
                    assert!(difference <= allowed, "{name} {format}: {difference}");
                    println!("{name} {format}: {difference:.1e}");
                    let [kept, exported] = [&run, &out]
                        .map(|folder| std::fs::read(folder.join("tokenizer.json")).unwrap());
                    assert!(kept == exported, "{name} {format}: the tokenizer of the run");
                    out
                });
        let sizes = [&half, &safetensors]
            .map(|out| std::fs::metadata(out.join("model.safetensors")).unwrap().len());
        assert!(sizes[0] < sizes[1], "{name}: {sizes:?}");
        for out in [&safetensors, &burnpack] {
            assert_eq!(predict(out, &texts), ours, "{}", out.display());
        }
        let card = std::fs::read_to_string(burnpack.join("README.md")).unwrap();
        assert!(card.contains("Translator::new(network, "), "{card}");

        found.extend([safetensors, onnx].map(|out| (out, texts, ours.clone())));
    }

    let Some(mut command) = python("numpy, torch, safetensors, onnxruntime, tokenizers") else {
        return;
    };
    let exports: Vec<_> = found.iter().map(|(out, texts, _)| json!([out, texts])).collect();
    let theirs = json(command.arg("scripts/export_texts.py").arg(json!(exports).to_string()));
    for ((out, _, ours), theirs) in found.iter().zip(theirs.as_array().unwrap()) {
        for (ours, theirs) in ours.as_array().unwrap().iter().zip(theirs.as_array().unwrap()) {
            if let Some(tokens) = tokens(ours) {
                assert_eq!(theirs["tokens"], json!(tokens), "{}", out.display());
            }
            assert_eq!(theirs["text"], ours["translations"][0]["text"], "{}", out.display());
        }
    }
}

#[test]
fn an_exported_translator_is_served_and_damage_to_it_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    train("sort-nano", "", &run);
    let file = folder.path().join("sort.safetensors");
    json(hearth(words("export --format safetensors --json")).arg(&run).arg("--out").arg(&file));
    let graph = folder.path().join("graph.onnx");
    let mut export = hearth(words("export --format onnx --out"));
    let refused = fail(export.arg(&graph).arg(&run), 2).err;
    assert!(refused.contains("a translator is two graphs"), "{refused}");
    let learned = folder.path().join("learned");
    train("sort-nano", "model.positions=learned", &learned);
    let mut export = hearth(words("export --format safetensors --out"));
    let refused = fail(export.arg(folder.path().join("none")).arg(&learned), 2).err;
    assert!(refused.contains("learned positions has no export"), "{refused}");
    let graphs = folder.path().join("graphs");
    json(hearth(words("export --format onnx --json")).arg(&run).arg("--out").arg(&graphs));
    let refused = fail(hearth(["predict"]).arg(&graphs).arg("abc"), 1).err;
    assert!(refused.contains("export safetensors"), "{refused}");
    let server = Server::start(&file, &[]);
    let (status, found) =
        server.ask("/v1/predict", &json!({"texts": ["abc"], "beam": 1, "attention": true}));
    assert_eq!((status, &found["predictions"]), (200, &predict(&run, &["abc"])));
    server.end();

    let tokenizer = folder.path().join("sort.tokenizer.json");
    let text = std::fs::read_to_string(&tokenizer).unwrap();
    let error = || fail(hearth(["predict"]).arg(&file).arg("abc"), 1).err;
    for (damaged, wanted) in [
        (text.replacen("\"a\"", "\"A\"", 1), "not the tokenizer that the network was trained with"),
        ("{".to_owned(), "sort.tokenizer.json"),
    ] {
        std::fs::write(&tokenizer, damaged).unwrap();
        let error = error();
        assert!(error.contains(wanted), "{error}");
    }
    std::fs::remove_file(&tokenizer).unwrap();
    assert!(error().contains("sort.tokenizer.json"));
}
