//! Agreement of a graphics adapter with the CPU. A machine without a GPU may use Mesa's software Vulkan; without any
//! adapter these tests skip.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::Param;
use burn::optim::GradientsParams;
use burn::tensor::{DType, Device, Tensor};
use hearth_config::seed::{Purpose, Stream};
use hearth_config::{AdversarialConfig, AdversarialLoss, Config, ModelConfig, RawConfig};
use hearth_data::{Batch, Data, Labels, Normalization, Splits};
use hearth_model::params::{VisitParam, is_statistic, visit_params};
use hearth_model::{Classifier, ForwardContext, Gan, gan, update_running_statistics};
use hearth_train::Backend;
use hearth_train::backend::scalar::{Readback, read};
use hearth_train::error::TrainError;
use hearth_train::task::step::StepSettings;
use hearth_train::task::{Task, compute_step};

use crate::classify::cross_entropy::CrossEntropy;
use crate::generate;
use crate::generate::loss::PairLoss;
use crate::images::ImageInput;
use crate::latent::latent;
use crate::registry::open_alone;

#[path = "../../../../tests/skip.rs"]
mod skip;

/// The largest difference allowed, relative to the largest value of a tensor.
pub(super) const TOLERANCE: f64 = 1e-3;

/// The CPU and the adapter; none without an adapter.
pub(super) fn devices() -> Option<[Device; 2]> {
    let Ok(backend) = "wgpu".parse::<Backend>() else {
        skip::skip("this build has no wgpu");
        return None;
    };
    let adapter = match backend.device() {
        Ok(adapter) => adapter,
        Err(error) => {
            skip::skip(&error.to_string());
            return None;
        }
    };
    Some([Backend::default().device().expect("a CPU"), adapter])
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A config on the small set of images.
fn config(name: &str, overrides: &[&str]) -> Config {
    let raw = RawConfig::read(&root().join(format!("configs/{name}.toml"))).expect("it is there");
    let overrides = [&["data.kind=fashion-mnist-mini", "data.valid_samples=200"], overrides];
    raw.with_overrides(&overrides.concat()).expect("TOML").check().expect("good")
}

fn data(config: &Config) -> Data {
    let data = Data::load(config, Labels::Unused, &root().join("datasets"), &mut |_| ());
    data.expect("part of the repository")
}

fn splits(config: &Config) -> Splits {
    data(config).images().expect("images").splits.clone()
}

/// Five images of 784 bytes.
fn batch(splits: &Splits) -> Batch {
    let mut batch = Batch::default();
    splits.train.fill(0..5, &mut batch);
    batch
}

/// Values of tensors by name.
pub(super) type NamedValues = BTreeMap<String, Vec<f32>>;

pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("floats")
}

/// Collects the gradients of a module by the paths of its parameters.
pub(super) fn gradients<M: burn::module::Module>(
    module: &M,
    gradients: &GradientsParams,
    prefix: &str,
    numbers: &mut NamedValues,
) {
    struct Collect<'a>(&'a GradientsParams, &'a str, &'a mut NamedValues);
    impl VisitParam for Collect<'_> {
        fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
            if is_statistic(path) {
                return;
            }
            let gradient = self.0.get::<D>(param.id).expect("every parameter has one");
            self.2.insert(format!("{}{path}", self.1), values(gradient));
        }
    }
    visit_params(module, &mut Collect(gradients, prefix, numbers));
}

/// Asserts that both have the same names and finite values that differ by at most `tolerance` of the largest value of a
/// tensor.
pub(super) fn assert_agree(context: &str, [cpu, adapter]: &[NamedValues; 2], tolerance: f64) {
    assert_eq!(cpu.keys().collect::<Vec<_>>(), adapter.keys().collect::<Vec<_>>());
    for (name, expected) in cpu {
        let found = &adapter[name];
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().chain(expected).all(|value| value.is_finite()), "{context}: {name}");
        let largest = expected.iter().map(|value| f64::from(value.abs())).fold(0.0, f64::max);
        let differences = found.iter().zip(expected).map(|(a, b)| f64::from((a - b).abs()));
        let difference = differences.fold(0.0, f64::max);
        // A gradient that is zero up to rounding has no scale.
        let allowed = (tolerance * largest).max(1e-6);
        assert!(difference <= allowed, "{context}: {name} differs by {difference} of {largest}");
    }
}

#[test]
fn images_are_unpacked_and_normalised_on_the_device() {
    let Some(devices) = devices() else { return };
    let splits = splits(&config("mlp-nano", &[]));
    let input = ImageInput::new(&Normalization::of(&splits.train));
    let found = devices.map(|device| {
        NamedValues::from([("images".to_owned(), values(input.tensor(&batch(&splits), &device)))])
    });
    assert_agree("input", &found, TOLERANCE);
}

