//! How much memory training takes, by the shapes of the network alone: asked before any of it is allocated.

use std::fs;

use hearth_config::{Config, OptimizerKind};
use hearth_data::DataCard;
use hearth_model::{ImageDims, Layer};

use crate::backend::Backend;
use crate::error::TrainError;

/// About how many bytes the program takes by itself: its code, its threads, the allocator's reserve.
const PROGRAM: usize = 50_000_000;

/// The smallest side of images that every network takes: of smaller ones, it says so itself.
pub const SMALLEST: usize = 12;

/// The sizes that memory follows from, all of them numbers and not bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Of a sample.
    pub inputs: usize,
    /// Of all layers, for one sample.
    pub outputs: usize,
    /// Of the network.
    pub parameters: usize,
}

/// About how many bytes training takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The samples themselves.
    data: usize,
    /// Weights, their gradients, and what the optimiser keeps.
    weights: usize,
    /// The batch that a step looks at, on its way through the network and back.
    batch: usize,
}

impl Needs {
    /// Of a network with these sizes, on data of this card.
    pub fn new(
        config: &Config,
        backend: Backend,
        card: &DataCard,
        Sizes { inputs, outputs, parameters }: Sizes,
    ) -> Self {
        let [num_train, ..] = card.samples;
        // Values that the optimiser keeps for each parameter.
        let kept = match &config.optimizer.rule.kind {
            OptimizerKind::Sgd(sgd) => usize::from(sgd.momentum > 0.0),
            OptimizerKind::Adam(_) | OptimizerKind::Adamw(_) => 2,
        };
        // On a graphics card, pending steps leave what they began with.
        let copies = if backend.is_on_adapter() { 2 } else { 1 };
        let bytes = |numbers: usize, times: usize| numbers.saturating_mul(times).saturating_mul(4);
        // Each output is held once forward and once backward.
        let of_sample = outputs.saturating_mul(2).saturating_add(inputs);
        Self {
            data: card.bytes,
            weights: bytes(parameters, 1 + copies * (1 + kept)),
            batch: bytes(of_sample, config.data.batches.batch_size.min(num_train)),
        }
    }

    /// All of it.
    pub fn all(&self) -> usize {
        [self.data, self.weights, self.batch].into_iter().fold(PROGRAM, usize::saturating_add)
    }
}

/// Refuses a network of these sizes where this machine cannot hold it. What computes on a graphics adapter is
/// for its driver to refuse.
pub fn check(
    config: &Config,
    backend: Backend,
    card: &DataCard,
    sizes: Sizes,
) -> Result<(), TrainError> {
    let Some(there) = of_machine().filter(|_| !backend.is_on_adapter()) else { return Ok(()) };
    let needs = Needs::new(config, backend, card, sizes);
    if needs.all() <= there {
        return Ok(());
    }
    let gigabytes = |bytes: usize| format!("{:.1} GB", bytes as f64 / 1e9);
    let batch = config.data.batches.batch_size.min(card.samples[0]);
    let (part, remedy) = if needs.batch > needs.weights {
        (
            format!("a batch of {batch} {} {}", card.unit, gigabytes(needs.batch)),
            "a smaller data.batch_size".to_owned(),
        )
    } else {
        let parameters = sizes.parameters;
        let part =
            format!("{parameters} parameters with their optimizer {}", gigabytes(needs.weights));
        (part, format!("fewer or narrower layers in [model], or smaller {}", card.unit))
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

/// The sizes of networks that are not there yet, by their layers and the dimensions of their inputs; `dims` are those
/// of a sample.
pub fn sizes_of<const N: usize>(dims: ImageDims, networks: [(Vec<Layer>, ImageDims); N]) -> Sizes {
    let mut sizes = Sizes { inputs: dims.iter().product(), ..Sizes::default() };
    for (layers, input) in networks {
        walk(&layers, input, &mut sizes);
    }
    sizes
}

/// Adds layers behind an input of this shape, and gives the shape of what they make.
fn walk(layers: &[Layer], input: ImageDims, sizes: &mut Sizes) -> ImageDims {
    let mut shape = input;
    for layer in layers {
        let [count, height, width] = shape;
        match layer {
            Layer::Row { dims, embedding } => {
                if let Some(width) = embedding {
                    sizes.parameters += dims.categories.iter().sum::<usize>() * width;
                    sizes.outputs += dims.embedded(*embedding);
                }
                shape = [dims.embedded(*embedding), 1, 1];
            }
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
