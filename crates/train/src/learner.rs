//! A network and the rule that trains it.

use burn::module::Module;
use burn::optim::GradientsParams;
use hearth_config::RuleConfig;
use hearth_model::{Moments, absorb};
use hearth_store::{StateDict, StoreError};

use crate::gradients::{self, Norm, clip_scale, norm};
use crate::number::{Number, Reading};
use crate::optimizer::Optimizer;
use crate::state::{module_state, restore_module};

/// A network and the rule that trains it. A copy shares nothing that a step changes.
#[derive(Clone, Debug)]
pub struct Learner<M> {
    /// The network.
    pub network: M,
    rule: Optimizer,
}

/// How a step would change a network.
pub struct Update {
    gradients: GradientsParams,
    /// For the running statistics of the batch normalisation.
    moments: Vec<Moments>,
    /// The size of the gradients.
    pub norm: Norm,
}

impl Update {
    /// By gradients of `network`, and by the moments that its passes left.
    pub fn new<M: Module>(
        network: &M,
        gradients: GradientsParams,
        moments: Vec<Moments>,
        reading: Reading,
    ) -> Self {
        let norm = norm(network, &gradients, reading);
        Self { gradients, moments, norm }
    }

    /// What of a step with this loss is not finite, as far as it was read; `owner` names the network
    /// where there are two.
    pub fn fault(&self, loss: &Number, owner: Option<&str>) -> Option<String> {
        let of = owner.map_or_else(String::new, |owner| format!("the {owner}'s "));
        if loss.here().is_some_and(|loss| !loss.is_finite()) {
            return Some(owner.map_or_else(|| "the loss".to_owned(), |_| format!("{of}loss")));
        }
        let path = self.norm.non_finite.as_ref()?;
        Some(format!("the gradient of {of}{path}"))
    }
}

impl<M: Module> Learner<M> {
    /// Before its first step.
    pub fn new(network: M, rule: &RuleConfig) -> Self {
        Self { network, rule: Optimizer::new(rule) }
    }

    /// Makes a step; gradients of a larger norm than `clip_norm` are scaled down to it.
    pub fn update(&mut self, update: Update, learning_rate: f64, clip_norm: Option<f64>) {
        let scale = clip_scale(&update.norm.square, clip_norm);
        let network = absorb(self.network.clone(), &update.moments);
        self.network = self.rule.step(network, update.gradients, learning_rate, scale);
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
