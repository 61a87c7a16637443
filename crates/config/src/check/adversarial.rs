//! Checks of a GAN: its ranges, and settings that contradict it.

use crate::checks::Checks;
use crate::models::LenetConfig;
use crate::read::section_reader::Sections;
use crate::sections::AdversarialLoss;

impl Checks<'_> {
    /// Checks `[adversarial]` and `[evaluate]`, and reports settings of classifiers.
    pub(super) fn adversarial(&mut self, sections: &Sections) {
        if let Some(adversarial) = &sections.adversarial {
            let steps = adversarial.discriminator_steps;
            self.require(
                "adversarial.discriminator_steps",
                steps,
                (1..=1000).contains(&steps),
                "1 to 1000",
            );
            self.below_one("adversarial.label_smoothing", adversarial.label_smoothing);
            self.below_one("adversarial.average", adversarial.average);
            if let Some(clip) = adversarial.weight_clip {
                let good = clip > 0.0 && clip.is_finite();
                self.require("adversarial.weight_clip", clip, good, "above 0");
            }
            let loss = adversarial.loss;
            self.contradiction(
                adversarial.weight_clip.is_some() && loss != AdversarialLoss::Wasserstein,
                "adversarial.weight_clip",
                "`adversarial.weight_clip` belongs to `adversarial.loss = \"wasserstein\"`",
            );
            self.contradiction(
                adversarial.label_smoothing > 0.0
                    && matches!(loss, AdversarialLoss::Hinge | AdversarialLoss::Wasserstein),
                "adversarial.label_smoothing",
                "`adversarial.label_smoothing` moves a target, and this `adversarial.loss` has none",
            );
        }
        if let Some(evaluate) = &sections.evaluate {
            let samples = evaluate.samples;
            self.require(
                "evaluate.samples",
                samples,
                (100..=100_000).contains(&samples),
                "100 to 100000",
            );
        }
        if let (Some(evaluate), Some(data)) = (&sections.evaluate, &sections.data) {
            const SMALLEST: usize = LenetConfig::SMALLEST;
            let size = data.source.size().unwrap_or(SMALLEST);
            self.contradiction(
                evaluate.classifier.is_none() && size < SMALLEST,
                "data.size",
                &format!(
                    "the LeNet that the images are compared by needs at least {SMALLEST}x\
                     {SMALLEST} pixels: name another one by `evaluate.classifier`"
                ),
            );
        }
        if let Some(data) = &sections.data {
            let found = data.batches.mean.is_some() || data.batches.std.is_some();
            let key = if data.batches.mean.is_some() { "data.mean" } else { "data.std" };
            self.contradiction(
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
            self.contradiction(found, key, &message);
        }
    }
}

#[cfg(test)]
mod tests;
