//! `[schedule]`: learning rate schedules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Cadence;

/// `[schedule]`: the learning rate schedule, a factor of `optimizer.learning_rate` for each step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct ScheduleConfig {
    /// The curve after the warm-up.
    #[serde(flatten)]
    pub kind: ScheduleKind,
    /// The settings that every curve has.
    #[serde(flatten)]
    pub warmup: WarmupConfig,
}

/// The part of `[schedule]` that every kind shares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WarmupConfig {
    /// Steps of linear warm-up, before the curve begins.
    pub warmup_steps: u64,
}

/// The curve: `kind` in `[schedule]`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ScheduleKind {
    /// The constant 1.
    Constant(super::NoOptions),
    /// Step decay: multiplied by `factor` at regular intervals.
    Step(StepConfig),
    /// Cosine annealing from 1 to `final_ratio` (Loshchilov and Hutter 2017).
    Cosine(CosineConfig),
    /// Linear decay from 1 to `final_ratio`.
    Linear(LinearConfig),
    /// The 1cycle policy: up to 1 and down again, by cosines (Smith and Topin 2019).
    OneCycle(OneCycleConfig),
}

impl Default for ScheduleKind {
    fn default() -> Self {
        Self::Constant(super::NoOptions {})
    }
}

/// `[schedule] kind = "step"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepConfig {
    /// The interval, as in `"5 epochs"` or `"1000 steps"`.
    pub every: Cadence,
    /// The factor of each decay.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub factor: f64,
}

/// `[schedule] kind = "cosine"`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CosineConfig {
    /// The factor at the last step.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub final_ratio: f64,
}

/// `[schedule] kind = "linear"`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinearConfig {
    /// The factor at the last step.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub final_ratio: f64,
}

/// `[schedule] kind = "one-cycle"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OneCycleConfig {
    /// The share of the steps in which the learning rate rises.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub rise: f64,
    /// The factor at the first step.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub start_ratio: f64,
    /// The factor at the last step.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub final_ratio: f64,
}

impl Default for OneCycleConfig {
    fn default() -> Self {
        Self { rise: 0.3, start_ratio: 0.04, final_ratio: 4e-6 }
    }
}
