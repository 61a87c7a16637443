//! Tests of adversarial steps, of learning by each loss, and of resuming.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use hearth_config::{ModelConfig, RawConfig};
use hearth_data::{Images, Labels};
use hearth_model::params::{VisitParam, visit_params};
use hearth_train::backend::Backend;
use hearth_train::backend::scalar::Readback;
use hearth_train::run::loaded::{CheckpointSelector, LoadedRun};
use hearth_train::task::step::StepSettings;
use hearth_train::task::{Computed, compute_step};
use hearth_train::{Job, RunTarget};

use super::*;
use crate::classify::predict::ImagePredictor;
use crate::predictor::open_run;
use crate::train;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn config(overrides: &[&str]) -> Config {
    let raw = RawConfig::read(&root().join("configs/gan-nano.toml")).expect("it is there");
    raw.with_overrides(overrides).expect("TOML").check().expect("good")
}

fn splits(config: &Config) -> Splits {
    let images = Images::load(config, Labels::Unused, &root().join("datasets"), &mut |_| ());
    images.expect("part of the repository").splits
}

fn task(config: &Config, evaluator: Option<FeatureEvaluator>) -> Adversarial {
    let ModelConfig::Gan(pair) = &config.model else { panic!("a pair") };
    let device = Backend::default().device().expect("a CPU");
    Adversarial::new(config, pair, &splits(config), evaluator, &device).expect("it fits")
}

fn compute(task: &mut Adversarial, step: u64, rate: f64) -> Computed {
    let device = Backend::default().device().expect("a CPU");
    let steps = StepSettings::new(&config(&[]), &device).expect("it has f32");
    compute_step(task, &steps, (step, rate), Readback::Immediate).expect("a step")
}

fn step(task: &mut Adversarial, step: u64, rate: f64) -> Sums {
    let computed = compute(task, step, rate);
    assert_eq!(computed.fault, None);
    task.apply(computed.change);
    let totals = computed.measured.totals.iter();
    let totals = totals.map(|(name, total)| ((*name).to_owned(), total.on_host().expect("read")));
    let results = Sums { samples: computed.measured.samples, totals: totals.collect() };
    task.on_scalars(&results);
    results
}

/// The small classifier that a first run on the mini set trains.
fn predictor(folder: &Path) -> (ImagePredictor, LoadedRun) {
    let (config, stop) = (config(&[]).feature_classifier(), AtomicBool::new(false));
    let job = Job {
        config: &config,
        backend: Backend::default(),
        datasets: &root().join("datasets"),
        target: RunTarget::Fresh(folder.join("classifier")),
        stop: &stop,
        deadline: None,
    };
    train(&job, &mut |_| ()).expect("it trains");
    open_run::<ImagePredictor>(&folder.join("classifier"), CheckpointSelector::Best, job.backend)
        .expect("it is there")
}

#[test]
fn every_loss_halves_the_distance() {
    let folder = tempfile::tempdir().expect("a folder");
    for (loss, more, steps) in [
        ("non-saturating", &[][..], 150),
        ("least-squares", &[], 150),
        ("hinge", &[], 150),
        ("wasserstein", &["adversarial.discriminator_steps=3"], 200),
    ] {
        let loss = format!("adversarial.loss={loss}");
        let config = config(&[&[loss.as_str()], more].concat());
        let path = folder.path().join("classifier");
        let predictor = if path.exists() {
            open_run::<ImagePredictor>(&path, CheckpointSelector::Best, Backend::default())
                .expect("it is there")
        } else {
            predictor(folder.path())
        };
        let evaluator = FeatureEvaluator::new(predictor, &splits(&config), 1000).expect("it fits");
        let mut task = task(&config, Some(evaluator));
        let scores = |task: &Adversarial| {
            let report = task.evaluate(Split::Valid).expect("there is an evaluator");
            ["distance", "floor", "ceiling"].map(|name| report.score(name).expect(name))
        };
        let [before, floor, ceiling] = scores(&task);
        assert!(floor < ceiling && floor > 0.0, "{floor} {ceiling}");
        for number in 0..steps {
            step(&mut task, number, config.optimizer.rule.update.learning_rate);
        }
        let [after, ..] = scores(&task);
        assert!(after < before / 2.0, "{loss}: from {before} to {after}");
    }
}

