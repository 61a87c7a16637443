//! Burn's update rules with a state that survives the process: one entry for each parameter,
//! keyed by the parameter's path.

use std::any::Any;
use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{
    Adam, AdamConfig, AdamW, AdamWConfig, GradientsParams, Optimizer as Rule, RecordState, Sgd,
    SgdConfig, StateSink, StateSource,
};
use burn::tensor::Tensor;
use burn_pack::Scalar;
use hearth_config::{OptimizerConfig, OptimizerKind};
use hearth_model::params::{MapParam, VisitParam, map_params, visit_params};
use hearth_store::{StateDict, StoreError, Value};

use crate::state::{to_data, to_value};

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
            [decay, 0.0].map(|penalty| (penalty > 0.0).then(|| WeightDecayConfig { penalty }));
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

fn save<R: Rule, M: Module>(states: &States, module: &M) -> Result<StateDict, StoreError> {
    struct Save<'a, R> {
        states: &'a States,
        sink: StateSink,
        rule: std::marker::PhantomData<R>,
    }
    impl<R: Rule> VisitParam for Save<'_, R> {
        fn visit<const D: usize>(&mut self, path: &str, _: &Param<Tensor<D>>) {
            let state = self.states.get(path).and_then(|state| state.downcast_ref::<R::State<D>>());
            if let Some(state) = state {
                state.state_flatten(path, &mut self.sink);
            }
        }
    }
    let sink = StateSink::default();
    let mut save = Save::<R> { states, sink, rule: std::marker::PhantomData };
    visit_params(module, &mut save);
    let mut state = StateDict::default();
    for (path, data) in save.sink.tensors {
        state.insert(path, to_value(&data)?)?;
    }
    for (path, scalar) in save.sink.scalars {
        state.insert(path, from_scalar(scalar))?;
    }
    Ok(state)
}

fn load<R: Rule, M: Module>(rule: &R, module: &M, state: StateDict) -> Result<States, StoreError> {
    struct Load<'a, R> {
        rule: &'a R,
        state: StateDict,
        states: States,
        error: Option<StoreError>,
    }
    impl<R: Rule> Load<'_, R> {
        /// Burn takes a missing entry for an optional one and forgets it, so the entries that
        /// belong to a parameter are read off a first step with a gradient of zero.
        fn one<const D: usize>(
            &mut self,
            path: &str,
            shape: Vec<usize>,
            param: &Param<Tensor<D>>,
        ) -> Result<(), StoreError> {
            let device = param.val().device().without_autodiff();
            let zeros = Tensor::<D>::zeros(shape, &device);
            let (_, fresh) = self.rule.step(0.0, zeros.clone(), zeros, None);
            let mut wanted = StateSink::default();
            fresh.iter().for_each(|fresh| fresh.state_flatten(path, &mut wanted));
            let mut scalars = BTreeMap::new();
            for (name, scalar) in &wanted.scalars {
                scalars.insert(name.clone(), take_scalar(&mut self.state, name, *scalar)?);
            }
            let mut source = StateSource::new(scalars);
            for (name, data) in &wanted.tensors {
                let value = self.state.take_tensor(name, &data.shape().to_vec())?;
                source.insert_tensor(name.clone(), to_data(&value)?);
            }
            if let Some(state) = R::State::<D>::state_unflatten(path, &mut source, &device) {
                self.states.insert(path.to_owned(), Box::new(state));
            }
            Ok(())
        }
    }
    impl<R: Rule> VisitParam for Load<'_, R> {
        fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
            if self.error.is_none() {
                self.error = self.one(path, param.lazy_shape().to_vec(), param).err();
            }
        }
    }
    if state.is_empty() {
        return Ok(States::new());
    }
    let mut load = Load { rule, state, states: States::new(), error: None };
    visit_params(module, &mut load);
    match load.error {
        Some(error) => Err(error),
        None => load.state.finish().map(|()| load.states),
    }
}

fn from_scalar(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Int(number) => Value::Int(number),
        // Counts of steps: far below 2^63.
        Scalar::UInt(number) => Value::Int(number.cast_signed()),
        Scalar::Float(number) => Value::Float(number),
        Scalar::Bool(flag) => Value::Bool(flag),
    }
}

fn take_scalar(state: &mut StateDict, path: &str, like: Scalar) -> Result<Scalar, StoreError> {
    Ok(match like {
        Scalar::Int(_) => Scalar::Int(state.take_int(path)?),
        Scalar::UInt(_) => Scalar::UInt(state.take_int(path)?.cast_unsigned()),
        Scalar::Float(_) => Scalar::Float(state.take_float(path)?),
        Scalar::Bool(_) => Scalar::Bool(state.take_bool(path)?),
    })
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use hearth_config::{
        AdamConfig as AdamSettings, MlpConfig, ModelConfig, SgdConfig as SgdSettings, UpdateConfig,
    };
    use hearth_model::Classifier;
    use hearth_store::TensorValue;

    use super::*;
    use crate::backend::Backend;
    use crate::state::{module_state, restore_module};

    /// One weight and one bias for each of two classes.
    fn network(weight: [f32; 2], bias: [f32; 2]) -> Classifier {
        let config = ModelConfig::Mlp(MlpConfig {
            hidden: Vec::new(),
            activation: hearth_config::Activation::None,
            dropout: hearth_config::Dropout::default(),
            initializer: hearth_config::Initializer::He,
        });
        let network = Classifier::new(&config, [1, 1, 1], 2, 0, &device());
        let mut state = StateDict::new();
        state.insert("layers.0.weight", TensorValue::new([1, 2], &weight).unwrap()).unwrap();
        state.insert("layers.0.bias", TensorValue::new([2], &bias).unwrap()).unwrap();
        restore_module(network, state).unwrap()
    }

    fn device() -> Device {
        Backend::default().device().autodiff()
    }

    /// Makes one step in which weights and biases have these gradients.
    fn step(optimizer: &mut Optimizer, network: Classifier, gradient: [f32; 2]) -> Classifier {
        let factors = Tensor::<2>::from_data([gradient], &device());
        let loss = (network.forward(Tensor::ones([1, 1, 1, 1], &device())) * factors).sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        optimizer.step(network, gradients, 0.1, 1.0)
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

    fn config(kind: OptimizerKind, weight_decay: f64, decay_all: bool) -> OptimizerConfig {
        OptimizerConfig {
            kind,
            update: UpdateConfig { learning_rate: 0.1, weight_decay, decay_all },
        }
    }

    fn sgd(momentum: f64, nesterov: bool) -> OptimizerKind {
        OptimizerKind::Sgd(SgdSettings { momentum, nesterov })
    }

    #[test]
    fn sgd_is_its_formula() {
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
    fn decay_spares_biases_unless_asked() {
        for (decay_all, bias) in [(false, 1.0), (true, 0.95)] {
            let mut optimizer = Optimizer::new(&config(sgd(0.0, false), 0.5, decay_all));
            let network = step(&mut optimizer, network([1.0, 2.0], [1.0, 0.0]), [0.0, 0.0]);
            assert_close(&network, [0.95, 1.9, bias, 0.0]);
        }
    }

    #[test]
    fn adam_is_algorithm_1_of_its_paper() {
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
    fn adamw_decays_beside_the_gradient() {
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
}
