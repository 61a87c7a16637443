//! `hearth serve` for images: predictions of a classifier, images of a generator, and errors.

use serde_json::Value;

use super::{Server, answer, client, reason, trained};
use crate::support::{hearth, json, succeed, test_images};

#[test]
fn answers_are_those_of_predict() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1"]);
    let (files, _) = test_images(folder.path(), 2);
    let wanted = json(hearth(["predict", "--json", "--top", "0"]).arg(&run).args(&files));
    let bytes: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    let export = folder.path().join("export");
    succeed(hearth(["export", "--format", "safetensors"]).arg(&run).arg("--out").arg(&export));
    for source in [&run, &export] {
        let found = json(hearth(["predict", "--json", "--top", "0"]).arg(source).args(&files));
        assert_eq!(found, wanted);
        let server = Server::start(source, &[]);
        for (bytes, wanted) in bytes.iter().zip(wanted["predictions"].as_array().unwrap()) {
            let (status, found) = server.post("/v1/predict?top=0", bytes);
            assert_eq!((status, &found["predictions"][0]["top"]), (200, &wanted["top"]));
        }
        let (_, model) = server.get("/v1/model");
        assert_eq!(model["classes"].as_array().unwrap().len(), 10);
        assert_eq!((&model["kind"], &model["step"]), (&"mlp".into(), &29.into()));
        server.end();
    }
    let server = Server::start(&run, &[]);
    let form = [
        &b"--X\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\na boot?\r\n"[..],
        b"--X\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a.png\"\r\n\r\n",
        &bytes[0],
        b"\r\n--X--\r\n",
    ];
    // Media types are case-insensitive, boundaries are not.
    let form = client()
        .post(server.at("/v1/predict?top=0"))
        .content_type("Multipart/Form-Data; Boundary=X")
        .send(&form.concat());
    let (status, found) = answer(form);
    assert_eq!((status, &found["predictions"][0]["top"]), (200, &wanted["predictions"][0]["top"]));
    let packed =
        client().post(server.at("/v1/predict")).header("content-encoding", "gzip").send(&bytes[0]);
    assert!(reason(answer(packed), 415).contains("gzip"));
    server.end();
    let server = Server::start(&run, &["--max-body", "20000", "--max-pixels", "2000"]);
    let send = |images: &[(&str, &Vec<u8>)]| {
        let mut form = Vec::new();
        for (name, bytes) in images {
            let head = "--x\r\nContent-Disposition: form-data; name=\"picture\"; filename=";
            form.extend_from_slice(format!("{head}\"{name}\"\r\n\r\n").as_bytes());
            form.extend_from_slice(bytes);
            form.extend_from_slice(b"\r\n");
        }
        form.extend_from_slice(b"--x--\r\n");
        let request = client().post(server.at("/v1/predict?top=1"));
        answer(request.content_type("multipart/form-data; boundary=x").send(&form[..]))
    };
    // Two images in a form; a third one of 28x28 exceeds the limit.
    let [a, b] = [("a.png", &bytes[0]), ("b.png", &bytes[1])];
    let (status, found) = send(&[a, b]);
    assert_eq!(status, 200, "{found}");
    for (index, name) in ["a.png", "b.png"].iter().enumerate() {
        let (found, wanted) = (&found["predictions"][index], &wanted["predictions"][index]);
        assert_eq!((&found["file"], &found["top"][0]), (&Value::from(*name), &wanted["top"][0]));
        assert_eq!(found["top"].as_array().unwrap().len(), 1);
    }
    // Errors name their reason.
    assert!(reason(server.post("/v1/predict", b""), 422).contains("no image"));
    assert!(reason(server.post("/v1/predict", b"GIF89a"), 422).contains("cannot be read"));
    assert!(
        reason(server.post("/v1/predict?tip=1", b"x"), 400).contains("`tip=1` is not one of these")
    );
    assert!(reason(server.post("/v1/predict", &vec![0; 20_001]), 413).contains("20000 bytes"));
    assert!(reason(server.post("/v1/generate", b"{}"), 404).contains("/openapi.json"));
    assert!(reason(server.get("/v1/predict"), 405).contains("/openapi.json"));
    let mut large = Vec::new();
    let image = image::GrayImage::new(100, 100);
    image.write_to(&mut std::io::Cursor::new(&mut large), image::ImageFormat::Png).unwrap();
    let many = "2000 pixels in one request";
    assert!(reason(server.post("/v1/predict", &large), 422).contains(many));
    assert!(
        reason(send(&[a, b, ("c.png", &bytes[0])]), 422)
            .contains(&format!("c.png: more than {many}"))
    );
    // Routes for other programs.
    assert_eq!(server.get("/healthz").0, 200);
    let (_, document) = server.get("/openapi.json");
    for path in ["/v1/predict", "/v1/model", "/v1/generate", "/healthz", "/metrics"] {
        assert!(document["paths"][path].is_object(), "{path} is not in the document");
    }
    let (_, counted) = server.get("/metrics");
    let counted = counted.as_str().unwrap();
    let line = "hearth_requests_total{route=\"/v1/predict\",status=\"422\"} 4";
    assert!(counted.contains(line) && counted.ends_with("# EOF\n"), "{counted}");
    server.end();
}

