//! Burn's update rules with a state that survives the process: one entry for each parameter,
//! keyed by the parameter's path.

use std::any::Any;
use std::collections::BTreeMap;

use burn::module::{Module, Param};
use burn::optim::momentum::MomentumConfig;
use burn::optim::decay::WeightDecayConfig;
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
        let penalties = [decay, 0.0].map(|penalty| {
            (penalty > 0.0).then(|| WeightDecayConfig { penalty })
        });
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
        fn one<const D: usize>(&mut self, path: &str, shape: Vec<usize>, param: &Param<Tensor<D>>) -> Result<(), StoreError> {
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
