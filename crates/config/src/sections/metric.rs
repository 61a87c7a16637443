//! Numbers that checkpoints are compared by, and losses to choose from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A result on the validation set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// The share of images or rows that are classified correctly: higher is better.
    #[default]
    Accuracy,
    /// The mean loss of the task, as cross-entropy in nats: lower is better.
    Loss,
    /// The Frechet distance between made and real pictures: lower is better.
    Distance,
    /// The root mean squared error of predicted numbers, in the target's unit: lower is better.
    Rmse,
    /// The mean absolute error of predicted numbers, in the target's unit: lower is better.
    Mae,
    /// The coefficient of determination, 1 - (squared errors) / (squared deviations from the mean): higher is
    /// better, and 0 is what the mean alone has.
    R2,
}

impl Metric {
    /// Its name in configs and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Loss => "loss",
            Self::Distance => "distance",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
            Self::R2 => "r2",
        }
    }
}

/// The loss of a predicted number, of the target divided by its standard deviation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RegressionLoss {
    /// The mean of squared errors.
    #[default]
    Squared,
    /// The mean of absolute errors: outliers count less.
    Absolute,
    /// Squared below 1 standard deviation and linear above (Huber 1964).
    Huber,
}
