//! Adversarial training in the table of tasks: opened, sized, evaluated.

use std::path::Path;

use burn::tensor::Device;
use hearth_config::{CommandLine, Config, ModelConfig};
use hearth_data::{Data, Labels, PictureShape, idx};
use hearth_model::{Discriminator, Generator};
use hearth_report::Report;

use super::sampler::{Sampler, sample};
use super::{Adversarial, export, normalization};
use crate::features;
use crate::features::FeatureEvaluator;
use crate::kind::{Evaluation, Kind};
use crate::latent::Use;
use hearth_train::Split;
use hearth_train::error::TrainError;
use hearth_train::plan::memory::{SMALLEST, Sizes, sizes_of};
use hearth_train::record::info::Preprocessing;
use hearth_train::run::trained::Trained;
use hearth_train::{Opened, Opening, Training};

/// Adversarial training in the table of tasks.
pub const KIND: Kind = Kind {
    name: "generate",
    training: Training {
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
    let judge = job.map(|job| features::for_job(job, images, observe));
    let judge = judge.transpose()?.flatten();
    let task = Box::new(Adversarial::new(config, pair, splits, judge, device)?);
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
    if let Some(file) = pictures {
        let trained = Trained::open(run, which)?;
        let splits = trained.images(datasets, notice)?.splits;
        let judge = features::of_run(&trained, &splits, backend)?;
        let pixels = read_pictures(file, trained.info.shape()?, judge.samples(), notice)?;
        return Ok((trained.step, judge.judge(&pixels, split)));
    }
    let sampler = Sampler::open(run, which, backend)?;
    let trained = sampler.trained();
    let judge = features::of_run(trained, &trained.images(datasets, notice)?.splits, backend)?;
    let Sampler { generator, latent_size, device, .. } = &sampler;
    let seed = trained.config.run.seed;
    Ok((trained.step, judged(&judge, (generator, *latent_size, seed), split, device)))
}

/// Measures a generator without differentiation by images of `latent_size` random numbers each; the same images for the
/// same seed.
pub(super) fn judged(
    judge: &FeatureEvaluator,
    (generator, latent_size, seed): (&Generator, usize, u64),
    split: Split,
    device: &Device,
) -> Report {
    let purpose = if split == Split::Test { Use::Test } else { Use::Valid };
    let pixels = sample(generator, latent_size, (seed, purpose), judge.samples(), device);
    judge.judge(&pixels, split)
}

/// The images of an IDX file, one after the other: as many as are compared, since a distance depends
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
