//! `[adversarial]` and `[evaluate]`: training of a GAN, and evaluation of its images.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[adversarial]`: a generator against a discriminator (Goodfellow et al. 2014).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdversarialConfig {
    /// The losses of generator and discriminator.
    pub loss: AdversarialLoss,
    /// Discriminator updates in each step, before the generator's update. Each takes a batch, so that k updates leave
    /// the generator 1/k of the steps in an epoch.
    #[schemars(range(min = 1, max = 1000))]
    pub discriminator_steps: usize,
    /// One-sided label smoothing: the discriminator's target for real images is 1 minus this (Salimans et al. 2016,
    /// section 3.4).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub label_smoothing: f64,
    /// Decay rate of the exponential moving average of the generator's weights, which generates all images outside of
    /// training. 0 for the weights themselves.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub average: f64,
    /// The bound on the absolute value of the discriminator's weights, for `loss = "wasserstein"`; the paper's 0.01
    /// when absent.
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

/// The losses of generator and discriminator, as functions of the discriminator's logits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AdversarialLoss {
    /// Cross-entropy of real against fake images; the generator maximises the probability of real for its images
    /// (Goodfellow et al. 2014, section 3).
    #[default]
    NonSaturating,
    /// Squared distances to the targets 1 for real and 0 for fake images (Mao et al. 2017, equation 9).
    LeastSquares,
    /// Hinge losses with a margin of 1 (Lim and Ye 2017; Miyato et al. 2018, equations 16 and 17).
    Hinge,
    /// The difference of the mean logits of real and fake images, with clipped weights (Arjovsky et al. 2017,
    /// algorithm 1).
    Wasserstein,
}

/// `[evaluate]`: evaluation of generated images against real ones, on a classifier's features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluateConfig {
    /// The folder of a classifier's run, whose features images are compared by. When absent, a LeNet is trained on
    /// first use and kept beside the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classifier: Option<String>,
    /// The number of generated images, which are compared with as many real ones.
    #[schemars(range(min = 100, max = 100_000))]
    pub samples: usize,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        Self { classifier: None, samples: 10_000 }
    }
}
