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
        "data.rule=copy data.samples=4000 data.max_length=4 model.hidden=48 model.embedding=24 \
         train.epochs=8",
        ["abc", "z", "hello"],
    ),
    (
        "transformer",
        "sort-nano",
        "data.samples=4000 data.max_length=4 model.width=32 model.layers=2 train.epochs=8",
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
    for (name, config, overrides, texts) in CASES {
        let run = folder.path().join(name);
        train(config, overrides, &run);
        let ours = predict(&run, &texts);
        let [safetensors, burnpack, half] =
            ["safetensors", "burnpack", "safetensors --half"].map(|format| {
                let out = folder.path().join(format!("{name}-{}", format.replace(' ', "")));
                let difference = export(&run, &format!("--format {format}"), &out);
                let is_half = format.ends_with("half");
                assert_eq!(difference > 0.0, is_half, "{name} {format}: {difference}");
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

        let Some(mut command) = python("torch, safetensors, tokenizers") else { continue };
        let theirs = json(command.arg("scripts/export_texts.py").arg(&safetensors).args(texts));
        let pairs = ours.as_array().unwrap().iter().zip(theirs.as_array().unwrap());
        for ((ours, theirs), text) in pairs.zip(texts) {
            if let Some(tokens) = tokens(ours) {
                assert_eq!(theirs["tokens"], json!(tokens), "{name}: {text}");
            }
            assert_eq!(theirs["text"], ours["translations"][0]["text"], "{name}: {text}");
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
    let server = Server::start(&file, &[]);
    let (status, found) =
        server.ask("/v1/predict", &json!({"texts": ["abc"], "beam": 1, "attention": true}));
    assert_eq!((status, &found["predictions"]), (200, &predict(&run, &["abc"])));
    server.end();

    let tokenizer = folder.path().join("sort.tokenizer.json");
    let text = std::fs::read_to_string(&tokenizer).unwrap();
    let error = || fail(hearth(["predict"]).arg(&file).arg("abc"), 3).err;
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
