//! LeNet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Activation, Initializer, Network, Pooling};
use crate::checks::Checks;

/// `[model] kind = "lenet"`.
///
/// A 5x5 convolution to 6 channels with padding 2, one of 5x5 to 16 channels without, and 2x2
/// pooling after each; then linear layers to 120, to 84 and to the classes. A picture must have
/// at least 12x12 pixels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LenetConfig {
    /// What follows each convolution and each hidden linear layer.
    pub activation: Activation,
    /// What a 2x2 window becomes.
    pub pooling: Pooling,
    /// The distribution of the initial weights. Biases start at zero.
    pub initializer: Initializer,
}

impl LenetConfig {
    /// The smallest side of an image that leaves a pixel: `12 / 2 - 4 = 2`, and `2 / 2 = 1`.
    pub const SMALLEST: usize = 12;
}

impl Network for LenetConfig {
    fn initializer(&self) -> Initializer {
        self.initializer
    }

    fn smallest(&self) -> usize {
        Self::SMALLEST
    }

    fn check_size(&self, size: usize, checks: &mut Checks<'_>) {
        let smallest = Self::SMALLEST;
        checks.contradiction(
            size < smallest,
            "data.size",
            &format!(
                "the network `lenet` needs pictures of at least {smallest}x{smallest} pixels, and these have {size}x{size}"
            ),
        );
    }

    fn check(&self, _: &mut Checks<'_>) {
        // Its settings are words, and every word fits every other.
    }
}
