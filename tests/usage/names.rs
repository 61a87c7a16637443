//! The names inside files, JSON, events, HTTP and exports are interfaces: other programs read them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{checkpoints, hearth, json, metrics, root, succeed, test_images, words};

/// Names with their places.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    fn add(&mut self, place: &str, name: impl std::fmt::Display) {
        self.0.insert(format!("{place}: {name}"));
    }

    /// Adds the paths of all members; lists by their first item, without names of classes.
    fn json(&mut self, place: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let path = format!("{place}.{name}");
                    self.0.insert(path.clone());
                    self.json(&path, member);
                }
            }
            Value::Array(items) => {
                items.iter().take(1).for_each(|item| self.json(&format!("{place}[]"), item));
            }
            _ => {}
        }
    }

    /// Adds the names in a run's files.
    fn run(&mut self, name: &str, run: &Path) {
        for line in metrics(run) {
            let kind = line["kind"].as_str().unwrap().to_owned();
            self.json(&format!("{name} metrics.jsonl {kind}"), &line);
        }
        for file in ["run.json", "best.json"] {
            let mut value: Value =
                serde_json::from_slice(&fs::read(run.join(file)).unwrap()).unwrap();
            if let Some(checksums) = value.pointer_mut("/dataset/checksums") {
                *checksums = Value::Null;
            }
            self.json(&format!("{name} {file}"), &value);
        }
        let checkpoint = checkpoints(run).pop().unwrap();
        for entry in fs::read_dir(&checkpoint).unwrap() {
            self.add(&format!("{name} checkpoint"), entry.unwrap().file_name().to_string_lossy());
        }
        for file in ["model.safetensors", "optimizer.safetensors"] {
            self.safetensors(&format!("{name} {file}"), &checkpoint.join(file));
        }
        let state: Value =
            serde_json::from_slice(&fs::read(checkpoint.join("state.json")).unwrap()).unwrap();
        self.json(&format!("{name} state.json"), &state);
        let mut files = fs::read_dir(run).unwrap().map(|entry| entry.unwrap().path());
        let events = files.find(|path| path.to_string_lossy().contains("tfevents")).unwrap();
        self.events(&format!("{name} events"), &fs::read(events).unwrap());
    }

    fn safetensors(&mut self, place: &str, file: &Path) {
        let bytes = fs::read(file).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
        header.as_object().unwrap().keys().for_each(|name| self.add(place, name));
    }

    /// Adds the tags of TensorBoard's records: `Event.summary.value.tag`.
    fn events(&mut self, place: &str, mut bytes: &[u8]) {
        while bytes.len() > 12 {
            let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            let event = &bytes[12..12 + length];
            for value in all(event, 5).into_iter().flat_map(|summary| all(summary, 1)) {
                for tag in all(value, 1) {
                    self.add(place, String::from_utf8_lossy(tag));
                }
            }
            bytes = &bytes[16 + length..];
        }
    }

    /// Adds the inputs and outputs of a graph: `ModelProto.graph.{input, output}.name`.
    fn onnx(&mut self, place: &str, file: &Path) {
        let bytes = fs::read(file).unwrap();
        for graph in all(&bytes, 7) {
            for (kind, field) in [("input", 11), ("output", 12)] {
                for name in all(graph, field).into_iter().flat_map(|value| all(value, 1)) {
                    self.add(&format!("{place} {kind}"), String::from_utf8_lossy(name));
                }
            }
        }
    }

    /// Adds the paths of a server, and the members of its requests and responses.
    #[cfg(feature = "serve")]
    fn http(&mut self, place: &str, server: &crate::exchange::serve::Server) {
        let (status, document) = server.get("/openapi.json");
        assert_eq!(status, 200);
        for (path, methods) in document["paths"].as_object().unwrap() {
            methods.as_object().unwrap().keys().for_each(|method| {
                self.add(place, format!("{method} {path}"));
            });
        }
        for (schema, value) in document["components"]["schemas"].as_object().unwrap() {
            for property in value["properties"].as_object().into_iter().flatten() {
                self.add(&format!("{place} {schema}"), property.0);
            }
        }
    }

    fn text(&self) -> String {
        self.0.iter().flat_map(|name| [name, "\n"]).collect()
    }
}

