//! `[augment]`: random augmentation of the training images.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::Checks;

/// `[augment]`: random augmentation of the training images; none when absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentConfig {
    /// The probability of a horizontal flip.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub flip: f64,
    /// The maximum shift in each direction, in pixels; the border is filled with zeros (random crop after padding).
    pub shift: usize,
    /// The probability of erasing a rectangle by random bytes (Zhong et al. 2020, "Random Erasing Data Augmentation"):
    /// area 2 to 40 % of the image, aspect ratio 0.3 to 1/0.3.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub erase: f64,
}

impl AugmentConfig {
    /// Reports values out of range; `size` is the images' height and width, where the settings give it.
    pub(crate) fn check(&self, size: Option<usize>, checks: &mut Checks<'_>) {
        checks.probability("augment.flip", self.flip);
        checks.require("augment.shift", self.shift, self.shift <= 1024, "0 to 1024");
        if let Some(size) = size.filter(|_| checks.trains && self.shift <= 1024) {
            let most = size.saturating_sub(1);
            let allowed =
                format!("0 to {most}: the images are {size}x{size}, and something has to be left");
            checks.require("augment.shift", self.shift, self.shift <= most, &allowed);
        }
        checks.probability("augment.erase", self.erase);
    }
}
