//! `[task]`: the task. Each has a file with its settings, their check, and its row in the table of tasks.

mod classify;
pub(crate) mod control;
pub(crate) mod generate;
mod metric;
mod misfits;
mod regress;
mod translate;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use classify::{Balanced, ClassWeights};
pub use control::{AgentEvaluation, AlgorithmConfig, AlgorithmKind, PpoConfig};
pub use generate::{AdversarialConfig, AdversarialLoss, EvaluateConfig};
pub use metric::Metric;
pub use regress::RegressionLoss;

/// `[task]`: the task. When absent, it follows from the model's kind; for a table, from the type of the target column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskConfig {
    /// The task.
    pub kind: TaskKind,
}

/// A task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// Classification of images or rows.
    Classify,
    /// Control of an environment by an agent: reinforcement learning.
    Control,
    /// Generation of images like those of the data set.
    Generate,
    /// Regression: prediction of a number for each row.
    Regress,
    /// Translation: a text for each text, its source.
    Translate,
}

/// A task in the table of tasks.
pub(crate) struct TaskRow {
    /// Its name in configs.
    name: &'static str,
    /// The metrics that can rank its checkpoints, the default first.
    metrics: &'static [Metric],
}

impl TaskKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Classify, Self::Control, Self::Generate, Self::Regress, Self::Translate];

    fn row(self) -> TaskRow {
        match self {
            Self::Classify => classify::ROW,
            Self::Control => control::ROW,
            Self::Generate => generate::ROW,
            Self::Regress => regress::ROW,
            Self::Translate => translate::ROW,
        }
    }

    /// Its name in configs.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The metrics that can rank its checkpoints, the default first.
    fn metrics(self) -> &'static [Metric] {
        self.row().metrics
    }
}
