//! The settings of a residual network.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Initializer, NetworkSettings};
use crate::checks::Checks;

/// `[model] kind = "resnet"`: a residual network (He et al. 2016), in its form for CIFAR.
///
/// A 3x3 convolution to `widths[0]` channels, batch normalisation and ReLU; stages of residual blocks with two 3x3
/// convolutions each; global average pooling; dropout and a linear layer. Every stage after the first starts with
/// stride 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResnetConfig {
    /// Output channels of each stage: one number for each.
    #[schemars(length(min = 1, max = 20), inner(range(min = 1, max = 4096)))]
    pub widths: Vec<usize>,
    /// Residual blocks in each stage: as many numbers as `widths` has.
    #[schemars(length(min = 1, max = 20), inner(range(min = 1, max = 64)))]
    pub depths: Vec<usize>,
    /// Dropout probability of the head's inputs.
    #[serde(default)]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub dropout: f64,
    /// The distribution of the initial weights. Biases start at zero.
    #[serde(default)]
    pub initializer: Initializer,
}

impl NetworkSettings for ResnetConfig {
    fn initializer(&self) -> Initializer {
        self.initializer
    }

    fn check(&self, checks: &mut Checks<'_>) {
        checks.widths("stages", &self.widths);
        for depth in &self.depths {
            checks.require("model.depths", depth, (1..=64).contains(depth), "1 to 64 blocks");
        }
        let (wanted, found) = (self.widths.len(), self.depths.len());
        checks.contradiction(
            wanted != found,
            "model.depths",
            &format!(
                "`model.depths` and `model.widths` differ in length: {found} and {wanted} stages"
            ),
        );
        checks.dropout(self.dropout);
        let convolutions: Vec<_> =
            self.depths.iter().map(|depth| depth.saturating_mul(2)).collect();
        let first = self.widths.first().copied().unwrap_or(0);
        checks.convolutions(first, &self.widths, &convolutions, 9);
    }
}
