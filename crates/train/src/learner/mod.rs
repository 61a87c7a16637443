//! A network and the rule that trains it.

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

/// A network and the rule that trains it. A copy shares nothing that a step changes.
#[derive(Clone, Debug)]
pub struct TrainState<M> {
    /// The network.
    pub network: M,
    rule: Optimizer,
}

/// A change of a network by a step, as `StepContext::propose` makes it.
pub struct Update {
    /// By the network's parameters.
    pub(crate) gradients: GradientsParams,
    /// For the running statistics of the batch normalisation.
    pub(crate) moments: Vec<BatchStatistics>,
    /// The factor that keeps the norm of the gradients from being too large.
    pub(crate) scale: Scalar,
}

impl Update {
    /// By these gradients as they are.
    pub fn of(gradients: GradientsParams) -> Self {
        Self { gradients, moments: Vec::new(), scale: Scalar::Host(1.0) }
    }
}

impl<M: Module> TrainState<M> {
    /// Before its first step.
    pub fn new(network: M, rule: &RuleConfig) -> Self {
        Self { network, rule: Optimizer::new(rule) }
    }

    /// Makes a step.
    pub fn update(&mut self, update: Update, learning_rate: f64) {
        let network = update_running_statistics(self.network.clone(), &update.moments);
        self.network = self.rule.step(network, update.gradients, learning_rate, update.scale);
    }

    /// The numbers of each gradient of an update, by the path of its parameter.
    pub fn gradients(&self, update: &Update) -> Vec<(String, Vec<f32>)> {
        gradients::values(&self.network, &update.gradients)
    }

    /// Adds everything to `state`: the network under `model`, what the rule remembers under
    /// `optimizer`, and there under `name`, where there is more than one.
    pub fn save(&self, name: Option<&str>, state: &mut StateDict) -> Result<(), StoreError> {
        state.insert_all(&under("model", name), module_state(&self.network)?)?;
        state.insert_all(&under("optimizer", name), self.rule.state(&self.network)?)
    }

    /// Takes everything out of `state` again. A missing, extra or misshapen entry is an error.
    pub fn restore(&mut self, name: Option<&str>, state: &mut StateDict) -> Result<(), StoreError> {
        let numbers = state.take_under(&under("model", name));
        self.network = restore_module(self.network.clone(), numbers)?;
        self.rule.restore(&self.network, state.take_under(&under("optimizer", name)))
    }
}

fn under(part: &str, name: Option<&str>) -> String {
    name.map_or_else(|| part.to_owned(), |name| format!("{part}.{name}"))
}
