//! `[data]` and `[augment]`: the data set and its augmentation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    BibleEsConfig, CsvConfig, TEST_FRACTION, TextPairsConfig, TextRulesConfig, VALID_PAIRS,
};

/// `[data]`: the data set, its split and its batches.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct DataConfig {
    /// The source of the samples.
    #[serde(flatten)]
    pub source: DataSource,
    /// Batch size, split and normalisation, for every source.
    #[serde(flatten)]
    pub batches: BatchConfig,
}

/// The part of `[data]` that every kind shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BatchConfig {
    /// Samples in one batch.
    #[schemars(range(min = 1))]
    pub batch_size: usize,
    /// Samples held out from the training set for validation, stratified by class; 0 for none. When absent, 5000 for
    /// images, 1000 for generated texts (a tenth of fewer than 10,000), and 0 for a table and pairs in files. Not used where a
    /// folder has a validation set of its own; not for verses of the Bible, which have one.
    pub valid_samples: usize,
    /// The share of the remaining training set to train on, stratified by class; all of it when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub limit_train: Option<f64>,
    /// Overfit this many batches, as a test of the network: training and validation set are the same few samples,
    /// without augmentation. A network that cannot reach a loss near 0 has a bug.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub overfit_batches: Option<usize>,
    /// The mean to normalise images by, of pixels scaled to 0..1: one number for each channel, or one for all; the
    /// training set's when absent. Requires `std`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(inner(range(min = -1.0, max = 1.0)), length(min = 1))]
    pub mean: Option<Vec<f64>>,
    /// The standard deviation to normalise images by, in the form of `mean`, which it requires.
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

/// The source of the samples: `kind` in `[data]`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DataSource {
    /// Fashion-MNIST (Xiao et al. 2017): 60,000 training and 10,000 test images of clothes, grey, 28x28 pixels, ten
    /// classes.
    FashionMnist(NoOptions),
    /// A balanced subset of Fashion-MNIST that is part of the repository: 2,000 training and 1,000 test images.
    FashionMnistMini(NoOptions),
    /// MNIST (LeCun et al. 1998): 60,000 training and 10,000 test images of digits, grey, 28x28 pixels, ten classes.
    Mnist(NoOptions),
    /// Images and labels in four IDX files, plain or compressed by gzip.
    Idx(IdxConfig),
    /// A folder of images, with one subfolder for each class.
    ImageFolder(ImageFolderConfig),
    /// A table of values separated by commas, semicolons, tabs or bars, for classification or regression.
    Csv(CsvConfig),
    /// Generated pairs of texts, whose target follows from the source by a rule.
    TextRules(TextRulesConfig),
    /// Pairs of texts, such as sentences and their translations, in one file or in two aligned ones.
    TextPairs(TextPairsConfig),
    /// Verses of the Bible, Spanish to English: Reina-Valera (1909) and the World English Bible, 1,189 chapters.
    BibleEs(BibleEsConfig),
}

impl DataSource {
    /// True if the samples are images.
    pub fn is_of_images(&self) -> bool {
        !matches!(self, Self::Csv(_)) && !self.is_of_texts()
    }

    /// True if the samples are pairs of texts.
    pub fn is_of_texts(&self) -> bool {
        matches!(self, Self::TextRules(_) | Self::TextPairs(_) | Self::BibleEs(_))
    }

    /// Height and width of the images in pixels; none for IDX files, which determine it, and for a table or texts.
    pub fn size(&self) -> Option<usize> {
        match self {
            Self::FashionMnist(_) | Self::FashionMnistMini(_) | Self::Mnist(_) => Some(28),
            Self::ImageFolder(folder) => Some(folder.size),
            Self::Idx(_)
            | Self::Csv(_)
            | Self::TextRules(_)
            | Self::TextPairs(_)
            | Self::BibleEs(_) => None,
        }
    }

    /// The default of `valid_samples`.
    pub(crate) fn valid_samples(&self) -> usize {
        match self {
            Self::Csv(_) | Self::TextPairs(_) | Self::BibleEs(_) => 0,
            Self::TextRules(rules) => VALID_PAIRS.min(rules.samples / 10),
            _ => BatchConfig::default().valid_samples,
        }
    }

    /// Fills in the defaults that depend on other settings.
    pub(crate) fn complete(&mut self) {
        match self {
            Self::Csv(csv) if csv.path.is_some() => {
                csv.test_fraction.get_or_insert(TEST_FRACTION);
            }
            Self::TextRules(rules) => rules.complete(),
            Self::TextPairs(pairs) => pairs.complete(),
            Self::BibleEs(bible) => bible.complete(),
            _ => {}
        }
    }

    /// Channels of the images; none for IDX files, which determine them, and for a table or texts.
    pub fn channels(&self) -> Option<usize> {
        match self {
            Self::FashionMnist(_) | Self::FashionMnistMini(_) | Self::Mnist(_) => Some(1),
            Self::ImageFolder(folder) => Some(folder.color.channels()),
            Self::Idx(_)
            | Self::Csv(_)
            | Self::TextRules(_)
            | Self::TextPairs(_)
            | Self::BibleEs(_) => None,
        }
    }
}

/// The settings of a kind that has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

/// `[data] kind = "idx"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdxConfig {
    /// Training images: unsigned bytes `[count, height, width]` or `[count, channels, height, width]`.
    pub train_images: String,
    /// Training labels: unsigned bytes `[count]`.
    pub train_labels: String,
    /// Test images, of the same size.
    pub test_images: String,
    /// Test labels.
    pub test_labels: String,
    /// Names of the classes, in the order of their labels; the labels themselves when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
}

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
