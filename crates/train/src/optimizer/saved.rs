//! An optimiser's state as named tensors and scalars, and back.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use burn::module::{Module, Param};
use burn::optim::{Optimizer as Rule, RecordState, StateSink, StateSource};
use burn::tensor::Tensor;
use burn_pack::Scalar;
use hearth_model::params::{VisitParam, is_statistic, visit_params};
use hearth_store::{StateDict, StoreError, Value};

use super::States;
use crate::state::{to_data, to_value};

pub(super) fn save<R: Rule, M: Module>(
    states: &States,
    module: &M,
) -> Result<StateDict, StoreError> {
    struct Save<'a, R> {
        states: &'a States,
        sink: StateSink,
        rule: PhantomData<R>,
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
    let mut save = Save::<R> { states, sink, rule: PhantomData };
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

pub(super) fn load<R: Rule, M: Module>(
    rule: &R,
    module: &M,
    state: StateDict,
) -> Result<States, StoreError> {
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
            if let Some(fresh) = &fresh {
                fresh.state_flatten(path, &mut wanted);
            }
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
            if self.error.is_none() && !is_statistic(path) {
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