#[test]
fn every_classifier_has_the_same_outputs_and_gradients() {
    let Some(devices) = devices() else { return };
    for (name, overrides) in [
        ("softmax", &[][..]),
        ("mlp-dropout", &["model.hidden=[24, 16]", "model.dropout=[0.2, 0.3]"]),
        ("mlp-nano", &["model.activation=gelu", "model.hidden=[16]"]),
        ("lenet-nano", &[]),
        ("lenet-book", &[]),
        ("cnn-nano", &["model.dropout=0.3"]),
        ("resnet-nano", &[]),
    ] {
        let config = config(name, overrides);
        let ModelConfig::Classifier { network, .. } = &config.model else { panic!("a classifier") };
        let splits = splits(&config);
        let input = ImageInput::new(&Normalization::of(&splits.train));
        let batch = batch(&splits);
        let loss =
            CrossEntropy { class_weights: (1..=10).map(f64::from).collect(), label_smoothing: 0.1 };
        let found = devices.clone().map(|device| {
            let training = device.clone().autodiff();
            let network = Classifier::new(network, [1, 28, 28], 10, 1, &training).expect("it fits");
            let mut pass = ForwardContext::train(7);
            let logits = network.forward_in(input.tensor(&batch, &training), &mut pass);
            let total = loss.total_weight(&batch.labels);
            let value = loss.forward(logits.clone(), &batch.labels, total);
            let mut numbers = NamedValues::from([
                ("logits".to_owned(), values(logits.inner())),
                ("loss".to_owned(), values(value.clone().inner())),
            ]);
            let parts = GradientsParams::from_grads(value.backward(), &network);
            gradients(&network, &parts, "", &mut numbers);
            // In eval mode, with the running statistics after the step.
            let trained = update_running_statistics(network, &pass.into_batch_statistics());
            let trained = burn::module::Module::valid(&trained);
            let logits = trained.forward(input.tensor(&batch, &device));
            numbers.insert("logits in eval mode".to_owned(), values(logits));
            numbers
        });
        assert_agree(name, &found, TOLERANCE);
    }
}

#[test]
fn every_pair_has_the_same_losses_and_gradients() {
    let Some(devices) = devices() else { return };
    for (name, overrides) in [("gan-nano", &[][..]), ("gan-mlp", &["model.hidden=[16, 24]"])] {
        let config = config(name, overrides);
        let ModelConfig::Gan(pair) = &config.model else { panic!("a pair") };
        let splits = splits(&config);
        let input = ImageInput::new(&generate::normalization(1));
        let batch = batch(&splits);
        for kind in [
            AdversarialLoss::NonSaturating,
            AdversarialLoss::LeastSquares,
            AdversarialLoss::Hinge,
            AdversarialLoss::Wasserstein,
        ] {
            let loss = AdversarialConfig { loss: kind, ..AdversarialConfig::default() };
            let loss = PairLoss::new(&loss);
            let found = devices.clone().map(|device| {
                let training = device.autodiff();
                let networks = Gan::new(pair, [1, 28, 28], 1, &training).expect("it fits");
                let stream = Stream::new(1, Purpose::Latent, 0, 0);
                let random = latent(stream, [5, gan::latent_size(pair)], &training);
                let mut numbers = NamedValues::new();

                let fake = networks.generator.forward(random, &mut ForwardContext::train(0));
                numbers.insert("fake images".to_owned(), values(fake.clone().inner()));
                let real = input.tensor(&batch, &training);
                let mut pass = ForwardContext::train(0);
                let real_logits = networks.discriminator.forward(real, &mut pass);
                let fake_logits = networks.discriminator.forward(fake.clone().detach(), &mut pass);
                let value = loss.of_discriminator(real_logits, fake_logits);
                numbers.insert("discriminator loss".to_owned(), values(value.clone().inner()));
                let parts = GradientsParams::from_grads(value.backward(), &networks.discriminator);
                gradients(&networks.discriminator, &parts, "discriminator.", &mut numbers);

                let fixed = burn::module::Module::no_grad(networks.discriminator.clone());
                let value = loss.of_generator(fixed.forward(fake, &mut ForwardContext::train(0)));
                numbers.insert("generator loss".to_owned(), values(value.clone().inner()));
                let parts = GradientsParams::from_grads(value.backward(), &networks.generator);
                gradients(&networks.generator, &parts, "generator.", &mut numbers);
                numbers
            });
            assert_agree(&format!("{name}, {kind:?}"), &found, TOLERANCE);
        }
    }
}

/// The first scalar of each of 20 steps, and the weights after them.
fn twenty_steps(
    task: &mut dyn Task,
    steps: &StepSettings,
    rate: f64,
    readback: Readback,
) -> (Vec<f64>, NamedValues) {
    let losses = (0..20).map(|step| {
        let computed = compute_step(task, steps, (step, rate), readback).expect("a step");
        task.apply(computed.change);
        let (_, total) = computed.measured.totals[0].clone();
        total * (1.0 / computed.measured.samples as f64)
    });
    let losses = read(losses.collect());
    let state = task.state().expect("a state");
    let tensors = state.iter().filter_map(|(path, value)| match value {
        hearth_store::Value::Tensor(tensor) => {
            Some((path.to_owned(), tensor.to_vec().expect("floats")))
        }
        _ => None,
    });
    (losses, tensors.filter(|(path, _)| path.starts_with("model.")).collect())
}

