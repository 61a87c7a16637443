//! `[data]` and `[augment]`: what is learned from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CsvConfig;

/// `[data]`: the images or rows to learn from and how they are cut into batches.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct DataConfig {
    /// Where they come from.
    #[serde(flatten)]
    pub source: DataSource,
    /// Batch size and split, whatever the source.
    #[serde(flatten)]
    pub batches: BatchConfig,
}

/// The part of `[data]` that every kind shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BatchConfig {
    /// Images or rows in one batch.
    #[schemars(range(min = 1))]
    pub batch_size: usize,
    /// Images or rows cut from the training set for validation, the same share of each class; 0 for none, which
    /// is what a table has when absent. Not used where a folder has validation pictures of its own.
    pub valid_samples: usize,
    /// The share of the remaining training set that is learned from, the same of each class; all of
    /// them when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub limit_train: Option<f64>,
    /// Learn so many batches by heart: training and validation pictures are the same few, and not
    /// augmented. A network that cannot do it has a fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub overfit_batches: Option<usize>,
    /// The mean that images are normalised by, of pixels scaled to 0..1: a number for each channel, or one for
    /// all; that of the training set when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(inner(range(min = -1.0, max = 1.0)), length(min = 1))]
    pub mean: Option<Vec<f64>>,
    /// The standard deviation that they are divided by, as `mean`, which goes with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(inner(range(min = 0.001, max = 10.0)), length(min = 1))]
    pub std: Option<Vec<f64>>,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            batch_size: 256,
            valid_samples: 5000,
            limit_train: None,
            overfit_batches: None,
            mean: None,
            std: None,
        }
    }
}

/// The source of images or rows: `kind` in `[data]`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DataSource {
    /// Fashion-MNIST (Xiao et al. 2017): 60,000 + 10,000 grey pictures of clothes, 28x28, ten classes.
    FashionMnist(NoOptions),
    /// A balanced tenth of a tenth of Fashion-MNIST that is part of the repository: 2,000 + 1,000 pictures.
    FashionMnistMini(NoOptions),
    /// MNIST (`LeCun` et al. 1998): 60,000 + 10,000 grey pictures of digits, 28x28, ten classes.
    Mnist(NoOptions),
    /// Four IDX files, plain or gzip.
    Idx(IdxConfig),
    /// A folder of pictures, one subfolder per class.
    ImageFolder(ImageFolderConfig),
    /// A table: comma-separated values, or of another separator. A class or a number is predicted.
    Csv(CsvConfig),
}

impl DataSource {
    /// Height and width of the pictures, in pixels; `None` where only the files say it, and of a table.
    pub fn size(&self) -> Option<usize> {
        match self {
            Self::FashionMnist(_) | Self::FashionMnistMini(_) | Self::Mnist(_) => Some(28),
            Self::ImageFolder(folder) => Some(folder.size),
            Self::Idx(_) | Self::Csv(_) => None,
        }
    }

    /// The channels of the images; `None` where only the files say it, and of a table.
    pub fn channels(&self) -> Option<usize> {
        match self {
            Self::FashionMnist(_) | Self::FashionMnistMini(_) | Self::Mnist(_) => Some(1),
            Self::ImageFolder(folder) => Some(folder.color.channels()),
            Self::Idx(_) | Self::Csv(_) => None,
        }
    }
}

/// A kind without settings of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

/// `[data] kind = "idx"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdxConfig {
    /// Training pictures: unsigned bytes, `[count, height, width]` or `[count, channels, height, width]`.
    pub train_images: String,
    /// Training labels: unsigned bytes, `[count]`.
    pub train_labels: String,
    /// Test pictures, of the same size.
    pub test_images: String,
    /// Test labels.
    pub test_labels: String,
    /// The classes' names, in the order of their labels; numbers when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
}

/// `[data] kind = "image-folder"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageFolderConfig {
    /// A folder with `train/`, and `valid/` and `test/` where there are such, by any usual name; or with the
    /// class folders themselves. A generator needs no class folders.
    pub path: String,
    /// Height and width that every picture is resized to.
    #[serde(default = "default_size")]
    #[schemars(range(min = 1, max = 1024))]
    pub size: usize,
    /// Grey or RGB.
    #[serde(default)]
    pub color: Color,
    /// The share of each class that becomes the test set where there is no `test/`.
    #[serde(default = "default_test_fraction")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub test_fraction: f64,
    /// What to do with a picture that cannot be read.
    #[serde(default)]
    pub on_broken: OnBroken,
}

fn default_size() -> usize {
    28
}

fn default_test_fraction() -> f64 {
    0.2
}

/// The colours that a picture is converted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Color {
    /// One channel, ITU-R BT.709 luma.
    #[default]
    Grey,
    /// Three channels.
    Rgb,
}

impl Color {
    /// How many channels a picture has.
    pub fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
        }
    }
}

/// What to do with a picture that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnBroken {
    /// Name it and go on without it.
    #[default]
    Skip,
    /// Name it and stop.
    Fail,
}

/// `[augment]`: random changes to the training pictures; nothing is changed when absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentConfig {
    /// The probability of a horizontal flip.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub flip: f64,
    /// The largest shift in each direction, in pixels, filled with zeros: a random crop after padding.
    pub shift: usize,
    /// The probability of erasing a rectangle (Zhong et al. 2020, "Random Erasing Data
    /// Augmentation"): area 2 to 40 % of the picture, aspect ratio 0.3 to 1/0.3, random bytes.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub erase: f64,
}
