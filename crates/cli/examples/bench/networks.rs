//! Training steps and inference of the networks of `configs/`, on real images.

use std::path::Path;
use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};
use hearth_config::{ClassifierConfig, Config, ModelConfig, RawConfig};
use hearth_data::{Batch, Data, Images, Labels, Loader, Normalization};
use hearth_model::Classifier;
use hearth_tasks::images::ImageInput;
use hearth_tasks::registry;
use hearth_train::Backend;
use hearth_train::backend::scalar::Readback;
use hearth_train::task::step::StepSettings;
use hearth_train::task::{Task, compute_step};

use crate::Outcome;

/// Minimum time of one measurement, after a warm-up.
const SECONDS: f64 = 2.0;

/// Samples per second of `work`, which returns the number of samples of one call.
pub fn per_second(mut work: impl FnMut() -> Outcome<usize>) -> Outcome<f64> {
    let warm_up = Instant::now();
    while warm_up.elapsed().as_secs_f64() < SECONDS / 10.0 {
        work()?;
    }
    let (begun, mut samples) = (Instant::now(), 0);
    while begun.elapsed().as_secs_f64() < SECONDS {
        samples += work()?;
    }
    Ok(samples as f64 / begun.elapsed().as_secs_f64())
}

/// Training steps in samples per second, by default at the batch size of `scripts/peer.py`.
pub fn step_speed(network: &str, backend: Backend, batch: Option<usize>) -> Outcome<f64> {
    let usual = match network {
        "mlp" | "lenet" => 256,
        nano if nano.ends_with("-nano") => 64,
        _ => 128,
    };
    let overrides = [format!("data.batch_size={}", batch.unwrap_or(usual))];
    let (config, data) = prepare(network, &overrides)?;
    let device = backend.device()?;
    let rate = config.optimizer.rule.update.learning_rate / 10.0;
    let steps = StepSettings::new(&config, &device)?;
    let mut task = registry::open_alone(&config, &data, &device)?;
    steps_per_second(&mut *task, &steps, rate, backend.reading(), &device)
}

/// Training steps of a task in samples per second.
pub fn steps_per_second(
    task: &mut dyn Task,
    steps: &StepSettings,
    rate: f64,
    reading: Readback,
    device: &Device,
) -> Outcome<f64> {
    let mut step = 0;
    per_second(|| {
        let computed = compute_step(task, steps, (step, rate), reading)?;
        let samples = computed.measured.samples;
        task.apply(computed.change);
        device.sync()?;
        step += 1;
        Ok(samples as usize)
    })
}

/// The network of a classifier's config.
fn classifier(config: &Config) -> Outcome<&ClassifierConfig> {
    match &config.model {
        ModelConfig::Classifier { network, .. } => Ok(network),
        ModelConfig::Gan(_) | ModelConfig::Translator(_) | ModelConfig::Agent(_) => {
            Err("a pair of networks has no classes".into())
        }
    }
}

/// Inference in images per second, `batch` at a time.
pub fn inference_speed(network: &str, batch: usize, backend: Backend) -> Outcome<f64> {
    let config = read(network, &[])?;
    let device = backend.device()?;
    let network = Classifier::new(classifier(&config)?, [1, 28, 28], 10, 1, &device)?;
    let images = Tensor::<4>::random([batch, 1, 28, 28], Distribution::Normal(0.0, 1.0), &device);
    per_second(|| {
        std::hint::black_box(network.forward(images.clone()).into_data());
        Ok(batch)
    })
}

/// The loader's share of the time of an epoch.
pub fn loading_share(network: &str, backend: Backend) -> Outcome<f64> {
    let (config, data) = prepare(network, &[])?;
    let Some(Images { splits, .. }) = data.images() else {
        return Err("the samples are not images".into());
    };
    let input = ImageInput::new(&Normalization::of(&splits.train));
    let loader = Loader::new(splits.train.clone(), config.data().batches.batch_size, 1);
    let mut batch = Batch::default();
    let begun = Instant::now();
    let order = loader.order(0);
    for index in 0..loader.batches_per_epoch() {
        loader.fill(&order, 0, index, &mut batch);
        std::hint::black_box(input.tensor(&batch, &backend.device()?));
    }
    let loading = begun.elapsed().as_secs_f64();
    Ok(loading / (splits.train.len() as f64 / step_speed(network, backend, None)?))
}

fn read(network: &str, overrides: &[String]) -> Outcome<Config> {
    let raw = RawConfig::read(Path::new(&format!("configs/{network}.toml")))?;
    let raw = raw.with_overrides(overrides)?;
    // Without augmentation, as in the PyTorch peer.
    let mut config = raw.check()?;
    config.augment = None;
    Ok(config)
}

fn prepare(network: &str, overrides: &[String]) -> Outcome<(Config, Data)> {
    let config = read(network, overrides)?;
    let data = Data::load(&config, Labels::Unused, Path::new("datasets"), &mut |_| ())?;
    Ok((config, data))
}
