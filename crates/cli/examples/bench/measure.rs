//! Processes, and statistics over rounds.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;

/// A finished process.
pub struct Timed {
    /// Wall time from start to exit.
    pub seconds: f64,
    /// Peak resident memory in megabytes.
    pub memory: f64,
    /// Its standard output.
    pub output: String,
}

/// Runs a file of `scripts/` with its arguments.
pub fn run_peer(python: &Path, words: &[&str]) -> Outcome<Timed> {
    let (script, words) = words.split_first().ok_or("a script")?;
    let mut command = Command::new(python);
    command.arg(Path::new("scripts").join(script)).args(words);
    measure(command)
}

/// Runs the program, one folder above the examples, on a config.
pub fn run_hearth(config: &str, backend: &str) -> Outcome<Timed> {
    let folder = tempfile::tempdir()?;
    let program = std::env::current_exe()?.with_file_name("../hearth");
    let mut command = Command::new(program);
    command.args(["train", config, "--backend", backend, "--run"]).arg(folder.path().join("run"));
    if config == "configs/cnn.toml" {
        command.arg("train.epochs=5");
    }
    measure(command)
}

fn measure(mut command: Command) -> Outcome<Timed> {
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0.0_f64;
    // The kernel records the peak; the last reading before the exit counts.
    while child.try_wait()?.is_none() {
        memory = memory.max(peak(&status).unwrap_or(0.0));
        std::thread::sleep(Duration::from_millis(5));
    }
    let seconds = begun.elapsed().as_secs_f64();
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("{command:?} ended with {}", output.status).into());
    }
    Ok(Timed { seconds, memory, output: String::from_utf8(output.stdout)? })
}

fn peak(status: &str) -> Option<f64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0 / 1e6)
}

/// Parses the number printed by a peer.
pub fn number(text: &str) -> Outcome<f64> {
    Ok(text.trim().parse()?)
}

/// The median.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    f64::midpoint(sorted[last / 2], sorted[last.div_ceil(2)])
}

/// The median and the range of the ratios round by round; empty without a peer.
pub fn ratio(ours: &[f64], theirs: &[f64]) -> String {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    if ratios.is_empty() {
        return String::new();
    }
    let (low, high) =
        ratios.iter().fold((f64::MAX, 0.0_f64), |(low, high), one| (low.min(*one), high.max(*one)));
    format!("   {:.2} ({low:.2} to {high:.2}) times", median(&ratios))
}
