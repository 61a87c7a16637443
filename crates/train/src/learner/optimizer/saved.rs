//! Optimiser slots as named tensors and numbers of a checkpoint.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use hearth_config::OptimizerKind;
use hearth_model::params::{VisitParam, is_statistic, visit_params};
use hearth_store::{StateDict, StoreError};

use super::{Optimizer, Slots};
use crate::learner::state::{to_data, to_value};

/// The names of Adam's moments, behind their parameter's path.
const MOMENTS: [&str; 2] = ["momentum.moment_1", "momentum.moment_2"];
const TIME: &str = "momentum.time";
const VELOCITY: &str = "momentum.velocity";

impl Optimizer {
    /// The slots by `<parameter's path>.<name>`, in the parameter's shape.
    pub fn state<M: Module>(&self, module: &M) -> Result<StateDict, StoreError> {
        struct Save<'a>(&'a Optimizer, Result<StateDict, StoreError>);
        impl VisitParam for Save<'_> {
            fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
                if let (Some(slots), Ok(state)) = (self.0.slots.get(path), &mut self.1)
                    && let Err(error) = slots.save(path, param, state)
                {
                    self.1 = Err(error);
                }
            }
        }
        let mut save = Save(self, Ok(StateDict::new()));
        visit_params(module, &mut save);
        save.1
    }

    /// Restores the slots of [`Optimizer::state`]. A missing, extra or misshapen entry is an error; an empty state is
    /// that of an optimiser before its first step.
    pub fn restore<M: Module>(&mut self, module: &M, state: StateDict) -> Result<(), StoreError> {
        struct Load<'a> {
            optimizer: &'a mut Optimizer,
            state: StateDict,
            error: Option<StoreError>,
        }
        impl VisitParam for Load<'_> {
            fn visit<const D: usize>(&mut self, path: &str, param: &Param<Tensor<D>>) {
                if self.error.is_some() || is_statistic(path) {
                    return;
                }
                match Slots::load(&self.optimizer.config.kind, path, param, &mut self.state) {
                    Ok(slots) => {
                        let named = slots.map(|slots| (path.to_owned(), slots));
                        self.optimizer.slots.extend(named);
                    }
                    Err(error) => self.error = Some(error),
                }
            }
        }
        self.slots.clear();
        if state.is_empty() {
            return Ok(());
        }
        let mut load = Load { optimizer: self, state, error: None };
        visit_params(module, &mut load);
        load.error.map_or_else(|| load.state.finish(), Err)
    }
}

impl Slots {
    /// Adds the slots of the parameter `path` to `state`.
    fn save<const D: usize>(
        &self,
        path: &str,
        param: &Param<Tensor<D>>,
        state: &mut StateDict,
    ) -> Result<(), StoreError> {
        let mut insert = |name, slot: &Tensor<1>| {
            let shaped: Tensor<D> = slot.clone().reshape(param.lazy_shape());
            state.insert(format!("{path}.{name}"), to_value(&shaped.into_data())?)
        };
        match self {
            Self::Velocity(velocity) => insert(VELOCITY, velocity),
            Self::Moments(time, [first, second]) => {
                insert(MOMENTS[0], first)?;
                insert(MOMENTS[1], second)?;
                state.insert(format!("{path}.{TIME}"), *time)
            }
        }
    }

    /// Takes the slots of the parameter `path` out of `state`; none for a rule without slots.
    fn load<const D: usize>(
        kind: &OptimizerKind,
        path: &str,
        param: &Param<Tensor<D>>,
        state: &mut StateDict,
    ) -> Result<Option<Self>, StoreError> {
        let shape = param.lazy_shape().to_vec();
        let device: Device = param.val().device().without_autodiff();
        let mut take = |name| -> Result<Tensor<1>, StoreError> {
            let value = state.take_tensor(&format!("{path}.{name}"), &shape)?;
            Ok(Tensor::<D>::from_data(to_data(&value)?, &device).flatten(0, D - 1))
        };
        Ok(match kind {
            OptimizerKind::Sgd(sgd) if sgd.momentum > 0.0 => Some(Self::Velocity(take(VELOCITY)?)),
            OptimizerKind::Sgd(_) => None,
            OptimizerKind::Adam(_) | OptimizerKind::Adamw(_) => {
                let moments = [take(MOMENTS[0])?, take(MOMENTS[1])?];
                Some(Self::Moments(state.take_u64(&format!("{path}.{TIME}"))?, moments))
            }
        })
    }
}
