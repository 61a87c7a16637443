//! `hearth serve`: a running server for the tests, its start and its end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::Agent;

use crate::support::{fail, hearth, root, signal, succeed, test_images};

mod load;
mod page;
mod predict;
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
pub fn reason((status, body): (u16, Value), wanted: u16) -> String {
    assert_eq!(status, wanted, "{body}");
    assert_eq!(body["error"]["status"], wanted);
    body["error"]["reason"].as_str().unwrap().to_owned()
}

#[test]
fn a_terminated_server_answers_open_requests_and_accepts_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path(), "mlp-nano", &["train.epochs=1"]);
    let (files, _) = test_images(folder.path(), 1);
    let image = std::fs::read(&files[0]).unwrap();
    let mut server = Server::start(&run, &[]);
    let mut open = TcpStream::connect(server.address()).unwrap();
    let length = image.len();
    let head = format!("POST /v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    open.write_all(head.as_bytes()).unwrap();
    open.write_all(&image[..10]).unwrap();
    // The metrics confirm that the request is open.
    while !server.get("/metrics").1.as_str().unwrap().contains("hearth_requests_open 2") {}
    server.terminate();
    let begun = Instant::now();
    while TcpStream::connect(server.address()).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it goes on to listen");
    }
    open.write_all(&image[10..]).unwrap();
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
