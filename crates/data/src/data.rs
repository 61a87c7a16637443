//! The data of a run: samples of one kind, cut into parts, and a card that says what they are.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use hearth_config::{Config, DataSource};

use crate::error::DataError;
use crate::images::{self, Dataset, Examples, Labels, Layout};
use crate::source::{Splits, Subset};
use crate::tables::{self, Table};

/// The data of a run, by the kind of its samples.
#[derive(Clone, Debug)]
pub enum Data {
    /// Images of one size.
    Images(Images),
    /// Rows of a table.
    Rows(Table),
}

/// Images of one size, and their parts.
#[derive(Clone, Debug)]
pub struct Images {
    /// All of them.
    pub dataset: Dataset,
    /// Their parts.
    pub splits: Splits,
}

/// A description of the data that a run learns from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataCard {
    /// The `kind` in `[data]`.
    pub name: String,
    /// Its samples, in the plural.
    pub unit: &'static str,
    /// One sample: `1x28x28`.
    pub sample: String,
    /// Channels, height and width of a sample that is an image.
    pub dims: Option<[usize; 3]>,
    /// The numbers of a sample as a network takes it.
    pub inputs: usize,
    /// The numbers of training, validation and test samples.
    pub samples: [usize; 3],
    /// The classes' names; empty where the target is no class.
    pub classes: Vec<String>,
    /// The numbers of training, validation and test samples of each class.
    pub class_counts: Vec<[usize; 3]>,
    /// The folders that it is read from, where they are the user's.
    pub layout: Option<Layout>,
    /// File -> SHA-256 of its contents.
    pub checksums: BTreeMap<String, String>,
    /// How the files were read, where that could surprise.
    pub notes: Vec<String>,
    /// What the user should know and what was no reason to stop.
    pub warnings: Vec<String>,
    /// The bytes of all samples in memory.
    pub bytes: usize,
}

impl Data {
    /// Loads the data that a config asks for, with what a task needs of labels, and cuts it into parts; `root` is the
    /// datasets folder. `notice` is told when a known dataset is fetched.
    pub fn load(
        config: &Config,
        labels: Labels,
        root: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Self, DataError> {
        match &config.data.source {
            DataSource::Csv(csv) => {
                let (task, seed) = (config.task_kind(), config.run.seed);
                tables::load(csv, &config.data.batches, task, seed).map(Self::Rows)
            }
            _ => Images::load(config, labels, root, notice).map(Self::Images),
        }
    }

    /// Its description.
    pub fn card(&self) -> DataCard {
        match self {
            Self::Images(images) => images.card(),
            Self::Rows(table) => table.card(),
        }
    }

    /// The images; none where its samples are of another kind.
    pub fn images(&self) -> Option<&Images> {
        match self {
            Self::Images(images) => Some(images),
            Self::Rows(_) => None,
        }
    }
}

impl Images {
    /// Loads the images that a config asks for, and cuts them into parts. The caller checks that its augmentation
    /// [fits](crate::images::augment::check).
    pub fn load(
        config: &Config,
        labels: Labels,
        root: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Self, DataError> {
        let mut dataset = images::load(&config.data.source, labels, root, notice)?;
        if let Some(augment) = &config.augment {
            Arc::make_mut(&mut dataset.train).augment = Some(augment.clone());
        }
        let splits = dataset.split(&config.data.batches, config.run.seed)?;
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
            unit: "pictures",
            sample: format!("{}x{}x{}", shape.channels, shape.height, shape.width),
            dims: Some(self.dims()),
            inputs: shape.pixels(),
            samples: splits.counts(),
            classes: dataset.classes.clone(),
            class_counts: splits.class_counts(dataset.classes.len()),
            layout: dataset.layout.clone(),
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
