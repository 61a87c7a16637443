//! Translators of texts: `hearth predict`, `eval` and `serve`.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::json;

use crate::exchange::serve::{Server, reason};
use crate::support::{fail, hearth, json, python, succeed, words};

#[test]
fn texts_are_translated_one_by_one_in_lines_and_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // Copies of short words, which a few hundred steps of this network learn.
    let settings = "train configs/reverse-nano.toml data.rule=copy data.samples=4000 \
                    data.max_length=4 model.hidden=48 model.embedding=24 train.epochs=12 --json --run";
    let trained = json(hearth(words(settings)).arg(&run));
    assert!(trained["test"]["exact_match"].as_f64().unwrap() > 0.9, "{trained}");
    let report = json(hearth(["eval", "--json"]).arg(&run));
    assert_eq!(report["samples"], 64);
    assert_eq!(report["bleu_signature"], "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp");
    let lengths = report["lengths"].as_array().unwrap();
    let pairs = lengths.iter().map(|row| row["pairs"].as_u64().unwrap()).sum::<u64>();
    assert_eq!((lengths.len(), pairs), (3, 64), "of 2, 3 and 4 letters");

    let done = succeed(hearth(["predict"]).arg(&run).args(["abc", "zx"]));
    assert_eq!(done.out, "abc\nzx\n");
    let mut command = hearth(["predict", "--beam", "3", "--json"]);
    let mut child =
        command.arg(&run).arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"abc\nzx\n").unwrap();
    let lines: serde_json::Value =
        serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    let translations = lines["predictions"][0]["translations"].as_array().unwrap();
    assert_eq!((translations.len(), &translations[0]["text"]), (3, &json!("abc")));
    let attention = &translations[0]["attention"];
    assert_eq!(attention["source"], json!(["a", "b", "c", "</s>"]));
    assert_eq!(attention["target"], json!(["a", "b", "c", "</s>"]));
    for row in attention["weights"].as_array().unwrap() {
        let sum: f64 = row.as_array().unwrap().iter().map(|weight| weight.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-4, "{sum}");
    }

    let server = Server::start(&run, &[]);
    let (status, found) =
        server.ask("/v1/predict", &json!({"texts": ["abc", "zx"], "beam": 3, "attention": true}));
    assert_eq!(
        (status, &found["predictions"][0]["translations"]),
        (200, &lines["predictions"][0]["translations"])
    );
    assert_eq!(server.get("/v1/model").1["task"], "translation");
    for (body, wanted) in [
        (json!({"texts": []}), "1 to 64"),
        (json!({"texts": ["a"], "beam": 0}), "beam is 0"),
        (json!({"texts": ["a".repeat(2001)]}), "longer than 2000"),
        (json!({"text": "a"}), "unknown field `text`"),
    ] {
        let found = reason(server.ask("/v1/predict", &body), 422);
        assert!(found.contains(wanted), "{found}");
    }
    server.end();
}

#[test]
fn wrong_options_and_a_damaged_tokenizer_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    succeed(hearth(words("train configs/sort-nano.toml train.epochs=1 --run")).arg(&run));
    let error = |options: &[&str], code| {
        fail(hearth(["predict"]).arg(&run).arg("a").args(options), code).err
    };
    assert!(error(&["--invert"], 2).contains("takes texts"));
    assert!(error(&["--beam", "0"], 2).contains("allowed: 1 to 64"));
    for command in ["predict", "inspect"] {
        let empty = fail(hearth([command]).arg(&run).args(["a", ""]), 2).err;
        assert!(empty.contains("cannot be ``") && empty.contains("it is empty"), "{empty}");
    }
    let file = run.join("tokenizer.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("\"a\"", "\"A\"", 1)).unwrap();
    assert!(error(&[], 3).contains("tokenizer.json of this run is damaged"));
    fs::remove_file(&file).unwrap();
    assert!(error(&[], 3).contains("tokenizer.json"));
}

/// Prints the tokens of texts by a `tokenizer.json`.
const TOKENS: &str = r"
import json, sys
from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
print(json.dumps([tokenizer.encode(text).tokens for text in sys.argv[2:]]))
";

#[test]
fn tokenizers_of_hugging_face_split_alike() {
    let Some(mut python) = python("tokenizers") else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let settings = "train configs/dates.toml data.samples=500 data.test_samples=50 data.valid_samples=0 \
                    data.tokenizer=bpe data.vocabulary=120 model.hidden=16 train.epochs=1 \
                    train.best_by=loss schedule.warmup_steps=1 --run";
    succeed(hearth(words(settings)).arg(&run));
    let texts = ["March 3rd, 1994", "the 21st of december 2031", "7 Jun 1905"];
    let found = json(hearth(["predict", "--json", "--beam", "1"]).arg(&run).args(texts));
    let output =
        python.args(["-c", TOKENS]).arg(run.join("tokenizer.json")).args(texts).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).unwrap();
    for (prediction, mut theirs) in found["predictions"].as_array().unwrap().iter().zip(theirs) {
        theirs.push("</s>".to_owned());
        assert_eq!(prediction["translations"][0]["attention"]["source"], json!(theirs));
    }
}
