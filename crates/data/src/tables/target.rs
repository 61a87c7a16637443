//! The target: classes or a number, and which task that is.

use hearth_config::TaskKind;
use serde::{Deserialize, Serialize};

use super::input::Input;
use crate::error::DataError;

/// What is predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Target {
    /// One of these classes, in the order of their labels.
    Classes {
        /// As they are written in the table.
        names: Vec<String>,
    },
    /// A number; networks predict (number - mean) / std.
    Number {
        /// The mean of the training part.
        mean: f64,
        /// Its population standard deviation.
        std: f64,
    },
}

/// The contents of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetHolds {
    /// Words.
    Text,
    /// Numbers, and not all of them whole.
    Fractions,
    /// Whole numbers, which may be numbers or classes.
    WholeNumbers,
}

/// The task that a target is for. Of whole numbers, the user has to say it.
pub fn task_of(input: &Input, column: &str, holds: TargetHolds) -> Result<TaskKind, DataError> {
    match holds {
        TargetHolds::Text => Ok(TaskKind::Classify),
        TargetHolds::Fractions => Ok(TaskKind::Regress),
        TargetHolds::WholeNumbers => {
            let fault = "it is the target, and has whole numbers, which may be classes or numbers; for classes, add \
                         the lines\n[task]\nkind = \"classify\"\nand to predict a number, the lines\n[task]\nkind = \
                         \"regress\"";
            Err(input.fault_at(None, Some(column), fault))
        }
    }
}
