//! Deferred readback does not change steps, checkpoints or results.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use hearth_config::Config;
use hearth_config::RawConfig;
use hearth_data::{Data, Labels};
use hearth_store::{RunDir, Value};
use hearth_train::backend::Backend;
use hearth_train::backend::scalar::Readback;
use hearth_train::event::Event;
use hearth_train::plan::Plan;
use hearth_train::record::recorder::Recorder;
use hearth_train::task::Task;
use hearth_train::task::step::StepSettings;
use hearth_train::trainer::StopReason;
use hearth_train::trainer::{Computing, Trainer};

use crate::registry::open_alone;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The results and files of a run.
struct Finished {
    ended: Result<StopReason, String>,
    /// The steps of all checkpoints.
    checkpoints: Vec<u64>,
    /// The tensors of the newest checkpoint: networks and optimizers.
    tensors: Vec<(String, Vec<f32>)>,
    log: Vec<serde_json::Value>,
    /// The number of samples in all step events.
    samples: u64,
}

/// Trains on the small set, and interrupts at the end of step `stop_at` unless it is 0.
fn run(name: &str, overrides: &[&str], readback: Readback, stop_at: u64) -> Finished {
    let raw = RawConfig::read(&root().join(format!("configs/{name}.toml"))).expect("it is there");
    let config = raw.with_overrides(overrides).expect("TOML").check().expect("good");
    let data = Data::load(&config, Labels::Unused, &root().join("datasets"), &mut |_| ());
    let data = data.expect("part of the repository");
    let device = Backend::default().device().expect("a CPU");
    let task = open_alone(&config, &data, &device);
    trained(task.expect("it fits"), &config, readback, stop_at)
}

fn trained(task: Box<dyn Task>, config: &Config, readback: Readback, stop_at: u64) -> Finished {
    let folder = tempfile::tempdir().expect("a folder");
    let run = RunDir::create(folder.path().join("run")).expect("a run");
    let recorder =
        Recorder::new(run.clone(), 3, config.train.best_by(), Vec::new(), 0).expect("a log");
    let (stop, mut samples) = (AtomicBool::new(false), 0);
    let mut observe = |event: Event<'_>| {
        if let Event::Step(step) = event {
            samples += step.sums.samples;
            stop.fetch_or(step.step == stop_at, Ordering::Relaxed);
        }
    };
    let device = Backend::default().device().expect("a CPU");
    let steps = StepSettings::new(config, &device).expect("it has f32");
    let computing = Computing { on: "a test".to_owned(), reading: readback, steps };
    let plan = Plan::new(config, &*task).expect("it has epochs");
    let mut trainer = Trainer::new(task, plan, config, computing, recorder, &mut observe, &stop);
    let ended = trainer.run().map_err(|error| error.to_string());
    drop(trainer);
    let checkpoints = run.checkpoints();
    let steps = checkpoints.steps().expect("a folder");
    let state = checkpoints.load(*steps.last().expect("one at least")).expect("a good one");
    let tensors = state.iter().filter_map(|(path, value)| match value {
        Value::Tensor(tensor) => Some((path.to_owned(), tensor.to_vec().expect("floats"))),
        _ => None,
    });
    let log = std::fs::read_to_string(run.metrics()).expect("a log");
    let log = log.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    Finished { ended, tensors: tensors.collect(), checkpoints: steps, log: log.collect(), samples }
}

/// Asserts that both are equal, but for the rounding of sums that a device computes in 32 bits.
fn assert_same(deferred: &Finished, immediate: &Finished) {
    assert_eq!(
        (&deferred.ended, &deferred.checkpoints),
        (&immediate.ended, &immediate.checkpoints)
    );
    assert_eq!(deferred.samples, immediate.samples);
    assert_eq!(deferred.tensors, immediate.tensors);
    assert_eq!(deferred.log.len(), immediate.log.len());
    for (deferred, immediate) in deferred.log.iter().zip(&immediate.log) {
        for (name, wanted) in immediate.as_object().expect("an object") {
            match (wanted.as_f64(), deferred[name].as_f64()) {
                _ if ["seconds", "samples_per_second"].contains(&name.as_str()) => {}
                (Some(wanted), Some(found)) => {
                    let difference = (found - wanted).abs();
                    assert!(difference <= 1e-5 * wanted.abs(), "{name}: {found}, not {wanted}");
                }
                _ => assert_eq!(&deferred[name], wanted, "{name}"),
            }
        }
    }
}

