//! Optimisers and their slots: one entry per parameter, keyed by its path, so that a resumed run finds it again.
//!
//! SGD with momentum has PyTorch's form, with the learning rate outside of the velocity (Sutskever et al. 2013 have it
//! inside). The decoupled decay of `AdamW` is multiplied by the scheduled learning rate. Biases, scales and shifts do
//! not decay, unless `decay_all` is set.

mod saved;

use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use hearth_config::{AdamConfig, OptimizerKind, RuleConfig};
use hearth_kernels::{AdamStep, SgdStep, adam_step, sgd_step};
use hearth_model::params::{MapParam, map_params};

use crate::backend::scalar::Scalar;

/// An optimiser with its slots.
#[derive(Clone, Debug)]
pub struct Optimizer {
    config: RuleConfig,
    slots: BTreeMap<String, Slots>,
}

/// The optimiser slots of one parameter, flat, as [`hearth_kernels`] takes them.
// The lint depends on the compiled backends: a tensor is as large as the largest backend's.
#[allow(clippy::large_enum_variant, reason = "a run has one kind of them")]
#[derive(Clone, Debug)]
enum Slots {
    /// The velocity of gradient descent with momentum.
    Velocity(Tensor<1>),
    /// The number of steps and both moments of Adam.
    Moments(u64, [Tensor<1>; 2]),
}

impl Optimizer {
    /// The optimiser that `config` describes, before its first step.
    pub fn new(config: &RuleConfig) -> Self {
        Self { config: config.clone(), slots: BTreeMap::new() }
    }

    /// The module after an update of every parameter that has a gradient; gradients are multiplied by `scale` first.
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
    /// The factor of gradients, applied before the update rule, if it is on the device.
    device_scale: Option<Tensor<1>>,
    slots: &'a mut BTreeMap<String, Slots>,
    gradients: GradientsParams,
}

impl MapParam for Step<'_> {
    fn map<const D: usize>(&mut self, path: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.remove::<D>(param.id) else { return param };
        // Biases, scales and shifts have one dimension and are exempt from weight decay by default.
        let decays = D > 1 || self.rule.config.update.decay_all;
        let slots = self.slots.remove(path);
        param.map(|tensor| {
            let (shape, tensor) = (tensor.shape(), tensor.inner());
            let mut gradient = gradient.flatten(0, D - 1);
            if let Some(scale) = &self.device_scale {
                gradient = gradient * scale.clone();
            }
            let (tensor, slots) =
                self.rule.apply(tensor.flatten(0, D - 1), gradient, slots, decays);
            if let Some(slots) = slots {
                self.slots.insert(path.to_owned(), slots);
            }
            Tensor::from_inner(tensor.reshape(shape)).require_grad()
        })
    }
}

/// The update rule of one step.
struct Rule<'a> {
    config: &'a RuleConfig,
    learning_rate: f64,
    scale: f64,
}

impl Rule<'_> {
    /// The updated parameter and its slots.
    fn apply(
        &self,
        parameter: Tensor<1>,
        gradient: Tensor<1>,
        slots: Option<Slots>,
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
                let velocity = match slots {
                    Some(Slots::Velocity(velocity)) => Some(velocity),
                    _ => None,
                };
                let [parameter, velocity] = sgd_step(parameter, gradient, velocity, step);
                (parameter, (sgd.momentum > 0.0).then_some(Slots::Velocity(velocity)))
            }
            OptimizerKind::Adam(adam) => self.adam(adam, [decay, 0.0], parameter, gradient, slots),
            OptimizerKind::Adamw(adam) => self.adam(adam, [0.0, decay], parameter, gradient, slots),
        }
    }

    /// Adam (Kingma and Ba 2015, algorithm 1), with weight decay as an L2 `penalty`, or decoupled as `decay`
    /// (Loshchilov and Hutter 2019).
    fn adam(
        &self,
        adam: &AdamConfig,
        [penalty, decay]: [f64; 2],
        parameter: Tensor<1>,
        gradient: Tensor<1>,
        slots: Option<Slots>,
    ) -> (Tensor<1>, Option<Slots>) {
        let (time, moments) = match slots {
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
