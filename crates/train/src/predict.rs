//! A trained network, ready to look at pictures.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use hearth_config::ModelConfig;
use hearth_data::{Batch, PictureShape};
use hearth_model::{Classifier, Pass};

use crate::backend::Backend;
use crate::error::TrainError;
use crate::input::Input;
use crate::metrics::{ClassificationReport, softmax, values};
use crate::state::restore_module;
use crate::task::Split;
use crate::tasks::evaluate;
use crate::trained::{Trained, Which};

/// A trained classifier with its preprocessing.
#[derive(Debug)]
pub struct Predictor {
    trained: Trained,
    network: Classifier,
    input: Input,
    device: Device,
}

impl Predictor {
    /// Loads a run's checkpoint. A damaged one is an error that names the others.
    pub fn open(path: &Path, which: Which, backend: Backend) -> Result<Self, TrainError> {
        let mut trained = Trained::open(path, which)?;
        let ModelConfig::Classifier(network) = &trained.config.model else {
            let help = "it makes pictures, which `hearth sample` draws";
            return Err(trained.is_not("a network that names classes", help));
        };
        let device = backend.device()?;
        let network = Classifier::new(
            network,
            trained.info.dataset.shape,
            trained.info.dataset.classes.len(),
            trained.config.run.seed,
            &device,
        )?;
        let mut state = std::mem::take(&mut trained.state);
        let network = restore_module(network, state.take_under("model"))?;
        let input = Input::new(&trained.info.normalization());
        Ok(Self { trained, network, input, device })
    }

    /// The classes' names, in the order of the probabilities.
    pub fn classes(&self) -> &[String] {
        &self.trained.info.dataset.classes
    }

    /// The size of the pictures that it takes.
    pub fn shape(&self) -> PictureShape {
        self.trained.info.shape()
    }

    /// Where it comes from.
    pub fn trained(&self) -> &Trained {
        &self.trained
    }

    /// The step of the loaded checkpoint.
    pub fn step(&self) -> u64 {
        self.trained.step
    }

    /// The probability of each class for each picture; `pixels` holds whole pictures of
    /// [`Predictor::shape`], one after the other.
    ///
    /// # Panics
    ///
    /// When `pixels` does not hold whole pictures.
    pub fn predict(&self, pixels: Vec<u8>) -> Vec<Vec<f64>> {
        let shape = self.shape();
        assert!(pixels.len().is_multiple_of(shape.pixels()), "whole pictures of {shape:?}");
        let count = pixels.len() / shape.pixels();
        if count == 0 {
            return Vec::new();
        }
        let (_, logits) = self.look(pixels, count);
        values(logits).chunks_exact(self.classes().len()).map(softmax).collect()
    }

    /// The features of `count` pictures, `[count, features]`, and their logits, `[count, classes]`.
    pub(crate) fn look(&self, pixels: Vec<u8>, count: usize) -> (Tensor<2>, Tensor<2>) {
        let shape = self.shape();
        let batch = Batch { pixels, labels: vec![0; count], indices: Vec::new(), shape };
        let mut pass = Pass::default();
        let features = self.network.features(self.input.tensor(&batch, &self.device), &mut pass);
        let logits = self.network.head(features.clone(), &mut pass);
        (features, logits)
    }

    /// Results on one set of the data that it was trained with.
    pub fn evaluate(
        &self,
        split: Split,
        datasets: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<ClassificationReport, TrainError> {
        let splits = self.trained.splits(datasets, notice)?;
        let subset = split.of(&splits);
        if subset.is_empty() {
            return Err(TrainError::Settings(format!("the {} set is empty", split.name())));
        }
        let classes = self.classes();
        Ok(evaluate(&self.network, &self.input, subset, split, classes, &self.device))
    }
}
