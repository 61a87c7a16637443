//! What the two networks of an adversarial pair try to make small.

use burn::tensor::Tensor;
use burn::tensor::activation::{relu, softplus};
use hearth_config::{AdversarialConfig, AdversarialLoss};

/// The losses of a pair. Logits are `[batch, 1]`, high for pictures taken for real; a loss is a mean
/// over the batch, `[1]`.
#[derive(Clone, Copy, Debug)]
pub struct PairLoss {
    kind: AdversarialLoss,
    /// The discriminator's target for real pictures.
    target: f64,
}

impl PairLoss {
    /// The losses that `config` describes.
    pub fn new(config: &AdversarialConfig) -> Self {
        Self { kind: config.loss, target: 1.0 - config.label_smoothing }
    }

    /// The discriminator's. With r and f the logits of real and made pictures, and t the target:
    ///
    /// - non-saturating (Goodfellow et al. 2014, equation 1):
    ///   `-t log s(r) - (1 - t) log(1 - s(r)) - log(1 - s(f))` with the sigmoid s;
    /// - least-squares (Mao et al. 2017, equation 9): `(r - t)^2 / 2 + f^2 / 2`;
    /// - hinge (Miyato et al. 2018, equation 16): `max(0, 1 - r) + max(0, 1 + f)`;
    /// - Wasserstein (Arjovsky et al. 2017, equation 2): `f - r`.
    pub fn of_discriminator(&self, real: Tensor<2>, made: Tensor<2>) -> Tensor<1> {
        let loss = match self.kind {
            AdversarialLoss::NonSaturating => {
                // -log s(x) = softplus(-x), and -log(1 - s(x)) = softplus(x).
                softplus(real.clone().neg(), 1.0) * self.target
                    + softplus(real, 1.0) * (1.0 - self.target)
                    + softplus(made, 1.0)
            }
            AdversarialLoss::LeastSquares => ((real - self.target).square() + made.square()) * 0.5,
            AdversarialLoss::Hinge => relu(real.neg() + 1.0) + relu(made + 1.0),
            AdversarialLoss::Wasserstein => made - real,
        };
        loss.mean()
    }

    /// The generator's, of the logits f of its pictures: `-log s(f)`, `(f - 1)^2 / 2`, and `-f` for
    /// the other two.
    pub fn of_generator(&self, made: Tensor<2>) -> Tensor<1> {
        let loss = match self.kind {
            AdversarialLoss::NonSaturating => softplus(made.neg(), 1.0),
            AdversarialLoss::LeastSquares => (made - 1.0).square() * 0.5,
            AdversarialLoss::Hinge | AdversarialLoss::Wasserstein => made.neg(),
        };
        loss.mean()
    }

    /// The discriminator's loss below which it has nothing left to learn from; none where the loss
    /// has no smallest value.
    pub fn won_below(&self) -> Option<f64> {
        // Above the smallest value that the smoothed target leaves: its own entropy.
        let t = self.target;
        let entropy = if t < 1.0 { -t * t.ln() - (1.0 - t) * (1.0 - t).ln() } else { 0.0 };
        match self.kind {
            AdversarialLoss::NonSaturating => Some(entropy + NOTHING),
            AdversarialLoss::LeastSquares | AdversarialLoss::Hinge => Some(NOTHING),
            AdversarialLoss::Wasserstein => None,
        }
    }
}

/// A loss that is near zero.
const NOTHING: f64 = 0.02;

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_train::Backend;

    fn logits(values: [f32; 2]) -> Tensor<2> {
        Tensor::from_data([[values[0]], [values[1]]], &Backend::default().device().expect("a CPU"))
    }

    /// Discriminator's and generator's losses of real logits `[ln 3, 0]` and made ones `[-ln 3, 0]`.
    fn losses(loss: AdversarialLoss, label_smoothing: f64) -> [f64; 2] {
        let config = AdversarialConfig { loss, label_smoothing, ..AdversarialConfig::default() };
        let loss = PairLoss::new(&config);
        let ln3 = 3.0_f32.ln();
        let made = || logits([-ln3, 0.0]);
        let number = |loss: Tensor<1>| f64::from(loss.into_scalar::<f32>());
        let discriminator = loss.of_discriminator(logits([ln3, 0.0]), made());
        [number(discriminator), number(loss.of_generator(made()))]
    }

    fn assert_close(found: [f64; 2], wanted: [f64; 2]) {
        for (found, wanted) in found.into_iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-6, "{found} is not {wanted}");
        }
    }

    /// The sigmoids are 3/4 and 1/2 of real pictures, 1/4 and 1/2 of made ones.
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
        let made = ln3 * ln3;
        let generator = ((ln3 + 1.0).powi(2) + 1.0) / 4.0;
        let discriminator = ((ln3 - 1.0).powi(2) + 1.0 + made) / 4.0;
        assert_close(losses(AdversarialLoss::LeastSquares, 0.0), [discriminator, generator]);
        let smoothed = ((ln3 - 0.9).powi(2) + 0.81 + made) / 4.0;
        assert_close(losses(AdversarialLoss::LeastSquares, 0.1), [smoothed, generator]);
    }

    #[test]
    fn the_hinge_stops_at_its_margin() {
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
