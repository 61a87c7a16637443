//! Running the built program, and helpers of the tests.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use serde_json::Value;

use crate::skip::skip;

/// The backends of every numerical test.
pub const BACKENDS: [&str; 2] = ["flex", "ndarray"];

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The names of all nano configs.
pub fn nanos() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("configs")).expect("configs/");
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut nanos: Vec<_> =
        names.filter_map(|name| Some(name.strip_suffix(".toml")?.to_owned())).collect();
    nanos.retain(|name| name.ends_with("-nano"));
    nanos.sort();
    assert!(nanos.len() >= 5, "{nanos:?}");
    nanos
}

/// True if a config is of an agent in an environment.
pub fn is_of_agent(config: &str) -> bool {
    let text = std::fs::read_to_string(root().join(format!("configs/{config}.toml")));
    text.expect("a config").contains("[environment]")
}

/// The override of a config's length: epochs, or as many times `steps` of an agent.
pub fn length(config: &str, epochs: u32, steps: u32) -> String {
    if is_of_agent(config) {
        format!("train.length={} steps", epochs * steps)
    } else {
        format!("train.epochs={epochs}")
    }
}

/// A `hearth` command, run in the repository's root without a terminal.
pub fn hearth<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hearth"));
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command.env_remove("HEARTH_DATASETS").env_remove("RUST_BACKTRACE").env("NO_COLOR", "1");
    command
}

/// The words of a command line.
pub fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// Exit code and output of a command.
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Read-locked while a command runs, and write-locked while a test measures times.
static MACHINE: RwLock<()> = RwLock::new(());

/// Waits for the commands of other tests and blocks new ones until it is dropped. The test itself must not run commands
/// meanwhile.
pub fn alone() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Done {
    let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    let Output { status, stdout, stderr } = command.output().expect("hearth starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Done { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// Runs a command, and asserts that it succeeds.
pub fn succeed(command: &mut Command) -> Done {
    let done = run(command);
    assert_eq!(done.code, Some(0), "{command:?}\n{}\n{}", done.out, done.err);
    assert!(!done.err.contains("panicked"), "{}", done.err);
    done
}

/// Runs a command, and asserts that it fails with this exit code and without a panic.
pub fn fail(command: &mut Command, code: i32) -> Done {
    let done = run(command);
    assert_eq!(done.code, Some(code), "{command:?}\n{}\n{}", done.out, done.err);
    assert!(!done.err.contains("panicked"), "{}", done.err);
    done
}

/// Runs a command, and parses its standard output as one JSON object.
pub fn json(command: &mut Command) -> Value {
    let done = succeed(command);
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}", done.out))
}

/// A Python with these modules, for checks by other software. Without one, or without the browser of `selenium`, the
/// test skips.
pub fn python(modules: &str) -> Option<Command> {
    let python = std::env::var("HEARTH_PYTHON").unwrap_or_else(|_| "python3".into());
    let imports = Command::new(&python).args(["-c", &format!("import {modules}")]).output();
    let there = imports.is_ok_and(|output| output.status.success())
        && (!modules.contains("selenium") || Path::new("/usr/bin/chromedriver").exists());
    if !there {
        skip(&format!(
            "{python} has no {modules} (`make venv`), or there is no chromium with chromium-driver"
        ));
        return None;
    }
    let mut command = Command::new(python);
    command.current_dir(root());
    Some(command)
}

/// The content of a page in headless Chromium. Asserts an empty console, no requests, no broken image and nothing wider
/// than the window.
pub fn seen(python: &mut Command, page: &Path, scheme: &str) -> Value {
    let image = page.with_extension(format!("{scheme}.png"));
    let found =
        json(python.arg("scripts/screenshot.py").args([page, &image]).args(["--scheme", scheme]));
    for (name, wanted) in [
        ("console", serde_json::json!([])),
        ("fetched", serde_json::json!([])),
        ("broken", serde_json::json!(0)),
        ("too_wide", serde_json::json!(false)),
    ] {
        assert_eq!(found[name], wanted, "{found}");
    }
    image::open(image).expect("a screenshot");
    found
}

/// The step folders of a run's checkpoints, ascending.
pub fn checkpoints(run: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(run.join("checkpoints")).expect("checkpoints");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_none());
    paths.sort();
    paths
}

