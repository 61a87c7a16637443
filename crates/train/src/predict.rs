//! A trained network, ready to look at pictures.

use std::path::Path;

use burn::tensor::Device;
use hearth_config::Config;
use hearth_data::{Batch, PictureShape};
use hearth_model::Classifier;
use hearth_store::RunDir;

use crate::backend::Backend;
use crate::error::TrainError;
use crate::info::RunInfo;
use crate::input::Input;
use crate::metrics::{Report, softmax};
use crate::resume::best_of;
use crate::run::stored_config;
use crate::state::restore_module;
use crate::task::Split;
use crate::tasks::evaluate;

/// Which checkpoint of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// The best by validation; the last where there was no validation set.
    #[default]
    Best,
    /// The newest.
    Last,
    /// That of a step.
    Step(u64),
}

impl std::str::FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "best" => Ok(Self::Best),
            "last" => Ok(Self::Last),
            step => step
                .parse()
                .map(Self::Step)
                .map_err(|_| format!("{text:?} is not best, last or the number of a step")),
        }
    }
}

/// A trained classifier with its preprocessing.
#[derive(Debug)]
pub struct Predictor {
    config: Config,
    info: RunInfo,
    step: u64,
    network: Classifier,
    input: Input,
    device: Device,
}

impl Predictor {
    /// Loads a run's checkpoint. A damaged one is an error that names the others.
    pub fn open(path: &Path, which: Which, backend: Backend) -> Result<Self, TrainError> {
        let run = RunDir::open(path)?;
        let config = stored_config(&run)?;
        let info = RunInfo::read(&run)?;
        let step = choose(&run, which)?;
        let mut state = run.checkpoints().load(step)?;
        let device = backend.device();
        let network = Classifier::new(
            &config.model,
            info.dataset.shape,
            info.dataset.classes.len(),
            config.run.seed,
            &device,
        )?;
        let network = restore_module(network, state.take_under("model"))?;
        let input = Input::new(&info.normalization());
        Ok(Self { config, info, step, network, input, device })
    }

    /// The classes' names, in the order of the probabilities.
    pub fn classes(&self) -> &[String] {
        &self.info.dataset.classes
    }

    /// The size of the pictures that it takes.
    pub fn shape(&self) -> PictureShape {
        self.info.shape()
    }

    /// The step of the loaded checkpoint.
    pub fn step(&self) -> u64 {
        self.step
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
        let batch = Batch { pixels, labels: vec![0; count], indices: Vec::new(), shape };
        let logits = self.network.forward(self.input.tensor(&batch, &self.device)).into_data();
        let logits = logits.try_into_vec::<f32>().expect("logits are f32 on every backend here");
        logits.chunks_exact(self.classes().len()).map(softmax).collect()
    }

    /// Results on one set of the data that it was trained with.
    pub fn evaluate(
        &self,
        split: Split,
        datasets: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Report, TrainError> {
        let dataset = hearth_data::load(&self.config.data.source, datasets, notice)?;
        if dataset.checksums != self.info.dataset.checksums {
            notice(
                "warning: this is not the data that the run was trained with: its checksums differ",
            );
        }
        if dataset.classes != self.info.dataset.classes || dataset.train.shape != self.shape() {
            return Err(TrainError::Settings(
                "the data has other classes or another size than the run was trained with".into(),
            ));
        }
        let splits = dataset.split(self.config.data.batches.valid_samples, self.config.run.seed)?;
        let subset = split.of(&splits);
        if subset.is_empty() {
            return Err(TrainError::Settings(format!("the {} set is empty", split.name())));
        }
        let classes = self.classes();
        Ok(evaluate(&self.network, &self.input, subset, split, classes, &self.device))
    }
}

/// The step of the checkpoint that was asked for.
fn choose(run: &RunDir, which: Which) -> Result<u64, TrainError> {
    let checkpoints = run.checkpoints();
    let last = || {
        let none = || {
            let name = run.path().display();
            TrainError::Settings(format!(
                "{name} has no checkpoint yet: train it with --run {name} --resume"
            ))
        };
        checkpoints.steps()?.last().copied().ok_or_else(none)
    };
    match which {
        Which::Step(step) => Ok(step),
        Which::Last => last(),
        Which::Best => match run.read_best()? {
            Some(best) if checkpoints.steps()?.contains(&best.step) => Ok(best.step),
            // It follows from the newest checkpoint, which remembers which one was best.
            _ => {
                let last = last()?;
                let best = best_of(&mut checkpoints.load(last)?)?;
                Ok(best
                    .map(|(step, _)| step)
                    .filter(|step| checkpoints.path_of(*step).exists())
                    .unwrap_or(last))
            }
        },
    }
}
