//! Update rules and what they remember: one entry for each parameter, keyed by its path, so that it
//! is found again in another process.

mod saved;

use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use hearth_config::{AdamConfig, OptimizerKind, RuleConfig};
use hearth_kernels::{AdamStep, SgdStep, adam_step, sgd_step};
use hearth_model::params::{MapParam, map_params};

use crate::backend::scalar::Scalar;

/// An update rule and what it remembers of each parameter.
#[derive(Clone, Debug)]
pub struct Optimizer {
    config: RuleConfig,
    slots: BTreeMap<String, Slots>,
}

/// What is remembered of a parameter from step to step, as flat as [`hearth_kernels`] takes it.
// Not with every set of backends: a tensor is as large as the largest one's.
#[allow(clippy::large_enum_variant, reason = "a run has one kind of them")]
#[derive(Clone, Debug)]
enum Slots {
    /// Of gradient descent with momentum.
    Velocity(Tensor<1>),
    /// Of Adam: the number of its steps, and both moments.
    Moments(u64, [Tensor<1>; 2]),
}

impl Optimizer {
    /// The optimiser that `config` describes, before its first step.
    pub fn new(config: &RuleConfig) -> Self {
        Self { config: config.clone(), slots: BTreeMap::new() }
    }

    /// Updates every parameter that has a gradient; gradients are multiplied by `scale` first.
    pub fn step<M: Module>(
        &mut self,
        module: M,
        gradients: GradientsParams,
        learning_rate: f64,
        scale: Scalar,
    ) -> M {
        let rule =
            Rule { config: &self.config, learning_rate, scale: scale.on_host().unwrap_or(1.0) };
        let device_scale = match scale {
            Scalar::Host(_) => None,
            Scalar::Device(scale) => Some(scale),
        };
        let slots = &mut self.slots;
        map_params(module, &mut Step { rule, device_scale, slots, gradients })
    }
}

/// One update of all parameters.
struct Step<'a> {
    rule: Rule<'a>,
    /// What gradients are multiplied by before they come to the rule, where it is on the device.
    device_scale: Option<Tensor<1>>,
    slots: &'a mut BTreeMap<String, Slots>,
    gradients: GradientsParams,
}

impl MapParam for Step<'_> {
    fn map<const D: usize>(&mut self, path: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else { return param };
        // Biases, scales and shifts have one dimension: decay would only pull them off centre.
        let decays = D > 1 || self.rule.config.update.decay_all;
        let memory = self.slots.remove(path);
        param.map(|tensor| {
            let (shape, tensor) = (tensor.shape(), tensor.inner());
            let mut gradient = gradient.flatten(0, D - 1);
            if let Some(scale) = &self.device_scale {
                gradient = gradient * scale.clone();
            }
            let (tensor, memory) =
                self.rule.apply(tensor.flatten(0, D - 1), gradient, memory, decays);
            if let Some(memory) = memory {
                self.slots.insert(path.to_owned(), memory);
            }
            Tensor::from_inner(tensor.reshape(shape)).require_grad()
        })
    }
}

/// How a step changes a parameter.
struct Rule<'a> {
    config: &'a RuleConfig,
    learning_rate: f64,
    scale: f64,
}

impl Rule<'_> {
    /// The new parameter, and what to remember of it.
    fn apply(
        &self,
        parameter: Tensor<1>,
        gradient: Tensor<1>,
        memory: Option<Slots>,
        decays: bool,
    ) -> (Tensor<1>, Option<Slots>) {
        let decay = if decays { self.config.update.weight_decay } else { 0.0 };
        match &self.config.kind {
            OptimizerKind::Sgd(sgd) => {
                let step = SgdStep {
                    learning_rate: self.learning_rate,
                    momentum: sgd.momentum,
                    nesterov: sgd.nesterov,
                    gradient_scale: self.scale,
                    penalty: decay,
                };
                let velocity = match memory {
                    Some(Slots::Velocity(velocity)) => Some(velocity),
                    _ => None,
                };
                let [parameter, velocity] = sgd_step(parameter, gradient, velocity, step);
                (parameter, (sgd.momentum > 0.0).then_some(Slots::Velocity(velocity)))
            }
            OptimizerKind::Adam(adam) => self.adam(adam, [decay, 0.0], parameter, gradient, memory),
            OptimizerKind::Adamw(adam) => {
                self.adam(adam, [0.0, decay], parameter, gradient, memory)
            }
        }
    }

    fn adam(
        &self,
        adam: &AdamConfig,
        [penalty, decay]: [f64; 2],
        parameter: Tensor<1>,
        gradient: Tensor<1>,
        memory: Option<Slots>,
    ) -> (Tensor<1>, Option<Slots>) {
        let (time, moments) = match memory {
            Some(Slots::Moments(time, moments)) => (time + 1, Some(moments)),
            _ => (1, None),
        };
        let step = AdamStep {
            learning_rate: self.learning_rate,
            beta_1: adam.beta_1,
            beta_2: adam.beta_2,
            epsilon: adam.epsilon,
            time,
            gradient_scale: self.scale,
            penalty,
            decay,
        };
        let [parameter, first, second] = adam_step(parameter, gradient, moments, step);
        (parameter, Some(Slots::Moments(time, [first, second])))
    }
}

#[cfg(test)]
mod tests;
