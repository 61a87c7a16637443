//! The train state of a network: its weights and its optimiser.

pub mod average;
pub mod gradients;
pub mod optimizer;
pub mod precision;
pub mod state;

use burn::module::Module;
use burn::optim::GradientsParams;
use hearth_config::RuleConfig;
use hearth_model::{BatchStatistics, update_running_statistics};
use hearth_store::{StateDict, StoreError};

use crate::backend::scalar::Scalar;
use crate::learner::optimizer::Optimizer;
use crate::learner::state::{module_state, restore_module};

/// A network and its optimiser. A step on a clone leaves the original as it is.
#[derive(Clone, Debug)]
pub struct TrainState<M> {
    /// The network.
    pub network: M,
    optimizer: Optimizer,
}

/// The update of a network by one step, which `StepContext::propose` makes.
pub struct Update {
    /// The gradients, before clipping, by parameter identifier.
    pub(crate) gradients: GradientsParams,
    /// The batch statistics of the forward passes, for the running statistics of batch normalisation.
    pub(crate) moments: Vec<BatchStatistics>,
    /// The clipping factor of the gradients.
    pub(crate) scale: Scalar,
}

impl Update {
    /// An update by these gradients without clipping and without batch statistics.
    pub fn of(gradients: GradientsParams) -> Self {
        Self { gradients, moments: Vec::new(), scale: Scalar::Host(1.0) }
    }
}

impl<M: Module> TrainState<M> {
    /// The train state before the first step.
    pub fn new(network: M, rule: &RuleConfig) -> Self {
        Self { network, optimizer: Optimizer::new(rule) }
    }

    /// Applies an update.
    pub fn update(&mut self, update: Update, learning_rate: f64) {
        let network = update_running_statistics(self.network.clone(), &update.moments);
        self.network = self.optimizer.step(network, update.gradients, learning_rate, update.scale);
    }

    /// The elements of each gradient of an update, flat, by the path of its parameter.
    pub fn gradients(&self, update: &Update) -> Vec<(String, Vec<f32>)> {
        gradients::values(&self.network, &update.gradients)
    }

    /// Adds the network to `state` under `model`, and the optimiser slots under `optimizer`; below these under `name`,
    /// where a task has several networks.
    pub fn save(&self, name: Option<&str>, state: &mut StateDict) -> Result<(), StoreError> {
        state.insert_all(&under("model", name), module_state(&self.network)?)?;
        state.insert_all(&under("optimizer", name), self.optimizer.state(&self.network)?)
    }

    /// Restores network and optimiser slots from the entries of [`TrainState::save`]. A missing, extra or misshapen
    /// entry is an error.
    pub fn restore(&mut self, name: Option<&str>, state: &mut StateDict) -> Result<(), StoreError> {
        let weights = state.take_under(&under("model", name));
        self.network = restore_module(self.network.clone(), weights)?;
        self.optimizer.restore(&self.network, state.take_under(&under("optimizer", name)))
    }
}

/// The path prefix of a part of the state of the network `name`.
fn under(part: &str, name: Option<&str>) -> String {
    name.map_or_else(|| part.to_owned(), |name| format!("{part}.{name}"))
}
