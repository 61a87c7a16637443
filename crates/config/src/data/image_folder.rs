//! `[data] kind = "image-folder"`: a folder of images, with one subfolder for each class.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BatchConfig, Samples, SourceSettings};
use crate::checks::Checks;

/// `[data] kind = "image-folder"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageFolderConfig {
    /// A folder with `train/` and, optionally, `valid/` and `test/`, under any usual name; or with the class folders
    /// themselves. A generator needs no class folders.
    pub path: String,
    /// Height and width in pixels that images are resized to.
    #[serde(default = "default_size")]
    #[schemars(range(min = 1, max = 1024))]
    pub size: usize,
    /// The colour mode that images are converted to.
    #[serde(default)]
    pub color: Color,
    /// The share of each class that becomes the test set, if there is no `test/`.
    #[serde(default = "default_test_fraction")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub test_fraction: f64,
    /// The treatment of images that cannot be read.
    #[serde(default)]
    pub on_broken: OnBroken,
}

fn default_size() -> usize {
    28
}

fn default_test_fraction() -> f64 {
    0.2
}

/// The colour mode of images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Color {
    /// One channel: luma by ITU-R BT.709.
    #[default]
    Grey,
    /// Three channels: red, green and blue.
    Rgb,
}

impl Color {
    /// The number of channels.
    pub fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

/// The treatment of images that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnBroken {
    /// Report them and continue without them.
    #[default]
    Skip,
    /// Report the first one and stop.
    Fail,
}

impl SourceSettings for ImageFolderConfig {
    fn samples(&self) -> Samples {
        Samples::Images { size: Some(self.size), channels: Some(self.color.channels()) }
    }

    fn may_have_validation(&self) -> bool {
        true
    }

    fn paths_mut(&mut self) -> Vec<(&'static str, &mut String)> {
        vec![("data.path", &mut self.path)]
    }

    fn check(&self, _: &BatchConfig, checks: &mut Checks<'_>) {
        let good = (1..=1024).contains(&self.size);
        checks.require("data.size", self.size, good, "1 to 1024");
        let share = self.test_fraction;
        let good = 0.0 < share && share < 1.0;
        checks.require("data.test_fraction", share, good, "above 0 and below 1");
    }
}
