//! The results of a finished run, whatever it trained.

use std::path::Path;

use hearth_config::ModelConfig;
use hearth_data::{PictureShape, idx};
use hearth_store::RunDir;

use crate::backend::Backend;
use crate::error::TrainError;
use crate::judge;
use crate::predict::Predictor;
use crate::report::Report;
use crate::sampler::Sampler;
use crate::task::Split;
use crate::trained::{Which, stored_config};

/// What is to be evaluated, and on what.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// The run's folder.
    pub run: &'a Path,
    /// Its checkpoint.
    pub which: Which,
    /// What computes.
    pub backend: Backend,
    /// The set.
    pub split: Split,
    /// An IDX file of pictures that are judged instead of those that the run's generator makes.
    pub pictures: Option<&'a Path>,
    /// The folder of datasets.
    pub datasets: &'a Path,
}

/// Results of a run's checkpoint on one set of the data that it was trained with, and its step.
pub fn evaluate_run(
    evaluation: Evaluation<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<(u64, Report), TrainError> {
    let Evaluation { run, which, backend, split, pictures, datasets } = evaluation;
    let config = stored_config(&RunDir::open(run)?)?;
    match (config.model, pictures) {
        (ModelConfig::Classifier(_), None) => {
            let predictor = Predictor::open(run, which, backend)?;
            let report = predictor.evaluate(split, datasets, notice)?;
            Ok((predictor.step(), Report::Classification(report)))
        }
        (ModelConfig::Classifier(_), Some(_)) => Err(TrainError::Settings(
            "pictures are judged beside those of a generator, and this run names classes".into(),
        )),
        (ModelConfig::Gan(_), _) => {
            let sampler = Sampler::open(run, which, backend)?;
            let splits = sampler.trained().splits(datasets, notice)?;
            let judge = judge::of_run(sampler.trained(), &splits, backend)?;
            let report = match pictures {
                Some(file) => judge.judge(&read_pictures(file, sampler.shape())?, split),
                None => sampler.judged(&judge, split),
            };
            Ok((sampler.trained().step, Report::Generation(report)))
        }
    }
}

/// The pictures of an IDX file, of this shape, one after the other.
fn read_pictures(file: &Path, shape: PictureShape) -> Result<Vec<u8>, TrainError> {
    let idx = idx::read(file)?;
    let grey = shape.channels == 1;
    let fits = match idx.dims[..] {
        [_, height, width] => grey && [height, width] == [shape.height, shape.width],
        [_, channels, height, width] => {
            [channels, height, width] == [shape.channels, shape.height, shape.width]
        }
        _ => false,
    };
    if fits {
        Ok(idx.values)
    } else {
        Err(TrainError::Settings(format!(
            "{} holds {:?}, and not pictures of {shape:?}",
            file.display(),
            idx.dims
        )))
    }
}
