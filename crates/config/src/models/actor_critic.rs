//! The settings of an actor and a critic.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Activation;
use crate::checks::Checks;

/// `[model] kind = "actor-critic"`: two multilayer perceptrons, a policy (the actor) and an estimate of the return of a
/// state (the critic).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ActorCriticConfig {
    /// Widths of the hidden layers of each.
    #[schemars(inner(range(min = 1)))]
    pub hidden: Vec<usize>,
    /// The activation function behind each hidden layer.
    pub activation: Activation,
    /// Gated recurrent units between the observations and both networks: a memory of the episode so far. None when
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4096))]
    pub memory: Option<usize>,
}

impl Default for ActorCriticConfig {
    fn default() -> Self {
        Self { hidden: vec![64, 64], activation: Activation::Tanh, memory: None }
    }
}

impl ActorCriticConfig {
    /// Reports values out of range.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        checks.hidden(&self.hidden);
        if let Some(units) = self.memory {
            checks.require("model.memory", units, (1..=4096).contains(&units), "1 to 4096");
        }
        let number = self.hidden.len();
        checks.require("model.hidden", format!("{number} layers"), number >= 1, "1 layer or more");
    }
}
