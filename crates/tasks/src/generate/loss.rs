//! Adversarial losses of a discriminator and a generator.

use burn::tensor::Tensor;
use burn::tensor::activation::{relu, softplus};
use hearth_config::{AdversarialConfig, AdversarialLoss};

/// The losses of an adversarial pair. Logits are `[batch, 1]`, high for images classified as real; a loss is the mean
/// over the batch, `[1]`.
#[derive(Clone, Copy, Debug)]
pub struct PairLoss {
    kind: AdversarialLoss,
    /// The discriminator's target for real images: 1 less the label smoothing (one-sided).
    target: f64,
}

impl PairLoss {
    /// The losses of an `[adversarial]` section.
    pub fn new(config: &AdversarialConfig) -> Self {
        Self { kind: config.loss, target: 1.0 - config.label_smoothing }
    }

    /// The discriminator's loss. With r and f the logits of real and fake images, and t the target:
    ///
    /// - non-saturating (Goodfellow et al. 2014, equation 1):
    ///   `-t log s(r) - (1 - t) log(1 - s(r)) - log(1 - s(f))` with the sigmoid s;
    /// - least-squares (Mao et al. 2017, equation 9): `(r - t)^2 / 2 + f^2 / 2`;
    /// - hinge (Miyato et al. 2018, equation 16): `max(0, 1 - r) + max(0, 1 + f)`;
    /// - Wasserstein (Arjovsky et al. 2017, equation 2): `f - r`.
    pub fn of_discriminator(&self, real: Tensor<2>, fake: Tensor<2>) -> Tensor<1> {
        let loss = match self.kind {
            AdversarialLoss::NonSaturating => {
                // -log s(x) = softplus(-x), and -log(1 - s(x)) = softplus(x).
                softplus(real.clone().neg(), 1.0) * self.target
                    + softplus(real, 1.0) * (1.0 - self.target)
                    + softplus(fake, 1.0)
            }
            AdversarialLoss::LeastSquares => ((real - self.target).square() + fake.square()) * 0.5,
            AdversarialLoss::Hinge => relu(real.neg() + 1.0) + relu(fake + 1.0),
            AdversarialLoss::Wasserstein => fake - real,
        };
        loss.mean()
    }

    /// The generator's loss, of the discriminator's logits f of fake images: `-log s(f)` (non-saturating),
    /// `(f - 1)^2 / 2` (least-squares), `-f` (hinge and Wasserstein).
    pub fn of_generator(&self, fake: Tensor<2>) -> Tensor<1> {
        let loss = match self.kind {
            AdversarialLoss::NonSaturating => softplus(fake.neg(), 1.0),
            AdversarialLoss::LeastSquares => (fake - 1.0).square() * 0.5,
            AdversarialLoss::Hinge | AdversarialLoss::Wasserstein => fake.neg(),
        };
        loss.mean()
    }

    /// The discriminator's loss below which it separates real from fake images almost perfectly; none for the
    /// Wasserstein loss, which has no minimum.
    pub fn won_below(&self) -> Option<f64> {
        // The minimum of the cross-entropy with a smoothed target is the entropy of the target.
        let t = self.target;
        let entropy = if t < 1.0 { -t * t.ln() - (1.0 - t) * (1.0 - t).ln() } else { 0.0 };
        match self.kind {
            AdversarialLoss::NonSaturating => Some(entropy + TOLERANCE),
            AdversarialLoss::LeastSquares | AdversarialLoss::Hinge => Some(TOLERANCE),
            AdversarialLoss::Wasserstein => None,
        }
    }
}

/// The distance of a loss from its minimum that counts as zero.
const TOLERANCE: f64 = 0.02;

#[cfg(test)]
mod tests {
    use hearth_train::Backend;

    use super::*;

    fn logits(values: [f32; 2]) -> Tensor<2> {
        Tensor::from_data([[values[0]], [values[1]]], &Backend::default().device().expect("a CPU"))
    }

    /// The losses of discriminator and generator at real logits `[ln 3, 0]` and fake ones `[-ln 3, 0]`.
    fn losses(loss: AdversarialLoss, label_smoothing: f64) -> [f64; 2] {
        let config = AdversarialConfig { loss, label_smoothing, ..AdversarialConfig::default() };
        let loss = PairLoss::new(&config);
        let ln3 = 3.0_f32.ln();
        let fake = || logits([-ln3, 0.0]);
        let value = |loss: Tensor<1>| f64::from(loss.into_scalar::<f32>());
        let discriminator = loss.of_discriminator(logits([ln3, 0.0]), fake());
        [value(discriminator), value(loss.of_generator(fake()))]
    }

    fn assert_close(found: [f64; 2], expected: [f64; 2]) {
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
    }

    /// The sigmoids are 3/4 and 1/2 for real images, 1/4 and 1/2 for fake ones.
    #[test]
    fn the_non_saturating_loss_is_a_cross_entropy() {
        let ln = f64::ln;
        let discriminator = -(ln(0.75) + ln(0.5) + ln(1.0 - 0.25) + ln(1.0 - 0.5)) / 2.0;
        let generator = -(ln(0.25) + ln(0.5)) / 2.0;
        assert_close(losses(AdversarialLoss::NonSaturating, 0.0), [discriminator, generator]);
        let real = 0.9 * ln(0.75) + 0.1 * ln(0.25) + ln(0.5);
        let smoothed = -(real + ln(0.75) + ln(0.5)) / 2.0;
        assert_close(losses(AdversarialLoss::NonSaturating, 0.1), [smoothed, generator]);
    }

    #[test]
    fn the_least_squares_loss_is_a_squared_distance() {
        let ln3 = 3.0_f64.ln();
        let fake = ln3 * ln3;
        let generator = ((ln3 + 1.0).powi(2) + 1.0) / 4.0;
        let discriminator = ((ln3 - 1.0).powi(2) + 1.0 + fake) / 4.0;
        assert_close(losses(AdversarialLoss::LeastSquares, 0.0), [discriminator, generator]);
        let smoothed = ((ln3 - 0.9).powi(2) + 0.81 + fake) / 4.0;
        assert_close(losses(AdversarialLoss::LeastSquares, 0.1), [smoothed, generator]);
    }

    #[test]
    fn the_hinge_loss_is_zero_beyond_its_margin() {
        // ln 3 = 1.0986 is beyond the margin of 1 on either side.
        let generator = 3.0_f64.ln() / 2.0;
        assert_close(
            losses(AdversarialLoss::Hinge, 0.0),
            [(0.0 + 1.0 + 0.0 + 1.0) / 2.0, generator],
        );
    }

    #[test]
    fn the_wasserstein_loss_is_a_difference_of_means() {
        let ln3 = 3.0_f64.ln();
        assert_close(losses(AdversarialLoss::Wasserstein, 0.0), [-ln3, ln3 / 2.0]);
    }
}
