//! Regression: the loss, `train.loss`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Metric, TaskRow};

/// The task in the table of tasks.
pub(super) const ROW: TaskRow =
    TaskRow { name: "regress", metrics: &[Metric::Rmse, Metric::Mae, Metric::R2, Metric::Loss] };

/// The loss of a regression, of targets standardised to mean 0 and standard deviation 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RegressionLoss {
    /// The mean squared error.
    #[default]
    Squared,
    /// The mean absolute error, which is less sensitive to outliers.
    Absolute,
    /// Quadratic up to 1 standard deviation and linear above (Huber 1964).
    Huber,
}
