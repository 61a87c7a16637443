//! Adversarial training in the table of tasks: opening, sizes, evaluation.

use std::path::Path;

use burn::tensor::Device;
use hearth_config::{CommandLine, Config, ModelConfig};
use hearth_data::{Data, ImageShape, Labels, idx};
use hearth_model::{Discriminator, Generator};
use hearth_report::Report;
use hearth_train::Split;
use hearth_train::error::TrainError;
use hearth_train::plan::memory::{SMALLEST, Sizes, sizes_of};
use hearth_train::record::info::Preprocessing;
use hearth_train::run::loaded::LoadedRun;
use hearth_train::{Opened, Opening, TaskHooks};

use super::sampler::{Sampler, sample};
use super::{Adversarial, export, normalization};
use crate::entry::{Evaluation, TaskEntry};
use crate::features;
use crate::features::FeatureEvaluator;
use crate::latent::LatentStream;
use crate::predictor;

/// Adversarial training in the table of tasks.
pub const ENTRY: TaskEntry = TaskEntry {
    hooks: TaskHooks {
        labels: Labels::Unused,
        has_one_loss: false,
        open,
        sizes,
        next: |_, run| {
            let sample = CommandLine::new("sample").path(run).args(["--out", "grid.png"]);
            format!("make pictures with: {sample}")
        },
    },
    evaluate: evaluate_run,
    predictor: |trained, _| Err(predictor::of_generator(trained)),
    export: export::network,
};

fn open(opening: Opening<'_>) -> Result<Opened, TrainError> {
    let Opening { config, data, device, job, observe, .. } = opening;
    let images =
        data.images().ok_or_else(|| TrainError::Settings("a pair learns from images".into()))?;
    let splits = &images.splits;
    let ModelConfig::Gan(pair) = &config.model else {
        unreachable!("a checked config's task is its model's")
    };
    let evaluator = job.map(|job| features::evaluator_for_job(job, images, observe));
    let evaluator = evaluator.transpose()?.flatten();
    let task = Box::new(Adversarial::new(config, pair, splits, evaluator, device)?);
    let normalization = normalization(splits.train.source.shape.channels);
    Ok(Opened { task, preprocessing: Preprocessing::Images(normalization), start: None })
}

fn sizes(config: &Config, data: &Data) -> Option<Sizes> {
    let (Data::Images(images), ModelConfig::Gan(pair)) = (data, &config.model) else {
        return None;
    };
    let dims = images.dims();
    if dims[1].min(dims[2]) < SMALLEST {
        return None;
    }
    let networks =
        [(Generator::layers(pair, dims)?, [1, 1, 1]), (Discriminator::layers(pair, dims)?, dims)];
    Some(sizes_of(dims, networks))
}

fn evaluate_run(
    evaluation: &Evaluation<'_>,
    notice: &mut dyn FnMut(&str),
) -> Result<(u64, Report), TrainError> {
    let Evaluation { run, which, backend, split, pictures, datasets } = *evaluation;
    if split == Split::Longer {
        return Err(split.empty());
    }
    if let Some(file) = pictures {
        let trained = LoadedRun::open(run, which)?;
        let splits = trained.images(datasets, notice)?.splits;
        let evaluator = features::evaluator_for_run(&trained, &splits, backend)?;
        let pixels = read_images(file, trained.info.shape()?, evaluator.samples(), notice)?;
        return Ok((trained.step, evaluator.evaluate(&pixels, split)));
    }
    let sampler = Sampler::open(run, which, backend)?;
    let trained = sampler.trained();
    let splits = trained.images(datasets, notice)?.splits;
    let evaluator = features::evaluator_for_run(trained, &splits, backend)?;
    let Sampler { generator, latent_size, device, .. } = &sampler;
    let seed = trained.config.run.seed;
    let sampling = (generator, *latent_size, seed);
    Ok((trained.step, evaluate_generator(&evaluator, sampling, split, device)))
}

/// Evaluates a generator without differentiation on images of latent vectors `[latent_size]`, the same ones for the
/// same seed and split.
pub(super) fn evaluate_generator(
    evaluator: &FeatureEvaluator,
    (generator, latent_size, seed): (&Generator, usize, u64),
    split: Split,
    device: &Device,
) -> Report {
    let stream = if split == Split::Test { LatentStream::Test } else { LatentStream::Valid };
    let pixels = sample(generator, latent_size, (seed, stream), evaluator.samples(), device);
    evaluator.evaluate(&pixels, split)
}

/// The pixels of an IDX file's images, one after the other. Images of another shape or number than the evaluator
/// compares are an error, since the Frechet distance depends on their number.
fn read_images(
    file: &Path,
    shape: ImageShape,
    count: usize,
    notice: &mut dyn FnMut(&str),
) -> Result<Vec<u8>, TrainError> {
    let images = idx::read(file)?.images(file)?;
    if images.shape != shape || images.count() != count {
        let size = |ImageShape { channels, height, width }| format!("{channels}x{height}x{width}");
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