/// All values of a length-delimited field of a Protocol Buffers message.
fn all(mut bytes: &[u8], field: u64) -> Vec<&[u8]> {
    fn number(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for place in 0.. {
            let (byte, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
        value
    }
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = number(&mut bytes);
        let length = match key & 7 {
            0 => {
                number(&mut bytes);
                continue;
            }
            1 => 8,
            2 => number(&mut bytes) as usize,
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (content, rest) = bytes.split_at(length);
        if key == field << 3 | 2 {
            found.push(content);
        }
        bytes = rest;
    }
    found
}

#[test]
fn names_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut names = Names::default();
    let (files, _) = test_images(folder.path(), 1);
    for (name, settings) in [
        ("cnn-nano", "train.epochs=1 train.early_stop.patience=9"),
        (
            "gan-nano",
            "train.epochs=1 model.widths=[4,8] evaluate.samples=100 adversarial.average=0.9",
        ),
    ] {
        let run = folder.path().join(name);
        let mut train = hearth(["train", "--json"]);
        train.arg(root().join(format!("configs/{name}.toml"))).args(words(settings));
        names.json(&format!("{name} train"), &json(train.arg("--run").arg(&run)));
        names.run(name, &run);
        names.json(&format!("{name} eval"), &json(hearth(["eval", "--json"]).arg(&run)));
        if name == "cnn-nano" {
            let mut predict = hearth(["predict", "--json"]);
            names.json(&format!("{name} predict"), &json(predict.arg(&run).args(&files)));
        }
        for format in ["onnx", "safetensors"] {
            let out = folder.path().join(format!("{name}-{format}"));
            succeed(hearth(["export", "--format", format, "--out"]).arg(&out).arg(&run));
            let place = format!("{name} {format}");
            for entry in fs::read_dir(&out).unwrap() {
                let path = entry.unwrap().path();
                names.add(&format!("{place} file"), path.file_name().unwrap().to_string_lossy());
                match path.extension().and_then(|end| end.to_str()) {
                    Some("onnx") => names.onnx(&place, &path),
                    Some("safetensors") => names.safetensors(&place, &path),
                    Some("json") => {
                        let config: Value =
                            serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                        names.json(
                            &format!("{place} {}", path.file_name().unwrap().display()),
                            &config,
                        );
                    }
                    _ => {}
                }
            }
        }
        #[cfg(feature = "serve")]
        {
            let server = crate::exchange::serve::Server::start(&run, &[]);
            names.http(&format!("{name} http"), &server);
            server.end();
        }
    }
    insta::assert_snapshot!(names.text());
}

/// The names of a server for rows of a table: responses, model description and metrics.
#[cfg(feature = "serve")]
#[test]
fn names_of_rows_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut names = Names::default();
    for name in ["iris-nano", "diabetes-nano"] {
        let run = folder.path().join(name);
        let mut train = hearth(["train"]);
        train.arg(root().join(format!("configs/{name}.toml"))).arg("train.epochs=1");
        succeed(train.arg("--run").arg(&run));
        let server = crate::exchange::serve::Server::start(&run, &[]);
        names.http(&format!("{name} http"), &server);
        let (_, model) = server.get("/v1/model");
        names.json(&format!("{name} http model"), &model);
        let columns = model["columns"].as_array().unwrap();
        let row: serde_json::Map<_, _> = columns
            .iter()
            .map(|column| (column["name"].as_str().unwrap().to_owned(), column["mean"].clone()))
            .collect();
        let (_, answer) = server.ask("/v1/predict", &serde_json::json!({"rows": [row]}));
        names.json(&format!("{name} http answer"), &answer);
        let (_, metrics) = server.get("/metrics");
        for line in metrics.as_str().unwrap().lines() {
            if let Some(metric) = line.strip_prefix("# TYPE ") {
                names.add(&format!("{name} metrics"), metric);
            }
        }
        server.end();
    }
    insta::assert_snapshot!(names.text());
}
