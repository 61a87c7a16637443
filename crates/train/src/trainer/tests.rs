//! The trainer on a task without data, validation or epochs, and with tensors of its own: a noisy quadratic bowl.

use std::fs;

use hearth_config::seed::Purpose;
use hearth_config::{Cadence, RawConfig};
use hearth_report::Report;
use hearth_store::{RunDir, StateDict, TensorValue, Value};

use super::*;
use crate::backend::Backend;
use crate::backend::scalar::Scalar;
use crate::record::recorder::Kept;
use crate::task::step::StepContext;
use crate::task::{Opaque, Proposed, Split, downcast};

/// Gradient descent on `x^2 / 2` with noisy gradients; the trail holds all earlier positions.
#[derive(Clone, Debug, Default, PartialEq)]
struct Bowl {
    position: f32,
    trail: Vec<f32>,
}

impl Task for Bowl {
    fn steps_per_epoch(&self) -> Option<u64> {
        None
    }

    fn frames_per_step(&self) -> Option<u64> {
        Some(4)
    }

    fn compute(&mut self, context: &mut StepContext<'_>) -> Result<Proposed, TrainError> {
        let noise = context.random(Purpose::Step, 0).normal();
        let mut next = self.clone();
        next.trail.push(self.position);
        next.position -= context.learning_rate as f32 * (self.position + 0.1 * noise as f32);
        let loss = Scalar::Host(f64::from(self.position * self.position) / 2.0);
        Ok(Proposed { change: Box::new(next), samples: 1, totals: vec![("loss", loss)] })
    }

    fn gradients(&self, _: &Opaque) -> Vec<(String, Vec<f32>)> {
        Vec::new()
    }

    fn apply(&mut self, change: Opaque) {
        *self = downcast(change);
    }

    fn snapshot(&self) -> Opaque {
        Box::new(self.clone())
    }

    fn rollback(&mut self, snapshot: Opaque) {
        *self = downcast(snapshot);
    }

    fn validates(&self) -> bool {
        false
    }

    fn evaluate(&self, _: Split) -> Option<Report> {
        None
    }

    fn state(&self) -> Result<StateDict, TrainError> {
        let mut state = StateDict::new();
        state.insert("model.position", TensorValue::new([1], &[self.position])?)?;
        state.insert("task.trail", TensorValue::new([self.trail.len()], &self.trail)?)?;
        Ok(state)
    }

    fn restore(&mut self, mut state: StateDict) -> Result<(), TrainError> {
        self.position = state.take_values("model.position", &[1])?[0];
        let steps = match state.get("task.trail") {
            Some(Value::Tensor(trail)) => trail.shape().to_vec(),
            _ => Vec::new(),
        };
        self.trail = state.take_values("task.trail", &steps)?;
        Ok(state.finish()?)
    }
}

fn config(overrides: &[&str]) -> Config {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/mlp-nano.toml");
    let raw = RawConfig::read(file.as_ref()).expect("it is there");
    let usual =
        ["train.length=10 steps", "train.checkpoint_every=3 steps", "schedule.kind=constant"];
    let overrides: Vec<&str> = usual.iter().chain(overrides).copied().collect();
    raw.with_overrides(&overrides).expect("TOML").check().expect("good")
}

/// Trains in a folder from its newest checkpoint, if there is one, and stops at step `stop_at`; 0 never stops.
fn train(run: &RunDir, stop_at: u64) -> Result<(StopReason, Bowl), TrainError> {
    let mut config = config(&[]);
    // No network of a config has an environment, so the length in frames is set here.
    config.train.length = Some(Cadence::Frames(38));
    let plan = Plan::new(&config, &Bowl::default())?;
    assert_eq!(plan.total_steps, 10, "38 frames, 4 a step");
    let mut newest = run.checkpoints().load_newest()?;
    let kept = newest.iter().map(|found| Kept { step: found.step, best: None }).collect();
    let length = newest.as_mut().map(|found| found.state.take_u64(METRICS_LENGTH)).transpose()?;
    let recorder =
        Recorder::new(run.clone(), 2, config.train.best_by(), kept, length.unwrap_or(0))?;
    let steps = StepSettings::new(&config, &Backend::default().device()?)?;
    let computing = Computing { on: "a test".to_owned(), reading: Readback::Immediate, steps };
    let stop = AtomicBool::new(false);
    let mut observe = |event: Event<'_>| {
        if let Event::Step(step) = event {
            stop.fetch_or(step.step == stop_at, Ordering::Relaxed);
        }
    };
    let task = Box::new(Bowl { position: 8.0, ..Bowl::default() });
    let mut trainer = Trainer::new(task, plan, &config, computing, recorder, &mut observe, &stop);
    if let Some(found) = newest {
        let mut state = found.state;
        state.take_text(COMPUTED_ON)?;
        trainer.restore(state)?;
    }
    let reason = trainer.run()?;
    let last = downcast(trainer.task().snapshot());
    Ok((reason, last))
}

#[test]
fn a_task_needs_no_data_no_validation_and_no_epochs() -> Result<(), TrainError> {
    let folder = tempfile::tempdir().expect("a folder");
    let [whole, parts] = ["whole", "parts"].map(|name| RunDir::create(folder.path().join(name)));
    let (whole, parts) = (whole?, parts?);
    let (reason, last) = train(&whole, 0)?;
    assert_eq!((reason, last.trail.len()), (StopReason::Finished, 10));
    assert!(last.position.abs() < 8.0);
    assert_eq!(whole.checkpoints().steps()?, [9, 10]);
    assert!(whole.checkpoints().path_of(10).join("task.safetensors").exists());

    assert_eq!(train(&parts, 4)?.0, StopReason::Interrupted);
    assert_eq!(train(&parts, 7)?.0, StopReason::Interrupted);
    assert_eq!(train(&parts, 0)?, (StopReason::Finished, last));
    for name in ["model.safetensors", "task.safetensors"] {
        let file =
            |run: &RunDir| fs::read(run.checkpoints().path_of(10).join(name)).expect("a file");
        assert_eq!(file(&whole), file(&parts), "{name}");
    }
    let log = fs::read_to_string(parts.metrics()).expect("a log");
    assert!(log.contains("\"loss\"") && !log.contains("epoch"), "{log}");
    Ok(())
}

#[test]
fn units_that_a_task_lacks_are_refused() {
    let bowl = Bowl::default();
    for (setting, message) in [
        ("train.length=2 epochs", "train.length is \"2 epochs\", and this task has no epochs"),
        ("train.checkpoint_every=1 epoch", "train.checkpoint_every is \"1 epoch\""),
        ("schedule.kind=step;schedule.every=1 epoch;schedule.factor=0.5", "schedule.every"),
    ] {
        let config = config(&setting.split(';').collect::<Vec<_>>());
        let fault = Plan::new(&config, &bowl).expect_err(setting).to_string();
        assert!(fault.contains(message), "{fault}");
    }
}
