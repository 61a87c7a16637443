//! `[data]` and `[augment]`: the data set and its augmentation. Each kind has a file with its settings, their defaults
//! and their check, and a row in the table `sources`.

mod augment;
mod batches;
mod bible_es;
mod catalog;
mod csv;
mod idx;
mod image_folder;
mod normalization;
mod text_pairs;
mod text_rules;
mod texts;

use schemars::JsonSchema;
use serde::Serialize;

use crate::checks::Checks;
use crate::models::{ClassifierConfig, ModelConfig};

pub use augment::AugmentConfig;
pub use batches::BatchConfig;
pub use bible_es::BibleEsConfig;
pub use catalog::CatalogConfig;
pub use csv::{CsvConfig, Missing};
pub use idx::IdxConfig;
pub use image_folder::{Color, ImageFolderConfig, OnBroken};
pub use text_pairs::TextPairsConfig;
pub use text_rules::{TextRule, TextRulesConfig};
pub use texts::{TokenizerConfig, TokenizerKind};

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

/// The table of the kinds of data, passed to the macro `$with`: a row of `kind`, variant and settings for each.
macro_rules! sources {
    ($with:ident) => {
        $with! {
            /// Fashion-MNIST (Xiao et al. 2017): 60,000 training and 10,000 test images of clothes, grey, 28x28 pixels, ten
            /// classes.
            "fashion-mnist" FashionMnist(CatalogConfig),
            /// A balanced subset of Fashion-MNIST that is part of the repository: 2,000 training and 1,000 test images.
            "fashion-mnist-mini" FashionMnistMini(CatalogConfig),
            /// MNIST (LeCun et al. 1998): 60,000 training and 10,000 test images of digits, grey, 28x28 pixels, ten classes.
            "mnist" Mnist(CatalogConfig),
            /// Images and labels in four IDX files, plain or compressed by gzip.
            "idx" Idx(IdxConfig),
            /// A folder of images, with one subfolder for each class.
            "image-folder" ImageFolder(ImageFolderConfig),
            /// A table of values separated by commas, semicolons, tabs or bars, for classification or regression.
            "csv" Csv(CsvConfig),
            /// Generated pairs of texts, whose target follows from the source by a rule.
            "text-rules" TextRules(TextRulesConfig),
            /// Pairs of texts, such as sentences and their translations, in one file or in two aligned ones.
            "text-pairs" TextPairs(TextPairsConfig),
            /// Verses of the Bible, Spanish to English: Reina-Valera (1909) and the World English Bible, 1,189 chapters.
            "bible-es" BibleEs(BibleEsConfig),
        }
    };
}

pub(crate) use sources;

/// The settings of a kind of data.
pub(crate) trait SourceSettings {
    /// Its samples.
    fn samples(&self) -> Samples;

    /// The default of `valid_samples`.
    fn valid_samples(&self) -> usize {
        BatchConfig::default().valid_samples
    }

    /// True if there may be a validation set without `valid_samples`.
    fn may_have_validation(&self) -> bool {
        false
    }

    /// Fills in the defaults that depend on other settings.
    fn complete(&mut self) {}

    /// The settings that are paths, by their dotted paths, to change.
    fn paths_mut(&mut self) -> Vec<(&'static str, &mut String)> {
        Vec::new()
    }

    /// Reports errors of the settings, by themselves and beside those of every kind.
    fn check(&self, _batches: &BatchConfig, _checks: &mut Checks<'_>) {}
}

/// The samples of a kind of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Samples {
    /// Images of this height and width in pixels and this number of channels, where the settings determine them.
    Images { size: Option<usize>, channels: Option<usize> },
    /// Rows of a table.
    Rows,
    /// Pairs of texts.
    Texts,
}

macro_rules! settings {
    ($($(#[$doc:meta])* $kind:literal $variant:ident($config:ident),)*) => {
        /// The source of the samples: `kind` in `[data]`.
        #[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum DataSource {
            $($(#[$doc])* $variant($config),)*
        }

        impl DataSource {
            /// All kinds.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            pub(crate) fn settings(&self) -> &dyn SourceSettings {
                match self {
                    $(Self::$variant(settings) => settings,)*
                }
            }

            pub(crate) fn settings_mut(&mut self) -> &mut dyn SourceSettings {
                match self {
                    $(Self::$variant(settings) => settings,)*
                }
            }
        }
    };
}

sources!(settings);

impl DataSource {
    /// True if the samples are images.
    pub fn is_of_images(&self) -> bool {
        matches!(self.settings().samples(), Samples::Images { .. })
    }

    /// True if the samples are pairs of texts.
    pub fn is_of_texts(&self) -> bool {
        self.settings().samples() == Samples::Texts
    }

    /// Height and width of the images in pixels; none for IDX files, which determine it, and for a table or texts.
    pub fn size(&self) -> Option<usize> {
        match self.settings().samples() {
            Samples::Images { size, .. } => size,
            Samples::Rows | Samples::Texts => None,
        }
    }

    /// Channels of the images; none for IDX files, which determine them, and for a table or texts.
    pub fn channels(&self) -> Option<usize> {
        match self.settings().samples() {
            Samples::Images { channels, .. } => channels,
            Samples::Rows | Samples::Texts => None,
        }
    }
}

impl DataConfig {
    /// Reports errors of `[data]` by itself.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        self.batches.check(checks);
        let settings = self.source.settings();
        if let Samples::Images { channels, .. } = settings.samples() {
            self.batches.check_normalization(channels, checks);
        }
        settings.check(&self.batches, checks);
    }

    /// Reports settings and networks that are not for the samples.
    pub(crate) fn check_fit(&self, model: Option<&ModelConfig>, checks: &mut Checks<'_>) {
        match self.source.settings().samples() {
            Samples::Images { .. } => check_fit_of_images(model, checks),
            Samples::Rows => csv::check_fit(&self.batches, model, checks),
            Samples::Texts => texts::check_fit(&self.batches, model, checks),
        }
    }
}

fn check_fit_of_images(model: Option<&ModelConfig>, checks: &mut Checks<'_>) {
    match model {
        Some(ModelConfig::Classifier { network: ClassifierConfig::Mlp(mlp), .. }) => checks
            .contradiction(
                mlp.embedding.is_some(),
                "model.embedding",
                "`model.embedding` is for categories of a table, and the data are images",
            ),
        Some(ModelConfig::Translator(_)) => {
            let help = "kind = \"text-rules\", \"text-pairs\" and \"bible-es\" in [data] are pairs of texts";
            checks.unfit_network("pairs of texts", "images", help);
        }
        _ => {}
    }
}
