//! `[task]`: the task.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// Generation of images like those of the data set.
    Generate,
    /// Regression: prediction of a number for each row.
    Regress,
    /// Translation: a text for each text, its source.
    Translate,
}

impl TaskKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Classify, Self::Generate, Self::Regress, Self::Translate];

    /// Its name in configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classify => "classify",
            Self::Generate => "generate",
            Self::Regress => "regress",
            Self::Translate => "translate",
        }
    }
}
