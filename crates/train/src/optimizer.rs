//! Burn's update rules with a state that survives the process: one entry for each parameter,
//! keyed by the parameter's path.

mod saved;

use std::any::Any;
use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{
    Adam, AdamConfig, AdamW, AdamWConfig, GradientsParams, Optimizer as Rule, Sgd, SgdConfig,
};
use burn::tensor::Tensor;
use hearth_config::{OptimizerConfig, OptimizerKind};
use hearth_model::params::{MapParam, map_params};
use hearth_store::{StateDict, StoreError};

use saved::{load, save};

/// An update rule and what it remembers of each parameter.
pub struct Optimizer {
    rules: Rules,
    decay_all: bool,
    states: States,
}

/// The state of each parameter: some `Rule::State<D>`, of the rule that runs.
type States = BTreeMap<String, Box<dyn Any + Send>>;

/// The rule for weights, and the one without decay for biases and normalisation.
enum Rules {
    Sgd([Sgd; 2]),
    Adam([Adam; 2]),
    AdamW([AdamW; 2]),
}

impl Optimizer {
    /// The optimiser that `config` describes, before its first step. Everything that Burn would
    /// choose differently from the papers is set here.
    pub fn new(config: &OptimizerConfig) -> Self {
        let decay = config.update.weight_decay as f32;
        // A rule with decay, and one without.
        let penalties =
            [decay, 0.0].map(|penalty| (penalty > 0.0).then_some(WeightDecayConfig { penalty }));
        let rules = match &config.kind {
            OptimizerKind::Sgd(sgd) => Rules::Sgd(penalties.map(|penalty| {
                let momentum = MomentumConfig::new()
                    .with_momentum(sgd.momentum)
                    .with_dampening(0.0)
                    .with_nesterov(sgd.nesterov);
                SgdConfig::new()
                    .with_momentum((sgd.momentum > 0.0).then_some(momentum))
                    .with_weight_decay(penalty)
                    .build()
            })),
            OptimizerKind::Adam(adam) => Rules::Adam(penalties.map(|penalty| {
                AdamConfig::new()
                    .with_beta_1(adam.beta_1 as f32)
                    .with_beta_2(adam.beta_2 as f32)
                    .with_epsilon(adam.epsilon as f32)
                    .with_amsgrad(false)
                    .with_weight_decay(penalty)
                    .build()
            })),
            OptimizerKind::Adamw(adam) => Rules::AdamW([decay, 0.0].map(|decay| {
                AdamWConfig::new()
                    .with_beta_1(adam.beta_1 as f32)
                    .with_beta_2(adam.beta_2 as f32)
                    .with_epsilon(adam.epsilon as f32)
                    .with_weight_decay(decay)
                    .with_cautious_weight_decay(false)
                    .with_amsgrad(false)
                    .build()
            })),
        };
        Self { rules, decay_all: config.update.decay_all, states: States::new() }
    }

    /// Updates every parameter that has a gradient; gradients are multiplied by `scale` first.
    pub fn step<M: Module>(
        &mut self,
        module: M,
        gradients: GradientsParams,
        learning_rate: f64,
        scale: f64,
    ) -> M {
        let Self { rules, decay_all, states } = self;
        let mut step = Step { decay_all: *decay_all, states, gradients, learning_rate, scale };
        match rules {
            Rules::Sgd(rules) => map_params(module, &mut step.with(rules)),
            Rules::Adam(rules) => map_params(module, &mut step.with(rules)),
            Rules::AdamW(rules) => map_params(module, &mut step.with(rules)),
        }
    }

    /// What is remembered, by `<parameter's path>.<name in the rule>`.
    pub fn state<M: Module>(&self, module: &M) -> Result<StateDict, StoreError> {
        match &self.rules {
            Rules::Sgd(_) => save::<Sgd, M>(&self.states, module),
            Rules::Adam(_) => save::<Adam, M>(&self.states, module),
            Rules::AdamW(_) => save::<AdamW, M>(&self.states, module),
        }
    }

    /// Puts back what [`Optimizer::state`] gave. A missing, extra or misshapen entry is an error.
    /// An optimiser that has not made a step has no entries at all.
    pub fn restore<M: Module>(&mut self, module: &M, state: StateDict) -> Result<(), StoreError> {
        self.states = match &self.rules {
            Rules::Sgd([rule, _]) => load(rule, module, state),
            Rules::Adam([rule, _]) => load(rule, module, state),
            Rules::AdamW([rule, _]) => load(rule, module, state),
        }?;
        Ok(())
    }
}

/// One update of all parameters.
struct Step<'a> {
    decay_all: bool,
    states: &'a mut States,
    gradients: GradientsParams,
    learning_rate: f64,
    scale: f64,
}

impl<'a> Step<'a> {
    fn with<'b, R: Rule>(&'b mut self, rules: &'b [R; 2]) -> StepWith<'a, 'b, R> {
        StepWith { step: self, rules }
    }
}

/// The same with the rule's type known.
struct StepWith<'a, 'b, R> {
    step: &'b mut Step<'a>,
    rules: &'b [R; 2],
}

impl<R: Rule> MapParam for StepWith<'_, '_, R> {
    fn map<const D: usize>(&mut self, path: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(mut gradient) = self.step.gradients.remove::<D>(param.id) else { return param };
        if self.step.scale < 1.0 {
            gradient = gradient.mul_scalar(self.step.scale);
        }
        // Biases, scales and shifts have one dimension: decay would only pull them off centre.
        let rule = &self.rules[usize::from(D < 2 && !self.step.decay_all)];
        let state = self.step.states.remove(path).and_then(|state| state.downcast().ok());
        let learning_rate = self.step.learning_rate;
        let states = &mut *self.step.states;
        param.map(|tensor| {
            let (tensor, state) =
                rule.step(learning_rate, tensor.inner(), gradient, state.map(|state| *state));
            if let Some(state) = state {
                states.insert(path.to_owned(), Box::new(state));
            }
            Tensor::from_inner(tensor).require_grad()
        })
    }
}

#[cfg(test)]
mod tests;
