//! A checkpoint of a run, and all that is needed to put it to work.

use std::path::{Path, PathBuf};

use hearth_config::{Config, ModelConfig};
use hearth_data::{PictureShape, Splits, idx};
use hearth_store::{RunDir, StateDict};

use crate::backend::Backend;
use crate::error::TrainError;
use crate::info::RunInfo;
use crate::judge;
use crate::predict::Predictor;
use crate::report::Report;
use crate::resume::best_of;
use crate::run::stored_config;
use crate::sampler::Sampler;
use crate::task::Split;

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

/// A checkpoint of a run.
#[derive(Debug)]
pub struct Trained {
    /// The run's folder.
    pub run: PathBuf,
    /// What it was trained with.
    pub config: Config,
    /// Where it comes from.
    pub info: RunInfo,
    /// The checkpoint's step.
    pub step: u64,
    /// The BLAKE3 checksum of the checkpoint's manifest.
    pub checksum: String,
    /// Everything that the checkpoint keeps.
    pub state: StateDict,
}

impl Trained {
    /// Loads a run's checkpoint. A damaged one is an error that names the others.
    pub fn open(path: &Path, which: Which) -> Result<Self, TrainError> {
        let run = RunDir::open(path)?;
        let config = stored_config(&run)?;
        let info = RunInfo::read(&run)?;
        let step = choose(&run, which)?;
        let state = run.checkpoints().load(step)?;
        let checksum = run.checkpoints().checksum(step)?;
        Ok(Self { run: path.to_owned(), config, info, step, checksum, state })
    }

    /// The data that it was trained with. A warning says when its files have changed since, and an
    /// error when they no longer fit.
    pub fn splits(
        &self,
        datasets: &Path,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Splits, TrainError> {
        let dataset = hearth_data::load(&self.config.data.source, datasets, notice)?;
        if dataset.checksums != self.info.dataset.checksums {
            notice(
                "warning: this is not the data that the run was trained with: its checksums differ",
            );
        }
        if dataset.classes != self.info.dataset.classes || dataset.train.shape != self.info.shape()
        {
            return Err(TrainError::Settings(
                "the data has other classes or another size than the run was trained with".into(),
            ));
        }
        Ok(dataset.split(self.config.data.batches.valid_samples, self.config.run.seed)?)
    }

    /// The error that it is not `wanted`, and what to do.
    pub(crate) fn is_not(&self, wanted: &str, help: &str) -> TrainError {
        let run = self.run.display();
        TrainError::Settings(format!("{run} is not a run of {wanted}: {help}"))
    }
}

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
