//! Generation of images: `[adversarial]` and `[evaluate]`, and their check.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Metric, TaskRow};
use crate::checks::Checks;
use crate::models::LenetConfig;
use crate::read::section_reader::Sections;

/// The task in the table of tasks.
pub(super) const ROW: TaskRow = TaskRow { name: "generate", metrics: &[Metric::Distance] };

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

/// Reports errors of `[adversarial]` and `[evaluate]`, and settings of classifiers.
pub(crate) fn check(sections: &Sections, checks: &mut Checks<'_>) {
    if let Some(adversarial) = &sections.adversarial {
        let steps = adversarial.discriminator_steps;
        checks.require(
            "adversarial.discriminator_steps",
            steps,
            (1..=1000).contains(&steps),
            "1 to 1000",
        );
        checks.below_one("adversarial.label_smoothing", adversarial.label_smoothing);
        checks.below_one("adversarial.average", adversarial.average);
        if let Some(clip) = adversarial.weight_clip {
            let good = clip > 0.0 && clip.is_finite();
            checks.require("adversarial.weight_clip", clip, good, "above 0");
        }
        let loss = adversarial.loss;
        checks.contradiction(
            adversarial.weight_clip.is_some() && loss != AdversarialLoss::Wasserstein,
            "adversarial.weight_clip",
            "`adversarial.weight_clip` belongs to `adversarial.loss = \"wasserstein\"`",
        );
        checks.contradiction(
            adversarial.label_smoothing > 0.0
                && matches!(loss, AdversarialLoss::Hinge | AdversarialLoss::Wasserstein),
            "adversarial.label_smoothing",
            "`adversarial.label_smoothing` moves a target, and this `adversarial.loss` has none",
        );
    }
    if let Some(evaluate) = &sections.evaluate {
        let samples = evaluate.samples;
        checks.require(
            "evaluate.samples",
            samples,
            (100..=100_000).contains(&samples),
            "100 to 100000",
        );
    }
    if let (Some(evaluate), Some(data)) = (&sections.evaluate, sections.data()) {
        const SMALLEST: usize = LenetConfig::SMALLEST;
        let size = data.source.size().unwrap_or(SMALLEST);
        checks.contradiction(
            evaluate.classifier.is_none() && size < SMALLEST,
            "data.size",
            &format!(
                "the LeNet that the images are compared by needs at least {SMALLEST}x\
                     {SMALLEST} pixels: name another one by `evaluate.classifier`"
            ),
        );
    }
    if let Some(data) = sections.data() {
        let found = data.batches.mean.is_some() || data.batches.std.is_some();
        let key = if data.batches.mean.is_some() { "data.mean" } else { "data.std" };
        checks.contradiction(
            found,
            key,
            &format!("`{key}` is not for GANs: a generator's images are always -1 to 1"),
        );
    }
    let Some(train) = &sections.train else { return };
    for (key, found) in [
        ("train.class_weights", train.class_weights.is_some()),
        ("train.label_smoothing", train.label_smoothing > 0.0),
        ("train.accumulate", train.accumulate > 1),
    ] {
        let message = format!("`{key}` is not for GANs");
        checks.contradiction(found, key, &message);
    }
}

#[cfg(test)]
mod tests;
