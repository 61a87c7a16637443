//! The settings of a DCGAN.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::{Checks, MOST_WEIGHTS};

/// `[model] kind = "dcgan"`: a GAN of convolutional networks (Radford, Metz and Chintala 2016).
///
/// The discriminator is a 4x4 convolution with stride 2 for each of `widths`, which halves the image, and a linear
/// layer. The generator mirrors it with transposed convolutions, from a latent vector of `latent` normal numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DcganConfig {
    /// Dimension of the latent vector that the generator maps to an image.
    #[schemars(range(min = 1, max = 4096))]
    pub latent: usize,
    /// Channels of the convolutions, from the image inwards. The image's sides must be divisible by 2 as often as
    /// there are widths.
    #[schemars(length(min = 1, max = 20), inner(range(min = 1, max = 4096)))]
    pub widths: Vec<usize>,
}

impl Default for DcganConfig {
    fn default() -> Self {
        Self { latent: 100, widths: vec![64, 128] }
    }
}

impl DcganConfig {
    /// Reports values out of range.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        checks.latent(self.latent);
        checks.widths("convolutions", &self.widths);
        let ones = vec![1; self.widths.len()];
        checks.convolutions(0, &self.widths, &ones, 16);
    }

    /// Reports contradictions with images of `size` x `size` pixels.
    pub(crate) fn check_size(&self, size: usize, checks: &mut Checks<'_>) {
        let halvings = self.widths.len();
        checks.contradiction(
            halvings < usize::BITS as usize && !size.is_multiple_of(1 << halvings),
            "model.widths",
            &format!(
                "`model.widths` halves the image {halvings} times, and {size} pixels can \
                 be halved {} times without a remainder",
                size.trailing_zeros()
            ),
        );
        let inner = self.widths.last().copied().unwrap_or(1);
        let area = (size >> halvings.min(31)).saturating_mul(size >> halvings.min(31));
        let weights = self.latent.saturating_mul(inner).saturating_mul(area);
        checks.require(
            "model.latent",
            format!("{weights} weights in the generator's first layer"),
            weights <= MOST_WEIGHTS,
            "at most 2^28 weights",
        );
    }
}