#[test]
fn computing_a_step_changes_nothing_and_applying_it_changes_every_network() {
    let config = config(&["adversarial.discriminator_steps=2"]);
    let mut task = task(&config, None);
    step(&mut task, 0, 1e-3);
    let before = task.state().expect("a state");
    let computed = compute(&mut task, 1, 1e-3);
    assert_eq!(task.state().expect("a state"), before);
    assert_eq!(computed.measured.samples, 128, "two batches");
    task.apply(computed.change);
    let after = task.state().expect("a state");
    let paths = |prefix: &str| -> Vec<String> {
        let paths = before.iter().map(|(path, _)| path.to_owned());
        paths.filter(|path| path.starts_with(prefix)).collect()
    };
    for prefix in ["model.generator.", "model.discriminator.", "model.average.", "optimizer."] {
        let paths = paths(prefix);
        assert!(!paths.is_empty(), "{prefix}");
        for path in paths {
            assert_ne!(before.get(&path), after.get(&path), "{path}");
        }
    }
    // Two steps of the discriminator, one of the generator, in each of two steps.
    let time = |path: &str| after.get(&format!("optimizer.{path}.momentum.time")).cloned();
    assert_eq!(time("discriminator.head.weight"), Some(4_u64.into()));
    assert_eq!(time("generator.project.weight"), Some(2_u64.into()));
}

#[test]
fn a_restored_task_makes_the_same_step() {
    let config = config(&[
        "optimizer.discriminator.kind=sgd",
        "optimizer.discriminator.learning_rate=0.01",
        "optimizer.discriminator.momentum=0.5",
    ]);
    let mut whole = task(&config, None);
    step(&mut whole, 0, 1e-3);
    let kept = whole.state().expect("a state");
    let mut resumed = task(&config, None);
    resumed.restore(kept.clone()).expect("all is there");
    assert_eq!(resumed.state().expect("a state"), kept);
    for task in [&mut whole, &mut resumed] {
        step(task, 1, 1e-3);
    }
    assert_eq!(whole.state().expect("a state"), resumed.state().expect("a state"));
    for (path, _) in kept.iter() {
        let mut missing = kept.clone();
        missing.take(path).expect("it is there");
        assert!(task(&config, None).restore(missing).is_err(), "{path}");
    }
}

#[test]
fn the_discriminators_weights_stay_within_the_clip() {
    struct Largest(f32);
    impl VisitParam for Largest {
        fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
            if !is_statistic(path) {
                self.0 = self.0.max(param.val().abs().max().into_scalar());
            }
        }
    }
    let config = config(&["adversarial.loss=wasserstein", "adversarial.weight_clip=0.02"]);
    let mut task = task(&config, None);
    step(&mut task, 0, 1e-2);
    let mut largest = Largest(0.0);
    visit_params(&task.pair.discriminator.network, &mut largest);
    // Adam's first step has the length of the learning rate, and the scales of batch normalisations start at 1.
    assert!((largest.0 - 0.02).abs() < 1e-6, "{}", largest.0);
}

#[test]
fn a_discriminator_that_wins_is_a_warning() {
    // The generator hardly learns.
    let config = config(&[
        "optimizer.learning_rate=1e-9",
        "optimizer.discriminator.kind=adam",
        "optimizer.discriminator.learning_rate=1e-3",
    ]);
    let mut task = task(&config, None);
    let epoch = task.batches.steps_per_epoch();
    let mut number = 0;
    while task.won_steps < epoch {
        assert_eq!(task.warnings(), Vec::<String>::new());
        step(&mut task, number, 1e-9);
        number += 1;
        assert!(number < 20 * epoch, "it never wins");
    }
    let warnings = task.warnings();
    assert!(warnings[0].contains("the discriminator has won"), "{warnings:?}");
}
