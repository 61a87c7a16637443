//! The settings of a plain convolutional network.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Initializer, NetworkSettings};
use crate::checks::Checks;

/// `[model] kind = "cnn"`: a plain convolutional network.
///
/// A block is `depth` times a convolution with same padding, batch normalisation and ReLU, then 2x2 max pooling. The
/// head is dropout and a linear layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CnnConfig {
    /// Output channels of each block: one number for each.
    #[schemars(length(min = 1, max = 20), inner(range(min = 1, max = 4096)))]
    pub widths: Vec<usize>,
    /// Convolutions in each block.
    #[serde(default = "default_depth")]
    #[schemars(range(min = 1, max = 16))]
    pub depth: usize,
    /// Height and width of the kernels, in pixels: odd, so that the output can be as large as the input.
    #[serde(default = "default_kernel_size")]
    #[schemars(range(min = 1, max = 15), extend("enum" = [1, 3, 5, 7, 9, 11, 13, 15]))]
    pub kernel_size: usize,
    /// Dropout probability of the head's inputs.
    #[serde(default)]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub dropout: f64,
    /// The distribution of the initial weights. Biases start at zero.
    #[serde(default)]
    pub initializer: Initializer,
}

fn default_depth() -> usize {
    1
}

fn default_kernel_size() -> usize {
    3
}

impl NetworkSettings for CnnConfig {
    fn initializer(&self) -> Initializer {
        self.initializer
    }

    fn smallest(&self) -> usize {
        1 << self.widths.len()
    }

    fn check_size(&self, size: usize, checks: &mut Checks<'_>) {
        let blocks = self.widths.len();
        let halvings = size.checked_ilog2().unwrap_or(0);
        checks.contradiction(
            blocks > halvings as usize,
            "model.widths",
            &format!(
                "`model.widths` has {blocks} blocks, each of which halves the image, and {size}x{size} pixels can \
                 be halved {halvings} times"
            ),
        );
    }

    fn check(&self, checks: &mut Checks<'_>) {
        checks.widths("blocks", &self.widths);
        checks.require("model.depth", self.depth, (1..=16).contains(&self.depth), "1 to 16");
        checks.require(
            "model.kernel_size",
            self.kernel_size,
            (1..=15).contains(&self.kernel_size) && self.kernel_size % 2 == 1,
            "an odd number, 1 to 15",
        );
        checks.dropout(self.dropout);
        let area = self.kernel_size.saturating_mul(self.kernel_size);
        let depths = vec![self.depth; self.widths.len()];
        // The image's own channels are few.
        checks.convolutions(0, &self.widths, &depths, area);
    }
}
