//! Metrics of the validation set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A metric of the validation set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// The share of correctly classified samples: higher is better.
    #[default]
    Accuracy,
    /// The mean loss of the task, such as cross-entropy in nats: lower is better.
    Loss,
    /// The Frechet distance between generated and real images: lower is better.
    Distance,
    /// The root mean squared error, in the target's unit: lower is better.
    Rmse,
    /// The mean absolute error, in the target's unit: lower is better.
    Mae,
    /// The coefficient of determination, 1 - (sum of squared errors) / (sum of squared deviations from the mean):
    /// higher is better, and a constant prediction of the mean has 0.
    R2,
    /// The share of texts that are translated exactly as their reference: higher is better.
    #[serde(rename = "exact_match")]
    ExactMatch,
    /// BLEU, from 0 to 100 (Papineni et al. 2002): higher is better.
    Bleu,
    /// The mean return of episodes: higher is better.
    #[serde(rename = "episodic_return")]
    EpisodicReturn,
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
            Self::ExactMatch => "exact_match",
            Self::Bleu => "bleu",
            Self::EpisodicReturn => "episodic_return",
        }
    }
}
