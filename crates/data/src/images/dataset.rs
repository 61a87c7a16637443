//! Image datasets: training and test images in memory, and their splits.

use std::collections::BTreeMap;
use std::sync::Arc;

use hearth_config::BatchConfig;

use crate::error::DataError;
use crate::images::folder::FolderLayout;
use crate::samples::{Examples, Source as _, Splits, Subset};
use crate::split::{Cut, split_training};

/// Training and test images of the same size and the same classes.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The `kind` in `[data]`.
    pub name: String,
    /// Class names, in the order of the labels.
    pub classes: Vec<String>,
    /// Training images; validation images are held out of them where `valid` is `None`.
    pub train: Arc<Examples>,
    /// Validation images, if the dataset has a validation set of its own.
    pub valid: Option<Arc<Examples>>,
    /// Test images.
    pub test: Arc<Examples>,
    /// The folder of each split, for a folder of images.
    pub layout: Option<FolderLayout>,
    /// File -> SHA-256 of its contents, decompressed. For a folder of images: split (`train`, `valid`, `test`) ->
    /// SHA-256 over the names and contents of its images.
    pub checksums: BTreeMap<String, String>,
    /// Notes for the user on how the files were read.
    pub notes: Vec<String>,
    /// Warnings: faults that do not prevent training, such as skipped images.
    pub warnings: Vec<String>,
}

impl Dataset {
    /// Number of images in all splits.
    pub fn num_images(&self) -> usize {
        let valid = self.valid.as_ref().map_or(0, |valid| valid.len());
        self.train.len() + valid + self.test.len()
    }
}

impl Dataset {
    /// Holds `valid_samples` images out of the training set, unless the dataset has validation images, and applies
    /// `limit_train` and `overfit_batches` to the rest.
    ///
    /// Each class gives the same share, rounded by largest remainders to the exact total, and keeps a training image
    /// as far as other classes can give one instead. The images are drawn from
    /// [`Purpose::Split`](hearth_config::seed::Purpose::Split), one stream per class.
    pub fn split(&self, config: &BatchConfig, seed: u64) -> Result<Splits, DataError> {
        let available = self.train.len();
        let wanted = if self.valid.is_some() { 0 } else { config.valid_samples };
        if wanted >= available {
            return Err(DataError::TooFew { dataset: self.name.clone(), wanted, available });
        }
        let all: Vec<u32> = (0..available as u32).collect();
        let label = |place: u32| self.train.labels[place as usize];
        let Cut { kept: train, taken: valid } = split_training(
            &all,
            label,
            self.classes.len(),
            &BatchConfig { valid_samples: wanted, ..config.clone() },
            seed,
        );
        let subset =
            |indices: Vec<u32>| Subset { source: Arc::clone(&self.train), indices: indices.into() };
        let valid = match &self.valid {
            Some(own) if config.overfit_batches.is_none() => Subset::all(Arc::clone(own)),
            _ => subset(valid),
        };
        let test = Subset::all(Arc::clone(&self.test));
        Ok(Splits { train: subset(train), valid, test })
    }
}

#[cfg(test)]
mod tests;
