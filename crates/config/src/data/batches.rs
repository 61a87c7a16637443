//! The part of `[data]` that every kind shares: batches, split and normalisation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::{Checks, LARGEST};

/// The part of `[data]` that every kind shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BatchConfig {
    /// Samples in one batch.
    #[schemars(range(min = 1))]
    pub batch_size: usize,
    /// Samples held out from the training set for validation, stratified by class; 0 for none. When absent, 5000 for
    /// images, 1000 for generated texts (a tenth of fewer than 10,000), and 0 for a table and pairs in files. Not used where a
    /// folder has a validation set of its own; not for verses of the Bible, which have one.
    pub valid_samples: usize,
    /// The share of the remaining training set to train on, stratified by class; all of it when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub limit_train: Option<f64>,
    /// Overfit this many batches, as a test of the network: training and validation set are the same few samples,
    /// without augmentation. A network that cannot reach a loss near 0 has a bug.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub overfit_batches: Option<usize>,
    /// The mean to normalise images by, of pixels scaled to 0..1: one number for each channel, or one for all; the
    /// training set's when absent. Requires `std`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(inner(range(min = -1.0, max = 1.0)), length(min = 1))]
    pub mean: Option<Vec<f64>>,
    /// The standard deviation to normalise images by, in the form of `mean`, which it requires.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(inner(range(min = 0.001, max = 10.0)), length(min = 1))]
    pub std: Option<Vec<f64>>,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            batch_size: 256,
            valid_samples: 5000,
            limit_train: None,
            overfit_batches: None,
            mean: None,
            std: None,
        }
    }
}

impl BatchConfig {
    /// Reports values out of range.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        let size = self.batch_size;
        checks.require("data.batch_size", size, (1..=LARGEST).contains(&size), "1 to 1048576");
        if let Some(share) = self.limit_train {
            let good = 0.0 < share && share <= 1.0;
            checks.require("data.limit_train", share, good, "above 0, up to 1");
        }
        if let Some(batches) = self.overfit_batches {
            let good = (1..=LARGEST).contains(&batches);
            checks.require("data.overfit_batches", batches, good, "1 to 1048576");
        }
    }
}
