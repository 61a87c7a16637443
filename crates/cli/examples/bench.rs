//! Speed of the perceptron of `configs/mlp.toml`: the training step and the whole job, on each
//! backend, and with `--python PYTHON` beside PyTorch. Run by `make bench` and `make bench-peers`.
//!
//! What is compared runs in turn, round by round, because a shared machine drifts; ratios are
//! medians over the rounds.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hearth_config::RawConfig;
use hearth_data::{Batch, Loader, Normalization};
use hearth_train::Backend;
use hearth_train::input::Input;
use hearth_train::task::Task;
use hearth_train::tasks::Classify;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error>>;

const CONFIG: &str = "configs/mlp.toml";
const ROUNDS: usize = 5;
/// Steps in one measurement: about four epochs of 215.
const STEPS: u64 = 860;

fn main() -> Outcome<()> {
    let python = std::env::args().skip_while(|word| word != "--python").nth(1).map(PathBuf::from);
    steps(python.as_deref())?;
    jobs(python.as_deref())
}

/// The training step, and what loading and batching take of it.
fn steps(python: Option<&Path>) -> Outcome<()> {
    let mut ours: Vec<(Backend, Vec<f64>)> =
        Backend::COMPILED.iter().map(|backend| (*backend, Vec::new())).collect();
    let mut peers = Vec::new();
    for _ in 0..ROUNDS {
        for (backend, speeds) in &mut ours {
            speeds.push(step_speed(*backend)?);
        }
        if let Some(python) = python {
            peers.push(number(&run_peer(python, "step")?.output)?);
        }
    }
    println!("training step of {CONFIG}, median of {ROUNDS}:");
    if !peers.is_empty() {
        println!("  PyTorch eager   {:>9.0} samples/s", median(&peers));
    }
    for (backend, speeds) in &ours {
        print!("  {:<15} {:>9.0} samples/s", backend.name(), median(speeds));
        println!("{}", ratio(speeds, &peers));
    }
    let share = loading_share(Backend::default())?;
    println!("loading, batching and normalising: {:.1} % of an epoch on one core\n", 100.0 * share);
    Ok(())
}

/// The whole job, from the start of the process to its end.
fn jobs(python: Option<&Path>) -> Outcome<()> {
    let mut jobs: Vec<(String, Vec<Measured>)> =
        Backend::COMPILED.iter().map(|backend| (backend.name().to_owned(), Vec::new())).collect();
    let kinds = python.map_or([].as_slice(), |_| ["tensors", "loader"].as_slice());
    jobs.extend(kinds.iter().map(|kind| ((*kind).to_owned(), Vec::new())));
    for round in 0..ROUNDS {
        for (name, measured) in &mut jobs {
            match (python, name.as_str()) {
                // Five rounds of over a minute each would say no more than three.
                (_, "loader") if round >= 3 => {}
                (Some(python), "tensors" | "loader") => measured.push(run_peer(python, name)?),
                _ => measured.push(run_hearth(name)?),
            }
        }
    }
    println!("whole job of {CONFIG}, process start to exit, median of {ROUNDS}:");
    let seconds =
        |measured: &[Measured]| measured.iter().map(|one| one.seconds).collect::<Vec<_>>();
    for (name, measured) in &jobs {
        let memory: Vec<f64> = measured.iter().map(|one| one.memory).collect();
        let what = match name.as_str() {
            "tensors" => "PyTorch, data in tensors",
            "loader" => "PyTorch, DataLoader with 2 workers",
            backend => backend,
        };
        print!("  {what:<35} {:>6.1} s {:>6.0} MB", median(&seconds(measured)), median(&memory));
        for (other, theirs) in jobs.iter().filter(|(other, _)| kinds.contains(&other.as_str())) {
            if !kinds.contains(&name.as_str()) {
                print!("{} {other}", ratio(&seconds(theirs), &seconds(measured)));
            }
        }
        println!();
    }
    Ok(())
}

