//! Updates against hand-computed numbers, and the errors of invalid states.

use burn::tensor::Device;
use hearth_config::{
    AdamConfig as AdamSettings, ClassifierConfig, MlpConfig, SgdConfig as SgdSettings, UpdateConfig,
};
use hearth_model::Classifier;
use hearth_store::{StateDict, TensorValue};

use super::*;
use crate::backend::Backend;
use crate::learner::state::{module_state, restore_module};

/// A network of two classes with one weight and one bias each.
fn network(weight: [f32; 2], bias: [f32; 2]) -> Classifier {
    let config = ClassifierConfig::Mlp(MlpConfig {
        hidden: Vec::new(),
        activation: hearth_config::Activation::None,
        dropout: hearth_config::DropoutRates::default(),
        initializer: hearth_config::Initializer::He,
        embedding: None,
    });
    let network = Classifier::new(&config, [1, 1, 1], 2, 0, &device()).unwrap();
    let mut state = StateDict::new();
    state.insert("layers.0.weight", TensorValue::new([1, 2], &weight).unwrap()).unwrap();
    state.insert("layers.0.bias", TensorValue::new([2], &bias).unwrap()).unwrap();
    restore_module(network, state).unwrap()
}

fn device() -> Device {
    Backend::default().device().expect("a CPU").autodiff()
}

/// Makes one step in which weights and biases have these gradients.
fn step(optimizer: &mut Optimizer, network: Classifier, gradient: [f32; 2]) -> Classifier {
    let factors = Tensor::<2>::from_data([gradient], &device());
    let loss = (network.forward(Tensor::ones([1, 1, 1, 1], &device())) * factors).sum();
    let gradients = GradientsParams::from_grads(loss.backward(), &network);
    optimizer.step(network, gradients, 0.1, Scalar::Host(1.0))
}

fn numbers(network: &Classifier) -> Vec<f32> {
    let mut state = module_state(network).unwrap();
    let mut take = |path: &str, shape: &[usize]| state.take_values::<f32>(path, shape).unwrap();
    [take("layers.0.weight", &[1, 2]), take("layers.0.bias", &[2])].concat()
}

fn assert_close(network: &Classifier, wanted: [f64; 4]) {
    for (found, wanted) in numbers(network).into_iter().zip(wanted) {
        assert!((f64::from(found) - wanted).abs() < 1e-6, "{:?} {wanted}", numbers(network));
    }
}

fn config(kind: OptimizerKind, weight_decay: f64, decay_all: bool) -> RuleConfig {
    RuleConfig { kind, update: UpdateConfig { learning_rate: 0.1, weight_decay, decay_all } }
}

fn sgd(momentum: f64, nesterov: bool) -> OptimizerKind {
    OptimizerKind::Sgd(SgdSettings { momentum, nesterov })
}

#[test]
fn sgd_subtracts_the_scaled_gradient() {
    let mut optimizer = Optimizer::new(&config(sgd(0.0, false), 0.0, false));
    let network = step(&mut optimizer, network([1.0, 2.0], [0.0, 0.5]), [1.0, -3.0]);
    assert_close(&network, [0.9, 2.3, -0.1, 0.8]);
}

#[test]
fn momentum_adds_up_without_dampening() {
    // v: 1, then 0.9 + 2 = 2.9; weights: 1 - 0.1 - 0.29.
    let mut optimizer = Optimizer::new(&config(sgd(0.9, false), 0.0, false));
    let first = step(&mut optimizer, network([1.0, 0.0], [0.0, 0.0]), [1.0, 0.0]);
    let second = step(&mut optimizer, first, [2.0, 0.0]);
    assert_close(&second, [0.61, 0.0, -0.39, 0.0]);
}

#[test]
fn nesterov_looks_ahead() {
    // v: 1, 2.9; steps: 0.9 * 1 + 1 = 1.9, then 0.9 * 2.9 + 2 = 4.61.
    let mut optimizer = Optimizer::new(&config(sgd(0.9, true), 0.0, false));
    let first = step(&mut optimizer, network([1.0, 0.0], [0.0, 0.0]), [1.0, 0.0]);
    let second = step(&mut optimizer, first, [2.0, 0.0]);
    assert_close(&second, [1.0 - 0.19 - 0.461, 0.0, -0.651, 0.0]);
}

#[test]
fn weight_decay_exempts_biases_unless_decay_all() {
    for (decay_all, bias) in [(false, 1.0), (true, 0.95)] {
        let mut optimizer = Optimizer::new(&config(sgd(0.0, false), 0.5, decay_all));
        let network = step(&mut optimizer, network([1.0, 2.0], [1.0, 0.0]), [0.0, 0.0]);
        assert_close(&network, [0.95, 1.9, bias, 0.0]);
    }
}

#[test]
fn adam_follows_algorithm_1_of_kingma_and_ba() {
    let kind = OptimizerKind::Adam(AdamSettings::default());
    let mut optimizer = Optimizer::new(&config(kind, 0.0, false));
    let (mut weight, mut m, mut v) = (1.0_f64, 0.0_f64, 0.0_f64);
    let mut network = network([1.0, 0.0], [0.0, 0.0]);
    for (time, gradient) in [(1, 0.3_f64), (2, -2.0), (3, 0.01)] {
        network = step(&mut optimizer, network, [gradient as f32, 0.0]);
        m = 0.9 * m + 0.1 * gradient;
        v = 0.999 * v + 0.001 * gradient * gradient;
        let corrected = (m / (1.0 - 0.9_f64.powi(time)), v / (1.0 - 0.999_f64.powi(time)));
        weight -= 0.1 * corrected.0 / (corrected.1.sqrt() + 1e-8);
    }
    let found = f64::from(numbers(&network)[0]);
    assert!((found - weight).abs() < 1e-5, "{found} is not {weight}");
}

#[test]
fn adamw_decouples_weight_decay() {
    // The gradient is zero, so only the decay moves the weights: 1 - 0.1 * 0.5.
    let kind = OptimizerKind::Adamw(AdamSettings::default());
    let mut optimizer = Optimizer::new(&config(kind, 0.5, false));
    let network = step(&mut optimizer, network([1.0, 2.0], [1.0, 0.0]), [0.0, 0.0]);
    assert_close(&network, [0.95, 1.9, 1.0, 0.0]);
}

#[test]
fn a_state_with_anything_missing_or_extra_is_refused() {
    let kind = || config(OptimizerKind::Adam(AdamSettings::default()), 0.0, false);
    let mut optimizer = Optimizer::new(&kind());
    let network = step(&mut optimizer, network([1.0, 0.0], [0.0, 0.0]), [1.0, 0.5]);
    let state = optimizer.state(&network).unwrap();
    let names: Vec<String> = state.iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names.len(), 6, "two moments and a time for each parameter: {names:?}");

    let mut fresh = Optimizer::new(&kind());
    fresh.restore(&network, state.clone()).unwrap();
    assert_eq!(fresh.state(&network).unwrap(), state);
    for name in &names {
        let mut missing = state.clone();
        missing.take(name).unwrap();
        assert!(Optimizer::new(&kind()).restore(&network, missing).is_err(), "{name}");
    }
    let mut extra = state.clone();
    extra.insert("layers.9.weight.momentum", 1.0).unwrap();
    assert!(Optimizer::new(&kind()).restore(&network, extra).is_err());
    let without_momentum = Optimizer::new(&config(sgd(0.0, false), 0.0, false));
    let mut without_momentum = without_momentum;
    assert!(without_momentum.restore(&network, state).is_err(), "another rule's state");
}
