//! How much memory training takes, by the shapes of the network alone: asked before any of it is allocated.

use std::fs;

use hearth_config::{Config, ModelConfig, OptimizerKind};
use hearth_data::Dataset;
use hearth_model::{Classifier, Discriminator, Generator, Layer, PictureDims};

use crate::backend::Backend;
use crate::error::TrainError;
use crate::job::Job;

/// About how many bytes the program takes by itself: its code, its threads, the allocator's reserve.
const PROGRAM: usize = 50_000_000;

/// The smallest side of pictures that every network takes: of smaller ones, it says so itself.
const SMALLEST: usize = 12;

/// The sizes that memory follows from, all of them numbers and not bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Of a picture.
    pub pixels: usize,
    /// Of all layers, for one picture.
    pub outputs: usize,
    /// Of the network.
    pub parameters: usize,
}

/// About how many bytes training takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The pictures themselves.
    data: usize,
    /// Weights, their gradients, and what the optimiser keeps.
    weights: usize,
    /// The batch that a step looks at, on its way through the network and back.
    batch: usize,
}

impl Needs {
    /// Of a network with these sizes, where so many pictures are trained on.
    pub fn new(
        config: &Config,
        backend: Backend,
        dataset: &Dataset,
        num_train: usize,
        Sizes { pixels, outputs, parameters }: Sizes,
    ) -> Self {
        // Values that the optimiser keeps for each parameter.
        let kept = match &config.optimizer.rule.kind {
            OptimizerKind::Sgd(sgd) => usize::from(sgd.momentum > 0.0),
            OptimizerKind::Adam(_) | OptimizerKind::Adamw(_) => 2,
        };
        // On a graphics card, steps on trial leave what they began with.
        let copies = if backend.is_on_adapter() { 2 } else { 1 };
        let bytes = |numbers: usize, times: usize| numbers.saturating_mul(times).saturating_mul(4);
        // Each output is held once forward and once backward.
        let of_picture = outputs.saturating_mul(2).saturating_add(pixels);
        Self {
            data: dataset.num_images().saturating_mul(pixels),
            weights: bytes(parameters, 1 + copies * (1 + kept)),
            batch: bytes(of_picture, config.data.batches.batch_size.min(num_train)),
        }
    }

    /// All of it.
    pub fn all(&self) -> usize {
        [self.data, self.weights, self.batch].into_iter().fold(PROGRAM, usize::saturating_add)
    }
}

/// Refuses what this machine cannot hold, before any of it is allocated. A network that lists no layers is
/// measured when it is built.
pub fn check(job: &Job<'_>, dataset: &Dataset, num_train: usize) -> Result<(), TrainError> {
    let shape = dataset.train.shape;
    let picture = [shape.channels, shape.height, shape.width];
    if shape.height.min(shape.width) < SMALLEST {
        return Ok(());
    }
    match sizes(&job.config.model, picture, dataset.classes.len()) {
        Some(sizes) => check_sizes(job.config, job.backend, dataset, num_train, sizes),
        None => Ok(()),
    }
}

/// Refuses a network of these sizes where this machine cannot hold it. What computes on a graphics adapter is
/// for its driver to refuse.
pub fn check_sizes(
    config: &Config,
    backend: Backend,
    dataset: &Dataset,
    num_train: usize,
    sizes: Sizes,
) -> Result<(), TrainError> {
    let Some(there) = of_machine().filter(|_| !backend.is_on_adapter()) else { return Ok(()) };
    let needs = Needs::new(config, backend, dataset, num_train, sizes);
    if needs.all() <= there {
        return Ok(());
    }
    let gigabytes = |bytes: usize| format!("{:.1} GB", bytes as f64 / 1e9);
    let batch = config.data.batches.batch_size.min(num_train);
    let (part, remedy) = if needs.batch > needs.weights {
        (
            format!("a batch of {batch} pictures {}", gigabytes(needs.batch)),
            "a smaller data.batch_size",
        )
    } else {
        let parameters = sizes.parameters;
        let part =
            format!("{parameters} parameters with their optimizer {}", gigabytes(needs.weights));
        (part, "fewer or narrower layers in [model], or smaller pictures")
    };
    Err(TrainError::Settings(format!(
        "training takes about {} of memory ({part}), and this machine has {}: choose {remedy}",
        gigabytes(needs.all()),
        gigabytes(there),
    )))
}