/// metrics.jsonl without the times, which differ from run to run.
pub fn metrics(run: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(run.join("metrics.jsonl")).expect("metrics");
    text.lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).expect("JSON");
            let object = line.as_object_mut().expect("an object");
            object.remove("seconds");
            object.remove("samples_per_second");
            line
        })
        .collect()
}

/// The first difference between two runs; `None` if they hold the same numbers.
pub fn difference(left: &Path, right: &Path) -> Option<String> {
    let lines = [left, right].map(metrics);
    if lines[0] != lines[1] {
        let mut pairs = lines[0].iter().zip(&lines[1]);
        let pair = pairs.find(|(left, right)| left != right);
        return Some(format!(
            "metrics.jsonl of {} and {} lines: {pair:?}",
            lines[0].len(),
            lines[1].len()
        ));
    }
    let [left_last, right_last] =
        [left, right].map(|run| checkpoints(run).pop().expect("a checkpoint"));
    if left_last.file_name() != right_last.file_name() {
        return Some(format!("{} and {}", left_last.display(), right_last.display()));
    }
    // Only runs on texts have one.
    let tokenizers = [left, right].map(|run| std::fs::read(run.join("tokenizer.json")).ok());
    if tokenizers[0] != tokenizers[1] {
        return Some("tokenizer.json differs".to_owned());
    }
    let files = ["model.safetensors", "optimizer.safetensors"];
    let pairs = files.map(|file| [left_last.join(file), right_last.join(file)]);
    let pairs = pairs.into_iter().chain([[left.join("best.json"), right.join("best.json")]]);
    let differ = |[left, right]: &[PathBuf; 2]| {
        std::fs::read(left).expect("a file of the run") != std::fs::read(right).expect("the same")
    };
    pairs.into_iter().find(differ).map(|[left, _]| format!("{} differs", left.display()))
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// Sends a signal to a process, without the command `kill`, which small systems lack.
#[cfg(unix)]
pub fn signal(pid: u32, name: &str) {
    rustix::process::kill_process(process(pid), signal_named(name)).expect("it runs");
}

/// Sends a signal to the process group of this number.
#[cfg(unix)]
pub fn signal_group(pid: u32, name: &str) {
    rustix::process::kill_process_group(process(pid), signal_named(name)).expect("it runs");
}

#[cfg(unix)]
fn process(pid: u32) -> rustix::process::Pid {
    rustix::process::Pid::from_raw(pid.try_into().unwrap()).expect("not 0")
}

#[cfg(unix)]
fn signal_named(name: &str) -> rustix::process::Signal {
    use rustix::process::Signal;
    match name {
        "CONT" => Signal::CONT,
        "INT" => Signal::INT,
        "KILL" => Signal::KILL,
        "TERM" => Signal::TERM,
        _ => panic!("no test sends {name}"),
    }
}

/// Writes the first `count` test images of the small set as PNG files, and returns files and labels.
pub fn test_images(folder: &Path, count: usize) -> (Vec<PathBuf>, Vec<u8>) {
    use std::io::Read as _;
    let read = |name: &str| {
        let path = root().join("datasets/fashion-mnist-mini").join(name);
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).expect("the small set is in the repository");
        flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).expect("gzip");
        bytes
    };
    let pixels = read("t10k-images-idx3-ubyte.gz").split_off(16);
    let labels = read("t10k-labels-idx1-ubyte.gz").split_off(8);
    let files = pixels.chunks_exact(28 * 28).take(count).enumerate().map(|(index, image)| {
        let file = folder.join(format!("{index:03}.png"));
        image::GrayImage::from_raw(28, 28, image.to_vec()).unwrap().save(&file).expect("a PNG");
        file
    });
    (files.collect(), labels[..count].to_vec())
}
