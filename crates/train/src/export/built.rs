//! A network as a Burn module, whichever it is.

use burn::module::{Module, Param};
use burn::store::ModuleRecord;
use burn::tensor::{Device, Tensor};
use hearth_config::{Config, ModelConfig};
use hearth_model::params::{MapParam, map_params};
use hearth_model::{Classifier, Discriminator, ForwardContext, Gan, Generator};
use hearth_store::StateDict;

use super::Part;
use crate::error::TrainError;
use crate::metrics::values;
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

    /// The outputs for samples, row by row.
    pub fn outputs(&self, samples: &Tensor<4>) -> Vec<f32> {
        let samples = samples.clone();
        match self {
            Self::Classifier(network) => values(network.forward(samples)),
            Self::Discriminator(network) => {
                values(network.forward(samples, &mut ForwardContext::default()))
            }
            Self::Generator(network) => values(
                network
                    .forward(samples.flatten(1, 3), &mut ForwardContext::default())
                    .flatten(1, 3),
            ),
        }
    }
}
