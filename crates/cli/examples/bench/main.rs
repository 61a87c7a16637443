//! Speed of the networks of `configs/` on each CPU backend: training steps, inference, and whole
//! jobs; with `--python PYTHON` beside PyTorch. Run by `make bench` and `make bench-peers`.
//! `--only WORD` runs a part: steps, inference, texts, kernels, loading, jobs, a network's name, or backends,
//! which compares steps of small networks on everything that the program has, graphics adapters as well;
//! `--rounds N` changes the number of rounds from 5.
//!
//! The compared programs run in turn, round by round, because a shared machine drifts; ratios are
//! medians over the rounds.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod kernels;
mod measure;
mod networks;
mod translators;

use std::error::Error;
use std::path::{Path, PathBuf};

use hearth_train::Backend;

use measure::{Timed, median, number, ratio, run_hearth, run_peer};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    hearth_train::backend::set_threads(None);
    let word = |flag: &str| std::env::args().skip_while(|word| word != flag).nth(1);
    let python = word("--python").map(PathBuf::from);
    let only = word("--only");
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let python = python.as_deref();
    let rounds = word("--rounds").map_or(Ok(5), |rounds| rounds.parse())?;
    println!("medians of {rounds} rounds, samples/s:");
    if only.as_deref() == Some("backends") {
        let all = Backend::COMPILED;
        for network in ["mlp-nano", "cnn-nano", "gan-nano"] {
            compare(all, &format!("{network}, step"), &[], None, rounds, |backend| {
                networks::step_speed(network, backend, None)
            })?;
        }
    }
    let cpus: Vec<_> =
        Backend::COMPILED.iter().copied().filter(|backend| !backend.is_on_adapter()).collect();
    for network in ["mlp", "lenet", "cnn", "resnet", "gan"] {
        if wanted("steps") || wanted(network) {
            let name = format!("{network}, step");
            compare(&cpus, &name, &["peer.py", "step", network], python, rounds, |backend| {
                networks::step_speed(network, backend, None)
            })?;
        }
    }
    if wanted("inference") {
        for network in ["mlp", "lenet", "cnn", "resnet"] {
            for batch in [1, 256] {
                let words = ["peer.py", "infer", network, &batch.to_string()];
                let name = format!("{network}, batch {batch}");
                compare(&cpus, &name, &words, python, rounds, |backend| {
                    networks::inference_speed(network, batch, backend)
                })?;
            }
        }
    }
    for network in translators::NETWORKS {
        if wanted("texts") || wanted(network) {
            compare(
                &cpus,
                &format!("{network}, step"),
                &["peer_texts.py", "step", network],
                python,
                rounds,
                |backend| translators::step_speed(network, backend),
            )?;
            translators::share_of_peak(network, rounds)?;
            compare(
                &cpus,
                &format!("{network}, decode"),
                &["peer_texts.py", "decode", network],
                python,
                rounds,
                |backend| translators::decoding_speed(network, backend),
            )?;
        }
    }
    if wanted("kernels") {
        kernels::convolutions(&cpus, rounds);
        kernels::scaling(rounds)?;
    }
    if wanted("loading") {
        let share = networks::loading_share("mlp", Backend::default())?;
        println!("loading, batching, normalising: {:.1} % of mlp's epoch", 100.0 * share);
    }
    if wanted("jobs") {
        jobs(&cpus, "configs/mlp.toml", "mlp", &["tensors", "loader"], python, rounds)?;
        jobs(&cpus, "configs/cnn.toml", "cnn", &["tensors"], python, rounds.min(3))?;
    }
    Ok(())
}

/// Prints the speed on each backend, and its ratio to the peer's.
fn compare(
    backends: &[Backend],
    name: &str,
    peer: &[&str],
    python: Option<&Path>,
    rounds: usize,
    speed: impl Fn(Backend) -> Outcome<f64>,
) -> Outcome<()> {
    let mut ours: Vec<(Backend, Vec<f64>)> =
        backends.iter().map(|backend| (*backend, Vec::new())).collect();
    let mut theirs = Vec::new();
    for _ in 0..rounds {
        for (backend, speeds) in &mut ours {
            speeds.push(speed(*backend)?);
        }
        if let Some(python) = python {
            theirs.push(number(&run_peer(python, peer)?.output)?);
        }
    }
    if !theirs.is_empty() {
        println!("  {name:<18} {:<8} {:>9.0}", "PyTorch", median(&theirs));
    }
    for (backend, speeds) in &ours {
        let ratio = ratio(speeds, &theirs);
        println!("  {name:<18} {:<8} {:>9.0}{ratio}", backend.name(), median(speeds));
    }
    Ok(())
}

/// The whole job, from the start of the process to its end.
fn jobs(
    backends: &[Backend],
    config: &str,
    network: &str,
    kinds: &[&str],
    python: Option<&Path>,
    rounds: usize,
) -> Outcome<()> {
    let mut jobs: Vec<(&str, Vec<Timed>)> =
        backends.iter().map(|backend| (backend.name(), Vec::new())).collect();
    if python.is_some() {
        jobs.extend(kinds.iter().map(|kind| (*kind, Vec::new())));
    }
    for round in 0..rounds {
        for (name, measured) in &mut jobs {
            match (python, *name) {
                // Jobs of a minute each would not say more in five rounds than in three.
                (_, "loader") if round >= 3 => {}
                (Some(python), kind) if kinds.contains(&kind) => {
                    measured.push(run_peer(python, &["peer.py", "job", network, kind])?);
                }
                _ => measured.push(run_hearth(config, name)?),
            }
        }
    }
    println!("whole job of {config}, process start to exit:");
    let seconds = |measured: &[Timed]| measured.iter().map(|one| one.seconds).collect::<Vec<_>>();
    for (name, measured) in &jobs {
        let memory: Vec<f64> = measured.iter().map(|one| one.memory).collect();
        let what = match *name {
            "tensors" => "PyTorch, data in tensors",
            "loader" => "PyTorch, DataLoader with 2 workers",
            backend => backend,
        };
        print!("  {what:<35} {:>6.1} s {:>6.0} MB", median(&seconds(measured)), median(&memory));
        for (other, theirs) in jobs.iter().filter(|(other, _)| kinds.contains(other)) {
            if !kinds.contains(name) {
                print!("{} {other}", ratio(&seconds(theirs), &seconds(measured)));
            }
        }
        println!();
    }
    Ok(())
}
