//! One plain struct for each section of a config, and an enum for each `kind`.

mod data;
mod model;
mod optimizer;
mod run;
mod schedule;
mod train;

pub use data::{
    AugmentConfig, BatchConfig, Color, DataConfig, DataSource, IdxConfig, ImageFolderConfig,
    NoOptions, OnBroken,
};
pub use model::{
    Activation, CnnConfig, Dropout, Initializer, LenetConfig, MlpConfig, ModelConfig, Pooling,
    ResnetConfig,
};
pub use optimizer::{AdamConfig, OptimizerConfig, OptimizerKind, SgdConfig, UpdateConfig};
pub use run::RunConfig;
pub use schedule::{
    CosineConfig, OneCycleConfig, ScheduleConfig, ScheduleKind, StepConfig, WarmupConfig,
};
pub use train::{Balanced, Cadence, ClassWeights, EarlyStop, Metric, TrainConfig};