/// Pictures per second of compute and apply, after a warm-up.
fn step_speed(backend: Backend) -> Outcome<f64> {
    let (mut task, rate) = task(backend)?;
    let mut samples = 0;
    let mut begun = Instant::now();
    for step in 0..STEPS + 20 {
        if step == 20 {
            (samples, begun) = (0, Instant::now());
        }
        let proposed = task.compute(step)?;
        samples += proposed.sums.samples;
        task.apply(proposed, rate);
    }
    Ok(samples as f64 / begun.elapsed().as_secs_f64())
}

fn task(backend: Backend) -> Outcome<(Classify, f64)> {
    let config = RawConfig::read(Path::new(CONFIG))?.check()?;
    let dataset = hearth_data::load(&config.data.source, Path::new("datasets"), &mut |_| ())?;
    let splits = dataset.split(config.data.batches.valid_samples, config.run.seed)?;
    let normalization = Normalization::of(&splits.train);
    let device = backend.device();
    let task = Classify::new(&config, splits, dataset.classes, &normalization, &device)?;
    Ok((task, config.optimizer.update.learning_rate))
}

/// The time to make an epoch's tensors, as a share of the time to train it.
fn loading_share(backend: Backend) -> Outcome<f64> {
    let config = RawConfig::read(Path::new(CONFIG))?.check()?;
    let dataset = hearth_data::load(&config.data.source, Path::new("datasets"), &mut |_| ())?;
    let splits = dataset.split(config.data.batches.valid_samples, config.run.seed)?;
    let input = Input::new(&Normalization::of(&splits.train));
    let loader = Loader::new(splits.train.clone(), config.data.batches.batch_size, 1, None);
    let mut batch = Batch::default();
    let begun = Instant::now();
    let order = loader.order(0);
    for index in 0..loader.batches_per_epoch() {
        loader.fill(&order, 0, index, &mut batch);
        std::hint::black_box(input.tensor(&batch, &backend.device()));
    }
    let loading = begun.elapsed().as_secs_f64();
    Ok(loading / (splits.train.len() as f64 / step_speed(backend)?))
}

/// A finished process.
struct Measured {
    seconds: f64,
    /// Peak resident memory in megabytes.
    memory: f64,
    output: String,
}

fn run_hearth(backend: &str) -> Outcome<Measured> {
    let folder = tempfile::tempdir()?;
    // The program stands two folders above the examples.
    let program = std::env::current_exe()?.with_file_name("../hearth");
    let mut command = Command::new(program);
    command.args(["train", CONFIG, "--backend", backend, "--run"]).arg(folder.path().join("run"));
    measure(command)
}

fn run_peer(python: &Path, what: &str) -> Outcome<Measured> {
    let mut command = Command::new(python);
    command.args(["scripts/peer.py", what]);
    measure(command)
}

fn measure(mut command: Command) -> Outcome<Measured> {
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0.0_f64;
    // The kernel keeps the peak itself; only its last value before the end has to be caught.
    while child.try_wait()?.is_none() {
        memory = memory.max(peak(&status).unwrap_or(0.0));
        std::thread::sleep(Duration::from_millis(5));
    }
    let seconds = begun.elapsed().as_secs_f64();
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(format!("{command:?} ended with {}", output.status).into());
    }
    Ok(Measured { seconds, memory, output: String::from_utf8(output.stdout)? })
}

fn peak(status: &str) -> Option<f64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0 / 1e6)
}

fn number(text: &str) -> Outcome<f64> {
    Ok(text.trim().parse()?)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    f64::midpoint(sorted[last / 2], sorted[last.div_ceil(2)])
}

/// The median of the ratios round by round, and their range; nothing without a peer.
fn ratio(ours: &[f64], theirs: &[f64]) -> String {
    let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
    if ratios.is_empty() {
        return String::new();
    }
    let (low, high) =
        ratios.iter().fold((f64::MAX, 0.0_f64), |(low, high), one| (low.min(*one), high.max(*one)));
    format!("   {:.2} ({low:.2} to {high:.2}) times", median(&ratios))
}
