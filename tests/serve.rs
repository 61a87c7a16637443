//! `hearth serve`: responses to valid and invalid requests, and to many at once.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;

use crate::support::{alone, fail, hearth, json, pictures, python, root, signal, succeed};

mod rows;

pub struct Server {
    child: Child,
    url: String,
}

impl Server {
    pub fn start(run: &Path, words: &[&str]) -> Self {
        let mut command = hearth(["serve"]);
        command.arg(run).args(["--port", "0"]).args(words);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        Self { child, url: url.trim().to_owned() }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn address(&self) -> &str {
        &self.url["http://".len()..]
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        answer(client().get(self.at(path)).call())
    }

    fn post(&self, path: &str, body: &[u8]) -> (u16, Value) {
        answer(client().post(self.at(path)).content_type("image/png").send(body))
    }

    /// Posts a JSON body; returns status and response.
    pub fn ask(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = client().post(self.at(path)).content_type("application/json");
        answer(request.send(body.to_string()))
    }

    /// Resident memory in kB.
    fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// A value of `/proc/PID/status`, by its name.
    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn terminate(&self) {
        signal(self.child.id(), "TERM");
    }

    /// Terminates the server, and asserts a clean exit without a panic.
    pub fn end(mut self) {
        self.terminate();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let mut err = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert!(!err.contains("panicked"), "{err}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Still running only if a test failed.
        let _ = self.child.kill();
    }
}

fn client() -> Agent {
    let config = Agent::config_builder().http_status_as_error(false);
    config.timeout_global(Some(Duration::from_mins(1))).build().into()
}

fn answer(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> (u16, Value) {
    let mut response = response.unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn trained(folder: &Path, config: &str, words: &[&str]) -> PathBuf {
    let run = folder.join(config);
    let config = root().join(format!("configs/{config}.toml"));
    succeed(hearth(["train"]).arg(config).args(words).arg("--run").arg(&run));
    run
}

/// The reason of an API error; asserts its status.
fn reason((status, body): (u16, Value), wanted: u16) -> String {
    assert_eq!(status, wanted, "{body}");
    assert_eq!(body["error"]["status"], wanted);
    body["error"]["reason"].as_str().unwrap().to_owned()
}

#[test]
fn answers_are_those_of_predict() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1"]);
    let (files, _) = pictures(folder.path(), 2);
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
    let send = |pictures: &[(&str, &Vec<u8>)]| {
        let mut form = Vec::new();
        for (name, bytes) in pictures {
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
    let picture = image::GrayImage::new(100, 100);
    picture.write_to(&mut std::io::Cursor::new(&mut large), image::ImageFormat::Png).unwrap();
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
    let (files, _) = pictures(folder.path(), 1);
    let picture = std::fs::read(&files[0]).unwrap();
    let server = Server::start(&run, &["--host", "localhost"]);
    let ask = |query: &str, fields: &[(&str, &str)]| {
        let mut form = Vec::new();
        for (name, value) in fields {
            let head = "--x\r\nContent-Disposition: form-data; name=";
            form.extend_from_slice(format!("{head}\"{name}\"\r\n\r\n{value}\r\n").as_bytes());
        }
        let head = "--x\r\nContent-Disposition: form-data; name=\"p\"; filename=\"a.png\"\r\n\r\n";
        form.extend([head.as_bytes(), &picture, b"\r\n--x--\r\n"].concat());
        let request = client().post(server.at(&format!("/v1/predict{query}")));
        answer(request.content_type("multipart/form-data; boundary=x").send(&form[..]))
    };
    let top = |(status, found): (u16, Value)| {
        assert_eq!(status, 200, "{found}");
        found["predictions"][0]["top"].clone()
    };
    let inverted = top(server.post("/v1/predict?top=0&invert=true", &picture));
    assert_ne!(inverted, top(server.post("/v1/predict?top=0", &picture)));
    assert_eq!(top(ask("", &[("top", "0"), ("invert", "true")])), inverted);
    assert_eq!(top(ask("?top=0", &[("invert", "true")])), inverted);
    // In the query or the form, and once.
    let once = "each of them once";
    assert!(reason(ask("?top=1", &[("top", "1")]), 400).contains(once));
    assert!(reason(ask("?invert=true", &[("invert", "true")]), 400).contains(once));
    assert!(reason(server.post("/v1/predict?top=1&top=1", &picture), 400).contains(once));
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

#[test]
fn a_terminated_server_answers_open_requests_and_accepts_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1"]);
    let (files, _) = pictures(folder.path(), 1);
    let picture = std::fs::read(&files[0]).unwrap();
    let mut server = Server::start(&run, &[]);
    let mut open = TcpStream::connect(server.address()).unwrap();
    let length = picture.len();
    let head = format!("POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    open.write_all(head.as_bytes()).unwrap();
    open.write_all(&picture[..10]).unwrap();
    // The metrics confirm that the request is open.
    while !server.get("/metrics").1.as_str().unwrap().contains("hearth_requests_open 2") {}
    server.terminate();
    let begun = Instant::now();
    while TcpStream::connect(server.address()).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it goes on to listen");
    }
    open.write_all(&picture[10..]).unwrap();
    let mut answered = String::new();
    open.read_to_string(&mut answered).unwrap();
    assert!(answered.starts_with("HTTP/1.1 200 OK") && answered.contains("probability"));
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn slow_requests_time_out() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1"]);
    let server = Server::start(&run, &["--timeout", "1"]);
    let mut open = TcpStream::connect(server.address()).unwrap();
    let head = "POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n";
    open.write_all(head.as_bytes()).unwrap();
    let mut answered = String::new();
    open.read_to_string(&mut answered).unwrap();
    assert!(answered.starts_with("HTTP/1.1 503") && answered.contains("longer than 1 s"));
    server.end();
}

#[test]
fn start_up_errors_are_reported_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let done = fail(hearth(["serve"]).arg(folder.path()), 2);
    assert!(done.err.contains("is not a run"), "{}", done.err);
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1"]);
    let server = Server::start(&run, &[]);
    let port = server.address().rsplit(':').next().unwrap().to_owned();
    let done = fail(hearth(["serve", "--port", &port]).arg(&run), 1);
    assert!(done.err.contains("--port 0"), "{}", done.err);
    server.end();
}

/// Limit of the 99th percentile of response times.
const SLOWEST: Duration = Duration::from_millis(50);

/// 10,000 requests from 64 connections: all predictions are right, and no threads are added. Other programs on the
/// machine only slow responses down, so the fastest of three rounds counts.
#[test]
fn many_clients_are_answered_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1", "model.hidden=[256]"]);
    let (files, _) = pictures(folder.path(), 64);
    let wanted = json(hearth(["predict", "--json", "--top", "1"]).arg(&run).args(&files));
    let server = Server::start(&run, &[]);
    let (clients, each) = (64, 157);
    let round = || -> Vec<Duration> {
        std::thread::scope(|scope| {
            let pairs = files.iter().zip(wanted["predictions"].as_array().unwrap());
            let asking = pairs.map(|(file, wanted)| {
                let server = &server;
                scope.spawn(move || {
                    let (client, picture) = (client(), std::fs::read(file).unwrap());
                    let ask = |_| {
                        let begun = Instant::now();
                        let request = client.post(server.at("/v1/predict?top=1"));
                        let (status, found) = answer(request.send(&picture[..]));
                        let took = begun.elapsed();
                        assert_eq!(status, 200, "{found}");
                        assert_eq!(found["predictions"][0]["top"], wanted["top"]);
                        took
                    };
                    (0..each).map(ask).collect::<Vec<_>>()
                })
            });
            let asking: Vec<_> = asking.collect();
            asking.into_iter().flat_map(|client| client.join().unwrap()).collect()
        })
    };
    let (alone, mut rounds) = (alone(), Vec::new());
    while rounds.len() < 3 && rounds.last().is_none_or(|slow| *slow >= SLOWEST) {
        let mut times = round();
        times.sort();
        assert_eq!(times.len(), clients * each);
        rounds.push(times[times.len() * 99 / 100]);
    }
    drop(alone);
    assert!(*rounds.last().unwrap() < SLOWEST, "99 of 100 requests take {rounds:?} or less");
    let (threads, processors) = (server.status("Threads:"), std::thread::available_parallelism());
    // Threads for computing, handlers and decoding, and a few others.
    let most = 3 * processors.unwrap().get() as u64 + 4;
    assert!(threads <= most, "{threads} threads are more than {most}");
    server.end();
}

/// With a queue of one request, some of many get 429 with `Retry-After`.
#[test]
fn a_full_queue_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1"]);
    let (files, _) = pictures(folder.path(), 1);
    let picture = &std::fs::read(&files[0]).unwrap();
    let server = &Server::start(&run, &["--queue", "1", "--batch", "1"]);
    let refused: usize = std::thread::scope(|scope| {
        let ask = || {
            let client = client();
            let answers =
                (0..200).map(|_| client.post(server.at("/v1/predict")).send(&picture[..]));
            answers.filter(|response| is_refused(response.as_ref().unwrap())).count()
        };
        let asking: Vec<_> = (0..16).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert!((1..16 * 200).contains(&refused), "{refused} of {}", 16 * 200);
    assert_eq!(server.post("/v1/predict", picture).0, 200);
}

fn is_refused(response: &ureq::http::Response<ureq::Body>) -> bool {
    let again = response.headers().get("retry-after").map(|time| time.to_str().unwrap());
    match response.status().as_u16() {
        200 => false,
        status => {
            assert_eq!((status, again), (429, Some("1")));
            true
        }
    }
}

/// Noise, truncated and oversized files, and small files of huge images: each is an error, memory does not grow, and the
/// next image is served.
#[test]
fn hostile_bodies_cost_an_error_each() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1"]);
    let (files, _) = pictures(folder.path(), 1);
    let picture = std::fs::read(&files[0]).unwrap();
    let photograph = std::fs::read(root().join("tests/cases/images/progressive.jpg")).unwrap();
    let png = |side: u32| {
        let mut bytes = Vec::new();
        let black = image::GrayImage::new(side, side);
        black.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
        bytes
    };
    let bomb = png(6000);
    let mut lies = png(10);
    // Width and height in the header: 2^31 - 1 pixels each, and their checksum is wrong besides.
    lies[16..24].copy_from_slice(&[0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
    let server = Server::start(&run, &["--max-body", "1000000"]);
    let noise = |index: u32| -> Vec<u8> {
        let mut state = index.wrapping_mul(2_654_435_761) | 1;
        let step = |_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as u8
        };
        (0..2000).map(step).collect()
    };
    let mut settled = 0;
    for index in 0..1000_u32 {
        let (body, wanted) = match index % 5 {
            0 => (noise(index), 422),
            1 => {
                let whole = if index % 2 == 0 { &picture } else { &photograph };
                (whole[..whole.len() * (index as usize % 90) / 100].to_vec(), 422)
            }
            2 => (vec![0; 1_000_001], 413),
            3 => (bomb.clone(), 422),
            _ => (lies.clone(), 422),
        };
        reason(server.post("/v1/predict", &body), wanted);
        // Each thread keeps the buffers of its first bodies.
        if index == 500 {
            settled = server.memory();
        }
    }
    let memory = server.memory();
    assert!(memory < settled + settled / 10, "{memory} kB at the end, and {settled} kB before");
    let half = &photograph[..photograph.len() / 2];
    assert!(reason(server.post("/v1/predict", half), 422).contains("it ends too early"));
    assert_eq!(server.post("/v1/predict", &photograph).0, 200);
    assert_eq!(server.post("/v1/predict", &picture).0, 200);
    server.end();
}

#[test]
fn the_page_answers_in_a_browser() {
    if python("selenium").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = pictures(folder.path(), 1);
    let see = |run: &Path, words: &[&PathBuf]| {
        let server = Server::start(run, &[]);
        let mut page = python("selenium").expect("it was there");
        page.arg("scripts/page.py").arg(&server.url);
        let found = json(page.arg(folder.path().join("screenshot.png")).args(words));
        assert_eq!(found["console"], Value::Array(Vec::new()));
        server.end();
        found
    };
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1"]);
    let drawn = see(&run, &[]);
    let bars = drawn["bars"].as_array().unwrap();
    let sum: f64 = bars.iter().map(|bar| bar["probability"].as_f64().unwrap()).sum();
    assert!(bars.len() == 10 && (sum - 1.0).abs() < 1e-6, "{drawn}");
    // A chosen file is sent unchanged.
    let wanted = json(hearth(["predict", "--json"]).arg(&run).args(&files));
    let chosen = see(&run, &[&files[0]]);
    for key in ["class", "probability"] {
        assert_eq!(chosen["bars"][0][key], wanted["predictions"][0]["top"][0][key]);
    }
    let run = trained(folder.path(), "gan-nano", &["train.epochs=1", "evaluate.samples=500"]);
    let made = see(&run, &[]);
    assert_eq!((&made["slider"], &made["changed"]), (&Value::from("3"), &Value::from(true)));
    let run = trained(folder.path(), "iris-nano", &["train.epochs=1"]);
    let filled = see(&run, &[]);
    let bars = filled["bars"].as_array().unwrap();
    let sum: f64 = bars.iter().map(|bar| bar["probability"].as_f64().unwrap()).sum();
    assert!(bars.len() == 3 && (sum - 1.0).abs() < 1e-6, "{filled}");
    assert_eq!(filled["row"].as_object().unwrap().len(), 4);
    let run = trained(folder.path(), "diabetes-nano", &["train.epochs=1"]);
    let filled = see(&run, &[]);
    let value = filled["value"].as_f64().unwrap();
    assert!((50.0..400.0).contains(&value), "{filled}");
    let server = Server::start(&run, &[]);
    let row: serde_json::Map<_, _> = filled["row"].as_object().unwrap().clone();
    let (_, found) = server.ask("/v1/predict", &json!({"rows": [row]}));
    assert_eq!(found["predictions"][0]["value"], value);
    server.end();
}
