//! `hearth serve` for rows of a table: predictions and errors.

use std::fs;

use serde_json::{Value, json};

use super::{Server, reason, trained};
use crate::support::{hearth, json, root, succeed};

#[test]
fn rows_are_answered_as_predict_answers_them() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "iris-nano", &["train.epochs=1"]);
    let table =
        "sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n";
    let file = folder.path().join("rows.csv");
    fs::write(&file, table).unwrap();
    let wanted = json(hearth(["predict", "--json", "--top", "0"]).arg(&run).arg(&file));
    let server = Server::start(&run, &[]);
    // Columns in any order, and the target beside them.
    let setosa =
        json!({"petal_width": 0.2, "sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4});
    let virginica = json!({"sepal_length": "6.3", "sepal_width": 3.3, "petal_length": 6, "petal_width": 2.5,
        "species": "virginica"});
    let (status, found) = server.ask("/v1/predict?top=0", &json!({"rows": [&setosa, &virginica]}));
    assert_eq!(status, 200, "{found}");
    for (place, wanted) in wanted["predictions"].as_array().unwrap().iter().enumerate() {
        let found = &found["predictions"][place];
        assert_eq!((&found["row"], &found["top"]), (&wanted["row"], &wanted["top"]));
        assert!(found.get("unseen").is_none() && found.get("value").is_none(), "{found}");
    }
    let top = |query: &str| {
        let (status, found) =
            server.ask(&format!("/v1/predict{query}"), &json!({"rows": [&setosa]}));
        assert_eq!(status, 200, "{found}");
        found["predictions"][0]["top"].as_array().unwrap().len()
    };
    assert_eq!((top("?top=1"), top("?top=2"), top("")), (1, 2, 3));
    let export = folder.path().join("export");
    succeed(hearth(["export", "--format", "safetensors", "--out"]).arg(&export).arg(&run));
    let exported = Server::start(&export, &[]);
    let (_, other) = exported.ask("/v1/predict?top=0", &json!({"rows": [&setosa, &virginica]}));
    assert_eq!(other, found);
    assert_eq!(exported.get("/v1/model").1["target"], "species");
    exported.end();
    // The maximum number of rows, and invalid requests.
    let many = |count: usize| json!({"rows": vec![&setosa; count]});
    let (_, found) = server.ask("/v1/predict", &many(1024));
    assert_eq!(found["predictions"][1023]["row"], 1024);
    let refused =
        |row: Value| reason(server.ask("/v1/predict", &json!({"rows": [setosa, row]})), 422);
    assert!(reason(server.ask("/v1/predict", &many(1025)), 422).contains("at most 1024 rows"));
    let mut other = setosa.clone();
    other["petal_width"] = json!("wide");
    assert!(refused(other).contains("row 2: column `petal_width`: `wide` is no number"));
    let mut other = setosa.clone();
    other["petal_widht"] = json!(1);
    assert!(refused(other).contains("row 2: column `petal_widht`: it is not known; did you mean"));
    assert!(refused(json!({"sepal_length": 5.1})).contains("row 2: column `sepal_width`"));
    let example = "{\"rows\": [{\"sepal_length\": 5.8, ...}]}";
    assert!(reason(server.post("/v1/predict", b"{}"), 415).contains(example));
    assert!(reason(server.ask("/v1/predict", &json!([1])), 422).contains(example));
    assert!(reason(server.ask("/v1/predict?tip=1", &many(1)), 400).contains("may have top"));
    let (_, model) = server.get("/v1/model");
    assert_eq!((&model["task"], &model["target"]), (&json!("classification"), &json!("species")));
    assert_eq!(model["classes"], json!(["setosa", "versicolor", "virginica"]));
    let column = &model["columns"][0];
    assert_eq!((&column["name"], &column["kind"]), (&json!("sepal_length"), &json!("number")));
    assert_eq!(column["nullable"], false);
    assert!((column["mean"].as_f64().unwrap() - 5.8).abs() < 0.2, "{column}");
    let (_, document) = server.get("/openapi.json");
    assert!(document["paths"]["/v1/generate"].is_null(), "it makes no images");
    let body = &document["paths"]["/v1/predict"]["post"]["requestBody"]["content"];
    assert!(body["application/json"].is_object(), "{body}");
    let (_, counted) = server.get("/metrics");
    let counted = counted.as_str().unwrap();
    assert!(counted.contains("# HELP hearth_batch_rows Rows of each forward pass."), "{counted}");
    assert!(counted.contains("hearth_batch_rows_count 5"), "{counted}");
    server.end();
}

#[test]
fn numbers_are_answered_and_values_that_training_has_not_seen_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut table = "size,colour,price\n".to_owned();
    for place in 0..60 {
        let size = if place == 7 { "NA".to_owned() } else { place.to_string() };
        let colour = ["red", "blue", "grey"][place % 3];
        table.extend([&size, ",", colour, &format!(",{}.5\n", 2 * place)]);
    }
    fs::write(folder.path().join("houses.csv"), table).unwrap();
    let words = ["data.target=price", "data.missing=category", "data.valid_samples=9"];
    let mut train = hearth(["train"]);
    train.arg(root().join("configs/diabetes-nano.toml")).args(words).arg("train.epochs=1");
    train.arg("data.path=houses.csv").current_dir(folder.path());
    succeed(train.arg("--run").arg(&run));
    fs::write(folder.path().join("rows.csv"), "size,colour\n12,red\n,pink\n").unwrap();
    let wanted = json(hearth(["predict", "--json"]).arg(&run).arg(folder.path().join("rows.csv")));
    let rows = json!({"rows": [{"size": 12, "colour": "red"}, {"size": null, "colour": "pink"}]});
    let export = folder.path().join("export");
    succeed(hearth(["export", "--format", "burnpack"]).arg(&run).arg("--out").arg(&export));
    let server = Server::start(&export, &[]);
    let (_, of_export) = server.ask("/v1/predict", &rows);
    let (_, model) = server.get("/v1/model");
    assert_eq!((&model["kind"], &model["target"]), (&json!("mlp"), &json!("price")));
    server.end();
    let server = Server::start(&run, &[]);
    let (status, found) = server.ask("/v1/predict", &rows);
    assert_eq!(status, 200, "{found}");
    assert_eq!(found["predictions"], of_export["predictions"]);
    let found = &found["predictions"];
    for place in [0, 1] {
        assert_eq!(found[place]["value"], wanted["predictions"][place]["value"]);
        assert_eq!(found[place]["row"], place + 1);
    }
    assert!(found[0].get("unseen").is_none() && found[0].get("top").is_none(), "{found}");
    assert_eq!(found[1]["unseen"], json!(["colour"]));
    assert!(reason(server.ask("/v1/predict?top=1", &rows), 400).contains("a number is predicted"));
    let (_, model) = server.get("/v1/model");
    assert_eq!((&model["task"], &model["target"]), (&json!("regression"), &json!("price")));
    assert!(model.get("classes").is_none(), "{model}");
    let wanted = json!({"name": "colour", "kind": "category", "values": ["blue", "grey", "red"],
        "num_values": 3, "nullable": true});
    assert_eq!(model["columns"][1], wanted);
    server.end();
}
