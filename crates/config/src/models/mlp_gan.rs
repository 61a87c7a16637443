//! The settings of a GAN of multilayer perceptrons.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::Checks;

/// `[model] kind = "mlp-gan"`: a GAN of multilayer perceptrons (Goodfellow et al. 2014).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MlpGanConfig {
    /// Dimension of the latent vector that the generator maps to an image.
    #[schemars(range(min = 1, max = 4096))]
    pub latent: usize,
    /// Widths of the discriminator's hidden layers, from the image inwards; the generator has them in reverse.
    #[schemars(length(min = 1, max = 1000), inner(range(min = 1)))]
    pub hidden: Vec<usize>,
}

impl Default for MlpGanConfig {
    fn default() -> Self {
        Self { latent: 100, hidden: vec![512, 256] }
    }
}

impl MlpGanConfig {
    /// Reports values out of range.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        checks.latent(self.latent);
        checks.hidden(&self.hidden);
        let layers = self.hidden.len();
        checks.require("model.hidden", format!("{layers} layers"), layers > 0, "at least 1 layer");
    }
}