/// The bytes of memory that this process may have, where the system says so.
fn of_machine() -> Option<usize> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    let total = kilobytes.saturating_mul(1024);
    // A container may have less.
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let limit = limit.and_then(|text| text.trim().parse().ok());
    Some(limit.map_or(total, |limit: usize| limit.min(total)))
}

/// The sizes of a network that is not there yet, by the list of its layers; none where it has no list.
fn sizes(model: &ModelConfig, picture: PictureDims, classes: usize) -> Option<Sizes> {
    let layers = match model {
        ModelConfig::Classifier { network, .. } => {
            vec![(Classifier::layers(network, picture, classes)?, picture)]
        }
        ModelConfig::Gan(pair) => {
            vec![
                (Generator::layers(pair, picture)?, [1, 1, 1]),
                (Discriminator::layers(pair, picture)?, picture),
            ]
        }
    };
    let pixels = picture.iter().product();
    let mut sizes = Sizes { pixels, ..Sizes::default() };
    for (layers, input) in layers {
        walk(&layers, input, &mut sizes);
    }
    Some(sizes)
}

/// Adds layers behind an input of this shape, and gives the shape of what they make.
fn walk(layers: &[Layer], input: PictureDims, sizes: &mut Sizes) -> PictureDims {
    let mut shape = input;
    for layer in layers {
        let [count, height, width] = shape;
        match layer {
            Layer::Flatten => shape = [count * height * width, 1, 1],
            Layer::Unflatten(picture) => shape = *picture,
            Layer::Linear { features: [inputs, outputs], .. } => {
                sizes.parameters += inputs * outputs + outputs;
                sizes.outputs += outputs;
                shape = [*outputs, 1, 1];
            }
            Layer::Convolution {
                channels: [from, to],
                kernel,
                stride,
                padding,
                bias,
                transposed,
                ..
            } => {
                sizes.parameters += from * to * kernel * kernel + if *bias { *to } else { 0 };
                let side = |side: usize| {
                    if *transposed {
                        side * stride
                    } else {
                        (side + 2 * padding - kernel) / stride + 1
                    }
                };
                shape = [*to, side(height), side(width)];
                sizes.outputs += shape.iter().product::<usize>();
            }
            Layer::Norm { channels, .. } => sizes.parameters += 2 * channels,
            Layer::Function(_) => {}
            Layer::Pool(_) => shape = [count, height / 2, width / 2],
            Layer::GlobalAverage => shape = [count, 1, 1],
            Layer::Residual { inner, shortcut } => {
                let behind = walk(inner, shape, sizes);
                walk(shortcut, shape, sizes);
                shape = behind;
            }
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use hearth_config::RawConfig;
    use hearth_model::{Classifier, Gan, params};

    use super::*;

    /// The parameters that a network really has.
    fn built(model: &ModelConfig, picture: PictureDims) -> usize {
        let device = Backend::default().device().expect("a CPU");
        let shapes = match model {
            ModelConfig::Classifier { network, .. } => {
                params::shapes(&Classifier::new(network, picture, 10, 0, &device).expect("it fits"))
            }
            ModelConfig::Gan(pair) => {
                let Gan { generator, discriminator } =
                    Gan::new(pair, picture, 0, &device).expect("it fits");
                [params::shapes(&generator), params::shapes(&discriminator)].concat()
            }
        };
        let counted = shapes.iter().filter(|(path, _)| !params::is_statistic(path));
        counted.map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    #[test]
    fn sizes_are_those_of_the_network_that_is_built() {
        let entries = std::fs::read_dir("../../configs").expect("configs/");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|end| end == "toml"));
        assert!(paths.len() > 10, "{paths:?}");
        for path in paths {
            let config = RawConfig::read(&path).and_then(|raw| raw.check()).expect("good");
            let picture = [1, 28, 28];
            let found = sizes(&config.model, picture, 10).expect("a list");
            assert_eq!(found.parameters, built(&config.model, picture), "{}", path.display());
        }
    }

    #[test]
    fn outputs_are_counted_by_their_shapes() {
        let path = "../../configs/lenet.toml";
        let config = RawConfig::read(path.as_ref()).and_then(|raw| raw.check()).expect("good");
        let found = sizes(&config.model, [1, 28, 28], 10).expect("a list");
        assert_eq!(found.outputs, 6 * 28 * 28 + 16 * 10 * 10 + 120 + 84 + 10);
    }
}
