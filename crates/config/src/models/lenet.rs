//! The settings of LeNet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Activation, Initializer, NetworkSettings, Pooling};
use crate::checks::Checks;

/// `[model] kind = "lenet"`: LeNet-5 (LeCun et al. 1998), in the form of *Dive into Deep Learning*.
///
/// A 5x5 convolution to 6 channels with padding 2, a 5x5 convolution to 16 channels without padding, and 2x2 pooling
/// after each; then linear layers to 120, to 84 and to the classes. Images must have at least 12x12 pixels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LenetConfig {
    /// The activation function after each convolution and each hidden linear layer.
    pub activation: Activation,
    /// The pooling of each 2x2 window.
    pub pooling: Pooling,
    /// The distribution of the initial weights. Biases start at zero.
    pub initializer: Initializer,
}

impl LenetConfig {
    /// The minimum height and width of an image, which leave one pixel: `12 / 2 - 4 = 2`, and `2 / 2 = 1`.
    pub const SMALLEST: usize = 12;
}

impl NetworkSettings for LenetConfig {
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
                "the network `lenet` needs images of at least {smallest}x{smallest} pixels, and these have {size}x{size}"
            ),
        );
    }

    fn check(&self, _: &mut Checks<'_>) {
        // Its settings are enums, and every combination is valid.
    }
}
