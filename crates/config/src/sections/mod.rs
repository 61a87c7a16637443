//! The sections of a config: a plain struct for each, and an enum for each `kind`.

mod adversarial;
mod class_weights;
mod csv;
mod data;
mod length;
mod metric;
mod optimizer;
mod run;
mod schedule;
mod task;
mod text;
mod train;

pub use adversarial::{AdversarialConfig, AdversarialLoss, EvaluateConfig};
pub use class_weights::{Balanced, ClassWeights};
pub(crate) use csv::TEST_FRACTION;
pub use csv::{CsvConfig, Missing};
pub use data::{
    AugmentConfig, BatchConfig, Color, DataConfig, DataSource, IdxConfig, ImageFolderConfig,
    NoOptions, OnBroken,
};
pub use length::{Cadence, Length};
pub use metric::{Metric, RegressionLoss};
pub use optimizer::{
    AdamConfig, OptimizerConfig, OptimizerKind, RuleConfig, SgdConfig, UpdateConfig,
};
pub use run::{Precision, RunConfig};
pub use schedule::{
    CosineConfig, OneCycleConfig, ScheduleConfig, ScheduleKind, StepConfig, WarmupConfig,
};
pub use task::{TaskConfig, TaskKind};
pub(crate) use text::VALID_PAIRS;
pub use text::{
    BibleEsConfig, TextPairsConfig, TextRule, TextRulesConfig, TokenizerConfig, TokenizerKind,
};
pub use train::{EarlyStop, TrainConfig};
