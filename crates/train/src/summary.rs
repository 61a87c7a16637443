//! What is about to be trained: layers, sizes, data.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use hearth_config::{Config, ModelConfig};
use hearth_data::{Dataset, Layout, Splits};
use hearth_model::{Classifier, Gan, Pass, Trace, gan, params};

use crate::backend::Backend;
use crate::error::TrainError;
use crate::memory::{self, Needs, Sizes};
use crate::plan::Plan;

/// The table that training opens with.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The name of the run's config.
    pub name: String,
    /// The dataset's name.
    pub dataset: String,
    /// Pictures in the training, validation and test sets.
    pub samples: [usize; 3],
    /// Channels, height, width.
    pub picture: [usize; 3],
    /// The folders that it is read from, where they are the user's.
    pub layout: Option<Layout>,
    /// The classes' names.
    pub classes: Vec<String>,
    /// Pictures of each class in the training, validation and test sets.
    pub class_counts: Vec<[usize; 3]>,
    /// One row for each layer.
    pub layers: Vec<Layer>,
    /// The number of all parameters.
    pub parameters: usize,
    /// About how many bytes training needs.
    pub memory: usize,
    /// Steps in one epoch, and in all.
    pub steps: [u64; 2],
    /// What computes.
    pub backend: Backend,
    /// With how many CPU threads.
    pub threads: usize,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The layer's name.
    pub name: String,
    /// Channels, height and width of its output.
    pub output: [usize; 3],
    /// The number of its parameters.
    pub parameters: usize,
}

impl Summary {
    /// Describes the network by showing it one black picture.
    pub fn new(
        config: &Config,
        dataset: &Dataset,
        splits: &Splits,
        plan: &Plan,
        backend: Backend,
        threads: usize,
    ) -> Result<Self, TrainError> {
        let shape = dataset.train.shape;
        let picture = [shape.channels, shape.height, shape.width];
        let (layers, parameters) =
            layers(config, picture, dataset.classes.len(), &backend.device()?)?;
        let pixels: usize = picture.iter().product();
        let outputs: usize =
            layers.iter().map(|layer| layer.output.iter().product::<usize>()).sum();
        let sizes = Sizes { pixels, outputs, parameters };
        memory::check_sizes(config, backend, dataset, splits.train.len(), sizes)?;
        let needs = Needs::new(config, backend, dataset, splits.train.len(), sizes);
        Ok(Self {
            name: config.run.name.clone(),
            dataset: dataset.name.clone(),
            samples: [splits.train.len(), splits.valid.len(), splits.test.len()],
            picture,
            layout: dataset.layout.clone(),
            classes: dataset.classes.clone(),
            class_counts: splits.class_counts(dataset.classes.len()),
            memory: needs.all(),
            layers,
            parameters,
            steps: [plan.epoch.unwrap_or(plan.total_steps), plan.total_steps],
            backend,
            threads,
        })
    }
}

/// The rows of every network, and the number of all parameters.
fn layers(
    config: &Config,
    picture: [usize; 3],
    num_classes: usize,
    device: &Device,
) -> Result<(Vec<Layer>, usize), TrainError> {
    let [channels, height, width] = picture;
    let black = Tensor::zeros([1, channels, height, width], device);
    let seed = config.run.seed;
    match &config.model {
        ModelConfig::Classifier { network, .. } => {
            let network = Classifier::new(network, picture, num_classes, seed, device)?;
            let trace = |pass: &mut Pass| drop(network.forward_in(black, pass));
            Ok(layers_of(&network, "", trace))
        }
        ModelConfig::Gan(pair) => {
            let Gan { generator, discriminator } = Gan::new(pair, picture, seed, device)?;
            let latent = Tensor::zeros([1, gan::latent_size(pair)], device);
            let trace = |pass: &mut Pass| drop(generator.forward(latent, pass));
            let (mut rows, first) = layers_of(&generator, "generator.", trace);
            let trace = |pass: &mut Pass| drop(discriminator.forward(black, pass));
            let (more, second) = layers_of(&discriminator, "discriminator.", trace);
            rows.extend(more);
            Ok((rows, first + second))
        }
    }
}

fn layers_of<M: Module>(
    network: &M,
    prefix: &str,
    trace: impl FnOnce(&mut Pass),
) -> (Vec<Layer>, usize) {
    let mut pass = Pass::traced();
    trace(&mut pass);
    let sizes: Vec<(String, usize)> = params::shapes(network)
        .into_iter()
        .filter(|(path, _)| !params::is_statistic(path))
        .map(|(path, shape)| (path, shape.iter().product()))
        .collect();
    let Trace::On(kept) = pass.trace else { return (Vec::new(), 0) };
    let rows = kept.into_iter().map(|(name, output)| {
        let [_, channels, height, width] = output.dims();
        let own = |path: &str| path.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.'));
        let parameters = sizes.iter().filter(|(path, _)| own(path)).map(|(_, size)| size).sum();
        Layer { name: format!("{prefix}{name}"), output: [channels, height, width], parameters }
    });
    (rows.collect(), sizes.iter().map(|(_, size)| size).sum())
}
