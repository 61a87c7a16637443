//! Target of a table: classes or a number, and the task that follows.

use hearth_config::TaskKind;
use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::tables::file::input::TableInput;

/// Target of the prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Target {
    /// Classification; the classes in the order of their labels.
    Classes {
        /// Class names, as written in the table.
        names: Vec<String>,
    },
    /// Regression; networks predict (number - mean) / std.
    Number {
        /// Mean over the training rows.
        mean: f64,
        /// Population standard deviation over the training rows.
        std: f64,
    },
}

/// Kind of values in a target column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetHolds {
    /// Text.
    Text,
    /// Numbers, not all of them integers.
    Fractions,
    /// Integers, which may be numbers or classes.
    WholeNumbers,
}

/// The task for a target; an error for integers, for which the user has to choose the task.
pub fn task_of(
    input: &TableInput,
    column: &str,
    holds: TargetHolds,
) -> Result<TaskKind, DataError> {
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
