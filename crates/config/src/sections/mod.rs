//! The sections of a config besides `[data]`, `[task]` and `[model]`: a plain struct for each, and an enum for each `kind`.

mod length;
mod optimizer;
mod run;
mod schedule;
mod train;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use length::{Cadence, TimeUnits};
pub use optimizer::{
    AdamConfig, OptimizerConfig, OptimizerKind, RuleConfig, SgdConfig, UpdateConfig,
};
pub use run::{Precision, RunConfig};
pub use schedule::{
    CosineConfig, LinearConfig, OneCycleConfig, ScheduleConfig, ScheduleKind, StepConfig,
    WarmupConfig,
};
pub use train::{EarlyStop, TrainConfig};

/// The settings of a kind that has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}
