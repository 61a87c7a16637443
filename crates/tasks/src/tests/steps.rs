//! Steps whose numbers are read later are the same steps.

use std::path::{Path, PathBuf};

use hearth_config::Config;
use hearth_config::RawConfig;
use hearth_data::{Data, Labels};
use hearth_store::{RunDir, Value};
use hearth_train::backend::scalar::Readback;
use hearth_train::event::Event;
use hearth_train::plan::Plan;
use hearth_train::record::recorder::Recorder;
use hearth_train::task::Task;
use hearth_train::task::step::StepSettings;
use hearth_train::trainer::StopReason;
use hearth_train::trainer::{Computing, Trainer};

use crate::registry::open_alone;
use hearth_train::backend::Backend;
use std::sync::atomic::{AtomicBool, Ordering};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a run left.
struct Left {
    ended: Result<StopReason, String>,
    /// Their steps.
    checkpoints: Vec<u64>,
    /// Of the newest checkpoint: networks and optimisers.
    tensors: Vec<(String, Vec<f32>)>,
    log: Vec<serde_json::Value>,
    /// How many samples' results were told.
    told: u64,
}

/// Trains on the small set until someone stops it at a step, and says what is left of the run.
fn run(name: &str, overrides: &[&str], reading: Readback, stop_at: u64) -> Left {
    let raw = RawConfig::read(&root().join(format!("configs/{name}.toml"))).expect("it is there");
    let config = raw.with_overrides(overrides).expect("TOML").check().expect("good");
    let data = Data::load(&config, Labels::Unused, &root().join("datasets"), &mut |_| ());
    let data = data.expect("part of the repository");
    let device = Backend::default().device().expect("a CPU");
    let task = open_alone(&config, &data, &device);
    trained(task.expect("it fits"), &config, reading, stop_at)
}

fn trained(task: Box<dyn Task>, config: &Config, reading: Readback, stop_at: u64) -> Left {
    let folder = tempfile::tempdir().expect("a folder");
    let run = RunDir::create(folder.path().join("run")).expect("a run");
    let recorder =
        Recorder::new(run.clone(), 3, config.train.best_by(), Vec::new(), 0).expect("a log");
    let (stop, mut told) = (AtomicBool::new(false), 0);
    let mut observe = |event: Event<'_>| {
        if let Event::Step(step) = event {
            told += step.sums.samples;
            stop.fetch_or(step.step == stop_at, Ordering::Relaxed);
        }
    };
    let device = Backend::default().device().expect("a CPU");
    let steps = StepSettings::new(config, &device).expect("it has f32");
    let computing = Computing { on: "a test".to_owned(), reading, steps };
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
    Left { ended, tensors: tensors.collect(), checkpoints: steps, log: log.collect(), told }
}

/// That both are the same: results but for the rounding of sums that a device makes in 32 bits.
fn assert_same(later: &Left, now: &Left) {
    assert_eq!((&later.ended, &later.checkpoints), (&now.ended, &now.checkpoints));
    assert_eq!(later.told, now.told);
    assert_eq!(later.tensors, now.tensors);
    assert_eq!(later.log.len(), now.log.len());
    for (later, now) in later.log.iter().zip(&now.log) {
        for (name, wanted) in now.as_object().expect("an object") {
            match (wanted.as_f64(), later[name].as_f64()) {
                _ if ["seconds", "samples_per_second"].contains(&name.as_str()) => {}
                (Some(wanted), Some(found)) => {
                    let difference = (found - wanted).abs();
                    assert!(difference <= 1e-5 * wanted.abs(), "{name}: {found}, not {wanted}");
                }
                _ => assert_eq!(&later[name], wanted, "{name}"),
            }
        }
    }
}

#[test]
fn numbers_may_be_read_later() {
    for (name, more) in [("mlp-nano", "train.accumulate=2"), ("gan-nano", "model.widths=[4, 8]")] {
        let overrides =
            ["train.epochs=2", "train.log_every=7", "train.checkpoint_every=11 steps", more];
        let [now, later] = [Readback::Immediate, Readback::Deferred]
            .map(|reading| run(name, &overrides, reading, 0));
        assert_eq!(now.ended, Ok(StopReason::Finished));
        assert_same(&later, &now);
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
    // The evaluation that ends it, by both or by the accuracy alone.
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
fn a_step_that_is_not_finite_is_found_among_those_on_trial() {
    // Far too fast: the loss leaves the numbers after some steps.
    let wild = ["optimizer.learning_rate=1000", "model.hidden=[64, 64, 64]", "train.log_every=50"];
    let [now, later] =
        [Readback::Immediate, Readback::Deferred].map(|reading| run("mlp-nano", &wild, reading, 0));
    let message = now.ended.clone().expect_err("it cannot learn");
    assert!(message.contains("not finite") && message.contains("training samples"), "{message}");
    assert!(later.checkpoints.last().is_some_and(|step| *step > 0), "some steps were good");
    assert_same(&later, &now);
}

#[test]
fn a_run_that_is_stopped_looks_at_its_steps_first() {
    let overrides = ["train.log_every=7"];
    let [now, later] = [Readback::Immediate, Readback::Deferred]
        .map(|reading| run("mlp-nano", &overrides, reading, 10));
    assert_eq!((&later.ended, &later.checkpoints), (&Ok(StopReason::Interrupted), &vec![10]));
    assert_eq!(later.tensors, now.tensors);

    // One of the steps on trial is not finite: none of them is kept.
    let wild = ["optimizer.learning_rate=1000", "model.hidden=[64, 64, 64]", "train.log_every=50"];
    let later = run("mlp-nano", &wild, Readback::Deferred, 20);
    assert_eq!((later.ended, later.checkpoints), (Ok(StopReason::Interrupted), vec![0]));
}
