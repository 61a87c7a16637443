//! A network as a Burn module, whichever it is.

use burn::module::{Module, Param};
use burn::store::ModuleRecord;
use burn::tensor::{Device, Tensor, TensorData};
use hearth_config::{Config, ModelConfig};
use hearth_model::params::{MapParam, map_params};
use hearth_model::{Classifier, Discriminator, Gan, Generator, Pass};
use hearth_store::StateDict;

use super::Part;
use super::samples::Samples;
use crate::error::TrainError;
use crate::input::Input;
use crate::metrics::{softmax, values};
use crate::state::restore_module;

/// A network as a Burn module.
pub enum Built {
    Classifier(Classifier),
    Generator(Generator),
    Discriminator(Discriminator),
}

impl Built {
    /// The network that a config describes, as it is before training.
    pub fn new(
        config: &Config,
        part: Part,
        dims: [usize; 3],
        classes: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, TrainError> {
        Ok(match &config.model {
            ModelConfig::Classifier { network: config, .. } => {
                Self::Classifier(Classifier::new(config, dims, classes, seed, device)?)
            }
            ModelConfig::Gan(config) => {
                let Gan { generator, discriminator } = Gan::new(config, dims, seed, device)?;
                match part {
                    Part::Generator => Self::Generator(generator),
                    Part::Discriminator => Self::Discriminator(discriminator),
                }
            }
        })
    }

    /// The same network with other numbers.
    pub fn with(self, state: StateDict) -> Result<Self, TrainError> {
        Ok(match self {
            Self::Classifier(network) => Self::Classifier(restore_module(network, state)?),
            Self::Generator(network) => Self::Generator(restore_module(network, state)?),
            Self::Discriminator(network) => Self::Discriminator(restore_module(network, state)?),
        })
    }

    /// The same network with all numbers zero, so that whatever is not loaded shows.
    pub fn empty(&self) -> Self {
        struct Zero;
        impl MapParam for Zero {
            fn map<const D: usize>(
                &mut self,
                _: &str,
                param: Param<Tensor<D>>,
            ) -> Param<Tensor<D>> {
                param.map(|tensor| tensor.zeros_like())
            }
        }
        match self {
            Self::Classifier(network) => Self::Classifier(map_params(network.clone(), &mut Zero)),
            Self::Generator(network) => Self::Generator(map_params(network.clone(), &mut Zero)),
            Self::Discriminator(network) => {
                Self::Discriminator(map_params(network.clone(), &mut Zero))
            }
        }
    }

    pub fn record(&self) -> ModuleRecord {
        match self {
            Self::Classifier(network) => network.clone().into_record(),
            Self::Generator(network) => network.clone().into_record(),
            Self::Discriminator(network) => network.clone().into_record(),
        }
    }

    pub fn loaded(self, record: ModuleRecord) -> Result<Self, burn::store::RecordError> {
        Ok(match self {
            Self::Classifier(network) => Self::Classifier(network.try_load_record(record)?),
            Self::Generator(network) => Self::Generator(network.try_load_record(record)?),
            Self::Discriminator(network) => Self::Discriminator(network.try_load_record(record)?),
        })
    }

    /// Probabilities, or pixels from -1 to 1.
    pub fn outputs(&self, samples: &Samples, input: &Input, device: &Device) -> Vec<f64> {
        let pictures = || input.tensor(&samples.batch, device);
        match self {
            Self::Classifier(network) => {
                let logits = network.forward(pictures());
                let [_, classes] = logits.dims();
                values(logits).chunks_exact(classes).flat_map(softmax).collect()
            }
            Self::Discriminator(network) => {
                let logits = network.forward(pictures(), &mut Pass::default());
                values(logits).into_iter().map(|logit| sigmoid(logit.into())).collect()
            }
            Self::Generator(network) => {
                let shape = [samples.count, samples.latent.len() / samples.count];
                let data = TensorData::new(samples.latent.clone(), shape);
                let made = network.forward(Tensor::from_data(data, device), &mut Pass::default());
                values(made.flatten(1, 3)).into_iter().map(f64::from).collect()
            }
        }
    }
}

/// The probability of a logit.
pub fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}
