//! The results of a finished run, whatever it trained.

use std::path::Path;

use hearth_config::ModelConfig;
use hearth_data::{PictureShape, idx};
use hearth_report::Report;
use hearth_store::RunDir;

use crate::backend::Backend;
use crate::error::TrainError;
use crate::judge;
use crate::predict::Predictor;
use crate::sampler::Sampler;
use crate::task::Split;
use crate::tasks::evaluate;
use crate::trained::{Trained, Which, stored_config};

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
        (ModelConfig::Classifier { .. }, None) => {
            let (predictor, trained) = Predictor::of_run(run, which, backend)?;
            let splits = trained.splits(datasets, notice)?;
            let subset = split.of(&splits);
            if subset.is_empty() {
                let name = split.name();
                return Err(TrainError::Settings(format!("the {name} set is empty")));
            }
            let Predictor { network, input, device, .. } = &predictor;
            Ok((trained.step, evaluate(network, input, subset, split, predictor.classes(), device)))
        }
        (ModelConfig::Classifier { .. }, Some(_)) => Err(TrainError::Settings(
            "pictures are judged beside those of a generator, and this run names classes".into(),
        )),
        (ModelConfig::Gan(_), None) => {
            let sampler = Sampler::open(run, which, backend)?;
            let trained = sampler.trained();
            let judge = judge::of_run(trained, &trained.splits(datasets, notice)?, backend)?;
            let Sampler { generator, latent_size, device, .. } = &sampler;
            let seed = trained.config.run.seed;
            let report = judge.judge_generator(generator, *latent_size, seed, split, device);
            Ok((trained.step, report))
        }
        (ModelConfig::Gan(_), Some(file)) => {
            let trained = Trained::open(run, which)?;
            let judge = judge::of_run(&trained, &trained.splits(datasets, notice)?, backend)?;
            let pixels = read_pictures(file, trained.info.shape(), judge.samples(), notice)?;
            Ok((trained.step, judge.judge(&pixels, split)))
        }
    }
}

/// The pictures of an IDX file, one after the other: as many as are compared, since a distance depends
/// on their number, of this shape.
fn read_pictures(
    file: &Path,
    shape: PictureShape,
    count: usize,
    notice: &mut dyn FnMut(&str),
) -> Result<Vec<u8>, TrainError> {
    let images = idx::read(file)?.images(file)?;
    if images.shape != shape || images.count() != count {
        let size =
            |PictureShape { channels, height, width }| format!("{channels}x{height}x{width}");
        return Err(TrainError::Settings(format!(
            "{} holds {} pictures of {}, and not {count} of {}",
            file.display(),
            images.count(),
            size(images.shape),
            size(shape)
        )));
    }
    if let Some(text) = &images.notice {
        notice(text);
    }
    Ok(images.pixels)
}
