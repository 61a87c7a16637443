//! `[task]`: what is learned.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[task]`; without it, the task is the one that the model's kind is for, and with a table the one that its target
/// is for.
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
    /// Name the class of an image or a row.
    Classify,
    /// Make images like those of the data.
    Generate,
    /// Predict a number.
    Regress,
}

impl TaskKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Classify, Self::Generate, Self::Regress];

    /// Its name in configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classify => "classify",
            Self::Generate => "generate",
            Self::Regress => "regress",
        }
    }
}
