//! Data of a run: samples of one kind in three splits, and a card that describes them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hearth_config::{Config, DataSource, Origin};

use crate::card::DataCard;
use crate::error::DataError;
use crate::images::{self, Dataset, Labels};
use crate::samples::Examples;
use crate::samples::{Splits, Subset};
use crate::tables::{self, Table};
use crate::text::{self, TextPairs, Tokenizer};

/// Data of a run, by the kind of its samples.
#[derive(Clone, Debug)]
pub enum Data {
    /// Images of one size.
    Images(Images),
    /// Rows of a table.
    Rows(Table),
    /// Pairs of texts.
    Text(TextPairs),
    /// No samples: an agent makes its own in an environment, of which this is the card.
    Environment(Box<DataCard>),
}

/// Images of one size, and their splits.
#[derive(Clone, Debug)]
pub struct Images {
    /// All images.
    pub dataset: Dataset,
    /// Training, validation and test images.
    pub splits: Splits,
}

impl Data {
    /// Loads the data of a config and splits it; `labels` says what the task needs of labels, `root` is the datasets
    /// folder. `notice` receives a line for the user when a dataset of the catalog is fetched.
    pub fn load(
        config: &Config,
        labels: Labels,
        root: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Self, DataError> {
        let data = match &config.origin {
            Origin::Data(data) => data,
            Origin::Environment(environment) => {
                return Ok(Self::Environment(Box::new(DataCard::of_environment(environment))));
            }
        };
        match &data.source {
            DataSource::Csv(csv) => {
                let (task, seed) = (config.task_kind(), config.run.seed);
                tables::load(csv, &data.batches, task, seed).map(Self::Rows)
            }
            DataSource::TextRules(rules) => {
                text::load_rules(rules, &data.batches, config.run.seed).map(Self::Text)
            }
            DataSource::TextPairs(pairs) => {
                text::load_pairs(pairs, &data.batches, config.run.seed).map(Self::Text)
            }
            DataSource::BibleEs(bible) => {
                text::load_bible(bible, &data.batches, config.run.seed, root, notice)
                    .map(Self::Text)
            }
            _ => Images::load(config, labels, root, notice).map(Self::Images),
        }
    }

    /// The data card.
    pub fn card(&self) -> DataCard {
        match self {
            Self::Images(images) => images.card(),
            Self::Rows(table) => table.card(),
            Self::Text(pairs) => pairs.card(),
            Self::Environment(card) => DataCard::clone(card),
        }
    }

    /// The tokenizer; `None` where the samples are not texts.
    pub fn tokenizer(&self) -> Option<&Tokenizer> {
        match self {
            Self::Text(pairs) => Some(&pairs.tokenizer),
            Self::Images(_) | Self::Rows(_) | Self::Environment(_) => None,
        }
    }

    /// The images; `None` where the samples are of another kind.
    pub fn images(&self) -> Option<&Images> {
        match self {
            Self::Images(images) => Some(images),
            Self::Rows(_) | Self::Text(_) | Self::Environment(_) => None,
        }
    }
}

impl Images {
    /// Loads the images of a config and splits them. The caller checks that the augmentation
    /// [fits](crate::images::augment::check).
    pub fn load(
        config: &Config,
        labels: Labels,
        root: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Self, DataError> {
        let mut dataset = images::load(&config.data().source, labels, root, notice)?;
        if let Some(augment) = &config.augment {
            Arc::make_mut(&mut dataset.train).augment = Some(augment.clone());
        }
        let splits = dataset.split(&config.data().batches, config.run.seed)?;
        Ok(Self { dataset, splits })
    }

    /// The same images as training, validation and test set.
    pub fn alike(name: &str, examples: Examples, classes: Vec<String>) -> Self {
        let examples = Arc::new(examples);
        let all = Subset::all(Arc::clone(&examples));
        let splits = Splits { train: all.clone(), valid: all.clone(), test: all };
        let dataset = Dataset {
            name: name.to_owned(),
            classes,
            train: Arc::clone(&examples),
            valid: None,
            test: examples,
            layout: None,
            checksums: BTreeMap::new(),
            notes: Vec::new(),
            warnings: Vec::new(),
        };
        Self { dataset, splits }
    }

    fn card(&self) -> DataCard {
        let Self { dataset, splits } = self;
        let shape = dataset.train.shape;
        DataCard {
            name: dataset.name.clone(),
            unit: "images",
            sample: format!("{}x{}x{}", shape.channels, shape.height, shape.width),
            dims: Some(self.dims()),
            inputs: shape.pixels(),
            samples: splits.counts(),
            classes: dataset.classes.clone(),
            class_counts: splits.class_counts(dataset.classes.len()),
            layout: dataset.layout.clone(),
            facts: Vec::new(),
            checksums: dataset.checksums.clone(),
            notes: dataset.notes.clone(),
            warnings: dataset.warnings.clone(),
            bytes: dataset.num_images().saturating_mul(shape.pixels()),
        }
    }

    /// Channels, height and width of an image.
    pub fn dims(&self) -> [usize; 3] {
        let shape = self.dataset.train.shape;
        [shape.channels, shape.height, shape.width]
    }
}
