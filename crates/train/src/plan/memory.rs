//! An estimate of the memory of training from layer shapes, before any of it is allocated.

use std::fs;

use hearth_config::{Config, OptimizerKind, Origin};
use hearth_data::DataCard;
use hearth_model::{ImageDims, Layer};

use crate::backend::Backend;
use crate::error::TrainError;

/// Bytes of the program itself: its code, its threads, the allocator's reserve.
const PROGRAM: usize = 50_000_000;

/// The smallest side in pixels of images that every network takes; each network refuses smaller ones itself.
pub const SMALLEST: usize = 12;

/// The sizes that determine memory, in elements and not bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Inputs of the network for one sample.
    pub inputs: usize,
    /// Outputs of all layers for one sample.
    pub outputs: usize,
    /// Parameters of the networks.
    pub parameters: usize,
}

/// The estimated memory of training, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The samples of the dataset.
    data: usize,
    /// Weights, gradients and optimiser slots.
    weights: usize,
    /// One batch: its inputs, and the outputs and their gradients of all layers.
    batch: usize,
}

impl Needs {
    /// The estimate for networks of these sizes on this data.
    pub fn new(
        config: &Config,
        backend: Backend,
        card: &DataCard,
        Sizes { inputs, outputs, parameters }: Sizes,
    ) -> Self {
        // Optimiser slots per parameter.
        let slots = match &config.optimizer.rule.kind {
            OptimizerKind::Sgd(sgd) => usize::from(sgd.momentum > 0.0),
            OptimizerKind::Adam(_) | OptimizerKind::Adamw(_) => 2,
        };
        // On a graphics card, pending steps hold a snapshot of weights and slots.
        let copies = if backend.is_on_adapter() { 2 } else { 1 };
        let bytes =
            |elements: usize, times: usize| elements.saturating_mul(times).saturating_mul(4);
        // Each output is held with its gradient.
        let per_sample = outputs.saturating_mul(2).saturating_add(inputs);
        Self {
            data: card.bytes,
            weights: bytes(parameters, 1 + copies * (1 + slots)),
            batch: bytes(per_sample, batch_size(config, card)),
        }
    }

    /// The sum of all parts, in bytes.
    pub fn all(&self) -> usize {
        [self.data, self.weights, self.batch].into_iter().fold(PROGRAM, usize::saturating_add)
    }
}

/// The samples of a batch: no more than there are, but of environments, whose samples have no end.
fn batch_size(config: &Config, card: &DataCard) -> usize {
    match config.origin {
        Origin::Data(_) => config.batch_size().min(card.samples[0]),
        Origin::Environment(_) => config.batch_size(),
    }
}

/// Checks that this machine has the memory to train networks of these sizes; too little is an error. The memory of a
/// graphics adapter is not checked.
pub fn check(
    config: &Config,
    backend: Backend,
    card: &DataCard,
    sizes: Sizes,
) -> Result<(), TrainError> {
    let Some(available) = machine_memory().filter(|_| !backend.is_on_adapter()) else {
        return Ok(());
    };
    let needs = Needs::new(config, backend, card, sizes);
    if needs.all() <= available {
        return Ok(());
    }
    let gigabytes = |bytes: usize| format!("{:.1} GB", bytes as f64 / 1e9);
    let batch = batch_size(config, card);
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
        gigabytes(available),
    )))
}

/// The memory limit of this process in bytes, where the system reports it.
fn machine_memory() -> Option<usize> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kilobytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    let total = kilobytes.saturating_mul(1024);
    // The limit of a container.
    let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let limit = limit.and_then(|text| text.trim().parse().ok());
    Some(limit.map_or(total, |limit: usize| limit.min(total)))
}

/// The sizes of networks before they are built, from their layers and input dimensions; `dims` are the dimensions of a
/// sample.
pub fn sizes_of<const N: usize>(dims: ImageDims, networks: [(Vec<Layer>, ImageDims); N]) -> Sizes {
    let mut sizes = Sizes { inputs: dims.iter().product(), ..Sizes::default() };
    for (layers, input) in networks {
        walk(&layers, input, &mut sizes);
    }
    sizes
}

/// Adds the outputs and parameters of layers on an input `[channels, height, width]` to `sizes`; returns the output
/// shape.
fn walk(layers: &[Layer], input: ImageDims, sizes: &mut Sizes) -> ImageDims {
    let mut shape = input;
    for layer in layers {
        let [channels, height, width] = shape;
        match layer {
            Layer::Row { dims, embedding } => {
                if let Some(width) = embedding {
                    sizes.parameters += dims.categories.iter().sum::<usize>() * width;
                    sizes.outputs += dims.embedded(*embedding);
                }
                shape = [dims.embedded(*embedding), 1, 1];
            }
            Layer::Flatten => shape = [channels * height * width, 1, 1],
            Layer::Unflatten(dims) => shape = *dims,
            Layer::Linear { features: [inputs, outputs], .. } => {
                sizes.parameters += inputs * outputs + outputs;
                sizes.outputs += outputs;
                shape = [*outputs, 1, 1];
            }
            Layer::Convolution {
                channels: [in_channels, out_channels],
                kernel,
                stride,
                padding,
                bias,
                transposed,
                ..
            } => {
                sizes.parameters += in_channels * out_channels * kernel * kernel
                    + if *bias { *out_channels } else { 0 };
                let side = |side: usize| {
                    if *transposed {
                        side * stride
                    } else {
                        (side + 2 * padding - kernel) / stride + 1
                    }
                };
                shape = [*out_channels, side(height), side(width)];
                sizes.outputs += shape.iter().product::<usize>();
            }
            Layer::Norm { channels, .. } => sizes.parameters += 2 * channels,
            Layer::Function(_) => {}
            Layer::Pool(_) => shape = [channels, height / 2, width / 2],
            Layer::GlobalAverage => shape = [channels, 1, 1],
            Layer::Residual { inner, shortcut } => {
                let output = walk(inner, shape, sizes);
                walk(shortcut, shape, sizes);
                shape = output;
            }
        }
    }
    shape
}