#[test]
fn a_form_may_hold_the_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1"]);
    let (files, _) = test_images(folder.path(), 1);
    let image = std::fs::read(&files[0]).unwrap();
    let server = Server::start(&run, &["--host", "localhost"]);
    let ask = |query: &str, fields: &[(&str, &str)]| {
        let mut form = Vec::new();
        for (name, value) in fields {
            let head = "--x\r\nContent-Disposition: form-data; name=";
            form.extend_from_slice(format!("{head}\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
        }
        let head = "--x\r\nContent-Disposition: form-data; name=\"p\"; filename=\"a.png\"\r\n\r\n";
        form.extend([head.as_bytes(), &image, b"\r\n--x--\r\n"].concat());
        let request = client().post(server.at(&format!("/v1/predict{query}")));
        answer(request.content_type("multipart/form-data; boundary=x").send(&form[..]))
    };
    let top = |(status, found): (u16, Value)| {
        assert_eq!(status, 200, "{found}");
        found["predictions"][0]["top"].clone()
    };
    let inverted = top(server.post("/v1/predict?top=0&invert=true", &image));
    assert_ne!(inverted, top(server.post("/v1/predict?top=0", &image)));
    assert_eq!(top(ask("", &[("top", "0"), ("invert", "true")])), inverted);
    assert_eq!(top(ask("?top=0", &[("invert", "true")])), inverted);
    // In the query or the form, and once.
    let once = "each of them once";
    assert!(reason(ask("?top=1", &[("top", "1")]), 400).contains(once));
    assert!(reason(ask("?invert=true", &[("invert", "true")]), 400).contains(once));
    assert!(reason(server.post("/v1/predict?top=1&top=1", &image), 400).contains(once));
    assert!(reason(ask("", &[("top", "many")]), 400).contains("`top=many` is not one of these"));
    server.end();
}

#[test]
fn a_generator_draws_what_sample_draws() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "gan-nano", &["train.epochs=1", "evaluate.samples=500"]);
    let file = folder.path().join("grid.png");
    succeed(hearth(["sample", "--count", "9", "--seed", "7", "--out"]).arg(&file).arg(&run));
    let server = Server::start(&run, &[]);
    let ask = |body: &str| {
        let request = client().post(server.at("/v1/generate")).content_type("application/json");
        let mut response = request.send(body).unwrap();
        (response.status().as_u16(), response.body_mut().read_to_vec().unwrap())
    };
    let (status, grid) = ask("{\"seed\": 7, \"count\": 9}");
    assert_eq!((status, &grid), (200, &std::fs::read(&file).unwrap()));
    let (_, moved) = ask("{\"seed\": 7, \"count\": 9, \"offset\": [2.0]}");
    assert_ne!(moved, grid);
    for (body, word) in [
        ("{\"count\": 65}", "1 to 64"),
        ("{\"count\": 0}", "1 to 64"),
        ("{\"offset\": [11]}", "-10 to 10"),
        ("{\"sed\": 1}", "unknown field"),
        ("", "JSON"),
    ] {
        let (status, text) = ask(body);
        let text = String::from_utf8(text).unwrap();
        assert!(status == 422 && text.contains(word), "{body}: {status} {text}");
    }
    server.end();
}
