//! One plain struct for each section of a config, and an enum for each `kind`.

mod adversarial;
mod data;
mod optimizer;
mod run;
mod schedule;
mod task;
mod train;

pub use adversarial::{AdversarialConfig, AdversarialLoss, EvaluateConfig};
pub use data::{
    AugmentConfig, BatchConfig, Color, DataConfig, DataSource, IdxConfig, ImageFolderConfig,
    NoOptions, OnBroken,
};
pub use optimizer::{
    AdamConfig, OptimizerConfig, OptimizerKind, RuleConfig, SgdConfig, UpdateConfig,
};
pub use run::{Precision, RunConfig};
pub use schedule::{
    CosineConfig, OneCycleConfig, ScheduleConfig, ScheduleKind, StepConfig, WarmupConfig,
};
pub use task::{TaskConfig, TaskKind};
pub use train::{Balanced, Cadence, ClassWeights, EarlyStop, Length, Metric, TrainConfig};
