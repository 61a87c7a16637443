//! `[train]`: the loss, the length of the run, and its intervals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Cadence;
use crate::tasks::{ClassWeights, Metric, RegressionLoss};

/// `[train]`: the loss, the length of the run, and the intervals of logs, evaluations and checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// The length of the run in epochs, passes over the training set: the short form of `length`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub epochs: Option<u64>,
    /// The length of the run: `"10 epochs"`, `"2000 steps"`, or `"100000 frames"` (steps of an environment), rounded
    /// up to whole steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Cadence>,
    /// The loss of a regression; `"squared"` when absent. Not for other tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<RegressionLoss>,
    /// Label smoothing: the probability mass of the target that is spread evenly over all classes (Szegedy et al.
    /// 2016).
    #[serde(default)]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub label_smoothing: f64,
    /// Scheduled sampling: the share of a target's tokens that a translator's decoder reads as predicted by itself, in
    /// the last step of training; it grows linearly from 0 (Bengio et al. 2015). None when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub scheduled_sampling: Option<f64>,
    /// The weights of the classes in the loss: `"balanced"`, a table by class name, or a list in the order of the
    /// classes; all 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<ClassWeights>,
    /// The maximum L2 norm of a network's gradient; larger gradients are scaled down to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub clip_norm: Option<f64>,
    /// Gradient accumulation: batches in one step. Equivalent to a batch that many times as large, except for batch
    /// normalisation, whose statistics are those of a single batch.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub accumulate: usize,
    /// The interval of evaluations on the validation set.
    #[serde(default)]
    pub evaluate_every: Cadence,
    /// The interval of checkpoints; each new best and the last are saved as well.
    #[serde(default)]
    pub checkpoint_every: Cadence,
    /// Steps between two training lines of metrics.jsonl.
    #[serde(default = "default_log_every")]
    #[schemars(range(min = 1))]
    pub log_every: u64,
    /// The number of newest checkpoints to keep, besides the best.
    #[serde(default = "default_keep_last")]
    #[schemars(range(min = 2))]
    pub keep_last: usize,
    /// The metric that selects the best checkpoint: `"accuracy"` or `"loss"` for classification, `"rmse"`, `"mae"`,
    /// `"r2"` or `"loss"` for regression, `"distance"` for a generator; the first of these when absent. Ties go to the
    /// lower loss, then to the earlier step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_by: Option<Metric>,
    /// Early stopping on the validation set; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<EarlyStop>,
}

impl TrainConfig {
    /// The length of the run.
    pub fn length(&self) -> Cadence {
        self.length.unwrap_or(Cadence::Epochs(self.epochs.unwrap_or(1)))
    }

    /// The metric that selects the best checkpoint; the default metric as long as the task is undecided.
    pub fn best_by(&self) -> Metric {
        self.best_by.unwrap_or_default()
    }
}

fn one() -> usize {
    1
}

fn default_log_every() -> u64 {
    50
}

fn default_keep_last() -> usize {
    2
}

/// `[train.early_stop]`: early stopping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlyStop {
    /// Training stops after this many evaluations in a row without an improvement.
    #[schemars(range(min = 1))]
    pub patience: u64,
    /// The minimum improvement of `best_by`; at 0, an equal result with a lower loss is an improvement, too.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub min_delta: f64,
}
