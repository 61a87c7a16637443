//! Ctrl-C and SIGTERM end a run after a checkpoint; a reader that goes away does not.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{checkpoints, hearth, metrics, signal, succeed};

fn wait_for(path: &Path) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{} never came", path.display());
        std::thread::yield_now();
    }
}

#[test]
fn a_signal_ends_the_run_after_a_checkpoint() {
    for name in ["INT", "TERM"] {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let mut command = hearth(["train", "configs/mlp-nano.toml", "train.epochs=200", "--run"]);
        let child = command.arg(&run).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let child = child.expect("hearth starts");
        wait_for(&run.join("best.json"));
        signal(child.id(), name);
        let output = child.wait_with_output().expect("it ends");
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{err}");
        assert!(err.contains("--resume"), "{err}");
        let last = checkpoints(&run).pop().expect("a checkpoint");
        let step: u64 = last.file_name().unwrap().to_str().unwrap()[5..].parse().unwrap();
        assert!(metrics(&run).iter().all(|line| line["step"].as_u64().unwrap() <= step));
        // The interrupted run is complete and can be resumed.
        succeed(hearth(["eval"]).arg(&run).args(["--checkpoint", "last"]));
    }
}

#[test]
fn a_run_outlives_whoever_read_its_messages() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut command = hearth(["train", "configs/mlp-nano.toml", "--run"]);
    let mut child =
        command.arg(&run).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    succeed(hearth(["eval"]).arg(&run));
}

#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = hearth(["schema"]).stdout(full()).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}
