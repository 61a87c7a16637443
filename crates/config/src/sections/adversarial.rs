//! `[adversarial]` and `[evaluate]`: how two networks learn from each other, and how good what they
//! make is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[adversarial]`: a generator against a discriminator (Goodfellow et al. 2014).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdversarialConfig {
    /// What each network tries to make small.
    pub loss: AdversarialLoss,
    /// Steps of the discriminator in each step, before the one of the generator.
    #[schemars(range(min = 1, max = 1000))]
    pub discriminator_steps: usize,
    /// How far below 1 the discriminator's target for real pictures is (Salimans et al. 2016,
    /// section 3.4: one-sided label smoothing).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub label_smoothing: f64,
    /// The share of the average of the generator's weights that a step keeps; pictures are made by
    /// the average. 0 for the weights themselves.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub average: f64,
    /// The largest size of each of the discriminator's weights, for `loss = "wasserstein"`; the
    /// paper's 0.01 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub weight_clip: Option<f64>,
}

impl Default for AdversarialConfig {
    fn default() -> Self {
        Self {
            loss: AdversarialLoss::default(),
            discriminator_steps: 1,
            label_smoothing: 0.0,
            average: 0.999,
            weight_clip: None,
        }
    }
}

/// What each network tries to make small; D(x) is the discriminator's logit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AdversarialLoss {
    /// The cross-entropy of real against made; the generator wants its pictures to be taken for
    /// real (Goodfellow et al. 2014, section 3).
    #[default]
    NonSaturating,
    /// Squared distances to the targets 1 and 0 (Mao et al. 2017, equation 9).
    LeastSquares,
    /// Distances up to a margin of 1 (Lim and Ye 2017; Miyato et al. 2018, equations 16 and 17).
    Hinge,
    /// The difference of the mean logits, under a bound on the weights (Arjovsky et al. 2017,
    /// algorithm 1).
    Wasserstein,
}

/// `[evaluate]`: how the pictures of a generator are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluateConfig {
    /// The run of the classifier whose features pictures are compared by; when absent, a small one
    /// is trained on first use and kept beside the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classifier: Option<String>,
    /// How many pictures are made, and compared with as many real ones.
    #[schemars(range(min = 100, max = 100_000))]
    pub samples: usize,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        Self { classifier: None, samples: 10_000 }
    }
}