/// [`twenty_steps`] of a config's task on a device.
fn twenty_steps_of(
    config: &Config,
    device: &Device,
    readback: Readback,
) -> Result<(Vec<f64>, NamedValues), TrainError> {
    let rate = config.optimizer.rule.update.learning_rate;
    let steps = StepSettings::new(config, device)?;
    let mut task = open_alone(config, &data(config), device)?;
    Ok(twenty_steps(&mut *task, &steps, rate, readback))
}

/// Small configs with learning rates so low that rounding does not make trajectories diverge within 20 steps.
const SMALL: [(&str, &str); 3] = [
    ("mlp-nano", "optimizer.learning_rate=0.05"),
    ("cnn-nano", "optimizer.learning_rate=0.01"),
    ("gan-nano", "optimizer.learning_rate=0.001"),
];

/// The relative distance of the weights of two networks: the L2 norm of all differences, divided by that of `expected`.
fn distance(found: &NamedValues, expected: &NamedValues) -> f64 {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    let squared_norm = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>();
    let pairs = found.values().flatten().zip(expected.values().flatten());
    let difference = squared_norm(&mut pairs.map(|(a, b)| f64::from(a - b)));
    (difference / squared_norm(&mut expected.values().flatten().map(|x| f64::from(*x)))).sqrt()
}

/// Asserts that the loss fell on the adapter, and that it is near the CPU's at each step.
fn assert_learned(name: &str, [cpu, adapter]: [&[f64]; 2], tolerance: f64) {
    let (first, last) = (adapter[0], adapter[19]);
    assert!(last < 0.9 * first, "{name}: its loss went from {first} to {last}");
    for (step, (found, expected)) in adapter.iter().zip(cpu).enumerate() {
        let allowed = tolerance * cpu[0];
        assert!(
            (found - expected).abs() <= allowed,
            "{name}, step {step}: {found}, not {expected}"
        );
    }
}

#[test]
fn twenty_steps_learn_the_same() {
    let Some(devices) = devices() else { return };
    // An adversarial pair amplifies rounding most.
    for ((name, rate), tolerance) in SMALL.into_iter().zip([1e-4, 1e-3, 2e-2]) {
        // With gradient clipping, so that its scale is computed on the device as well.
        let config = config(name, &[rate, "train.clip_norm=2.0"]);
        let [cpu, adapter] =
            [(&devices[0], Readback::Immediate), (&devices[1], Readback::Deferred)].map(
                |(device, readback)| twenty_steps_of(&config, device, readback).expect("it fits"),
            );
        assert_learned(name, [&cpu.0, &adapter.0], tolerance);
        let distance = distance(&adapter.1, &cpu.1);
        assert!(distance <= tolerance, "{name}: the networks are {distance} apart");
    }
}

#[test]
fn rows_are_learned_as_on_the_cpu() {
    let Some(devices) = devices() else { return };
    for (name, task, table) in [
        ("iris-nano", "classify", "iris/iris.csv"),
        ("diabetes-nano", "regress", "diabetes/diabetes.csv"),
    ] {
        let path = root().join("datasets").join(table);
        let raw = RawConfig::read(&root().join(format!("configs/{name}.toml"))).expect("there");
        let overrides = [format!("data.path={}", path.display()), format!("task.kind={task}")];
        let config = raw.with_overrides(&overrides).expect("TOML").check().expect("good");
        let [cpu, adapter] =
            [(&devices[0], Readback::Immediate), (&devices[1], Readback::Deferred)].map(
                |(device, readback)| twenty_steps_of(&config, device, readback).expect("it fits"),
            );
        assert_learned(name, [&cpu.0, &adapter.0], TOLERANCE);
        let distance = distance(&adapter.1, &cpu.1);
        assert!(distance <= TOLERANCE, "{name}: the networks are {distance} apart");
    }
}

#[test]
fn sixteen_bits_learn_almost_the_same_or_are_refused() {
    let Some([cpu, adapter]) = devices() else { return };
    for (precision, dtype) in [("f16", DType::F16), ("bf16", DType::BF16)] {
        let precision = format!("run.precision={precision}");
        for ((name, rate), tolerance) in SMALL.into_iter().zip([0.02, 0.1, 0.2]) {
            let half = config(name, &[rate, &precision]);
            let refused =
                twenty_steps_of(&half, &cpu, Readback::Immediate).expect_err("a CPU has f32");
            assert!(refused.to_string().contains(half.run.precision.name()), "{refused}");
            match twenty_steps_of(&half, &adapter, Readback::Deferred) {
                Ok((found, kept)) => {
                    assert!(adapter.supports_dtype(dtype), "{precision} is not supported");
                    let (expected, _) =
                        twenty_steps_of(&config(name, &[rate]), &cpu, Readback::Immediate)
                            .expect("it fits");
                    assert_learned(name, [&expected, &found], tolerance);
                    assert!(kept.values().flatten().all(|number| number.is_finite()));
                }
                Err(refused) => {
                    assert!(!adapter.supports_dtype(dtype), "{refused}");
                    assert!(refused.to_string().contains(half.run.precision.name()), "{refused}");
                }
            }
        }
    }
}
