//! `[optimizer]`: the update rules of the weights.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[optimizer]`: the update rule, and optionally another one for a GAN's discriminator.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct OptimizerConfig {
    /// The update rule of every network without one of its own.
    #[serde(flatten)]
    pub rule: RuleConfig,
    /// `[optimizer.discriminator]`: the discriminator's update rule; the generator's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<RuleConfig>,
}

/// An update rule and its hyperparameters.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RuleConfig {
    /// The update rule.
    #[serde(flatten)]
    pub kind: OptimizerKind,
    /// The hyperparameters that every rule has.
    #[serde(flatten)]
    pub update: UpdateConfig,
}

/// The part of `[optimizer]` that every kind shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateConfig {
    /// The learning rate, which `[schedule]` scales.
    #[schemars(range(min = 0.0, max = 1000.0), extend("exclusiveMinimum" = 0.0))]
    pub learning_rate: f64,
    /// Weight decay: an L2 penalty in `"sgd"` and `"adam"`, decoupled from the gradient in `"adamw"`, which multiplies
    /// it by the scheduled learning rate. Biases and normalisation parameters do not decay, unless `decay_all` is set.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub weight_decay: f64,
    /// True if biases and normalisation parameters decay, too.
    #[serde(default)]
    pub decay_all: bool,
}

/// The update rule: `kind` in `[optimizer]`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum OptimizerKind {
    /// Stochastic gradient descent, with momentum in PyTorch's form: the learning rate is outside of the velocity
    /// (Sutskever et al. 2013 have it inside).
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
    /// Momentum: `v = momentum v + g`, and a step by `learning_rate v`.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub momentum: f64,
    /// True for Nesterov momentum: a step by `learning_rate (momentum v + g)`.
    pub nesterov: bool,
}

/// `[optimizer] kind = "adam"` and `"adamw"`; the defaults are the paper's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdamConfig {
    /// Decay rate of the first moment estimate.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_1: f64,
    /// Decay rate of the second moment estimate.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub beta_2: f64,
    /// The constant added to the denominator for numerical stability.
    pub epsilon: f64,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8 }
    }
}
