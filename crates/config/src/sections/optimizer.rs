//! `[optimizer]`: how gradients change the weights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[optimizer]`: the update rule, and where two networks learn perhaps one for each.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct OptimizerConfig {
    /// Of every network that has none of its own.
    #[serde(flatten)]
    pub rule: RuleConfig,
    /// `[optimizer.discriminator]`: of the discriminator; the same as of the generator when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<RuleConfig>,
}

/// An update rule and its step size.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RuleConfig {
    /// The update rule.
    #[serde(flatten)]
    pub kind: OptimizerKind,
    /// What every rule shares.
    #[serde(flatten)]
    pub update: UpdateConfig,
}

/// The part of `[optimizer]` that every kind shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateConfig {
    /// The step size that `[schedule]` scales: above 0.
    #[schemars(range(min = 0.0, max = 1000.0), extend("exclusiveMinimum" = 0.0))]
    pub learning_rate: f64,
    /// L2 penalty (sgd, adam) or decoupled decay (adamw) of the weights.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// Decay biases and normalisation parameters as well.
    #[serde(default)]
    pub decay_all: bool,
}

/// The update rule: `kind` in `[optimizer]`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum OptimizerKind {
    /// Stochastic gradient descent, with momentum as in Sutskever et al. 2013 where set.
    Sgd(SgdConfig),
    /// Adam (Kingma and Ba 2015).
    Adam(AdamConfig),
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    Adamw(AdamConfig),
}

/// `[optimizer] kind = "sgd"`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SgdConfig {
    /// The share of the last update that is kept: `v = momentum v + g`.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub momentum: f64,
    /// Nesterov's variant: step by `momentum v + g`.
    pub nesterov: bool,
}

/// `[optimizer] kind = "adam"` and `"adamw"`; the defaults are the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdamConfig {
    /// Decay rate of the first moment.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_1: f64,
    /// Decay rate of the second moment.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8 }
    }
}