#[test]
fn deferred_readback_gives_the_same_run() {
    for (name, more) in [("mlp-nano", "train.accumulate=2"), ("gan-nano", "model.widths=[4, 8]")] {
        let overrides =
            ["train.epochs=2", "train.log_every=7", "train.checkpoint_every=11 steps", more];
        let [immediate, deferred] = [Readback::Immediate, Readback::Deferred]
            .map(|readback| run(name, &overrides, readback, 0));
        assert_eq!(immediate.ended, Ok(StopReason::Finished));
        assert_same(&deferred, &immediate);
    }
}

#[test]
fn early_stopping_breaks_ties_by_the_loss() {
    // Ten validation images: accuracies are tenths.
    let overrides = ["data.valid_samples=10", "train.epochs=40", "train.early_stop.patience=2"];
    let left = run("mlp-nano", &overrides, Readback::Immediate, 0);
    let valid = left.log.iter().filter(|line| line["kind"] == "valid");
    let number = |line: &serde_json::Value, name: &str| line[name].as_f64().expect("a number");
    let results = valid.map(|line| [number(line, "accuracy"), number(line, "loss")]);
    let results: Vec<[f64; 2]> = results.collect();
    // The evaluation that stops training, with ties broken by the loss or not.
    let end = |by_loss: bool| {
        let (mut best, mut stale) = ([f64::NEG_INFINITY; 2], 0);
        results.iter().position(|&next| {
            let is_tie = (next[0] - best[0]).abs() < 1e-9;
            let better = if is_tie { by_loss && next[1] < best[1] } else { next[0] > best[0] };
            (best, stale) = if better { (next, 0) } else { (best, stale + 1) };
            stale == 2
        })
    };
    assert_eq!(left.ended, Ok(StopReason::EarlyStopped));
    assert_eq!(end(true), Some(results.len() - 1), "{results:?}");
    assert_ne!(end(false), end(true), "no tie mattered: {results:?}");
}

#[test]
fn a_step_that_is_not_finite_is_found_among_pending_ones() {
    // A learning rate so high that the loss diverges after some steps.
    let wild = ["optimizer.learning_rate=1000", "model.hidden=[64, 64, 64]", "train.log_every=50"];
    let [immediate, deferred] = [Readback::Immediate, Readback::Deferred]
        .map(|readback| run("mlp-nano", &wild, readback, 0));
    let message = immediate.ended.clone().expect_err("it cannot learn");
    assert!(message.contains("not finite") && message.contains("training samples"), "{message}");
    assert!(deferred.checkpoints.last().is_some_and(|step| *step > 0), "some steps were good");
    assert_same(&deferred, &immediate);
}

#[test]
fn an_interrupted_run_resolves_pending_steps_first() {
    let overrides = ["train.log_every=7"];
    let [immediate, deferred] = [Readback::Immediate, Readback::Deferred]
        .map(|readback| run("mlp-nano", &overrides, readback, 10));
    assert_eq!((&deferred.ended, &deferred.checkpoints), (&Ok(StopReason::Interrupted), &vec![10]));
    assert_eq!(deferred.tensors, immediate.tensors);

    // One of the pending steps is not finite: none of them is kept.
    let wild = ["optimizer.learning_rate=1000", "model.hidden=[64, 64, 64]", "train.log_every=50"];
    let deferred = run("mlp-nano", &wild, Readback::Deferred, 20);
    assert_eq!((deferred.ended, deferred.checkpoints), (Ok(StopReason::Interrupted), vec![0]));
}
