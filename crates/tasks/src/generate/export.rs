//! Export of the generator or discriminator of an adversarial pair.

use burn::tensor::Device;
use hearth_config::ModelConfig;
use hearth_export::{Forward, Network, Part};
use hearth_model::{Discriminator, ForwardContext, Gan, Generator, gan};
use hearth_train::TrainError;
use hearth_train::run::loaded::LoadedRun;
use hearth_train::task::outputs::values;

use crate::images::export::{ImageNetwork, ImageSignature};

/// The generator of a run, with the moving average of its weights where it keeps one, or the discriminator.
pub fn network(
    trained: &mut LoadedRun,
    part: Part,
    device: &Device,
) -> Result<Network, TrainError> {
    let ModelConfig::Gan(config) = &trained.config.model else {
        unreachable!("a checked config's task is its model's")
    };
    let dims = trained.info.dims()?;
    let Gan { generator, discriminator } = Gan::new(config, dims, trained.config.run.seed, device)?;
    let mut states = std::mem::take(&mut trained.state).take_under("model");
    let (shape, normalization) = (trained.info.shape()?, trained.info.normalization()?);
    let classes = trained.info.dataset.classes.clone();
    let signature = |kind| Box::new(ImageSignature { kind, shape, normalization, classes });
    match part {
        Part::Generator => {
            let (average, own) = (states.take_under("average"), states.take_under("generator"));
            let state = if average.is_empty() { own } else { average };
            let layers = Generator::layers(config, dims);
            let forward = Forward {
                module: generator,
                forward: |network, latent| {
                    let latent = latent.features().flatten(1, 3);
                    values(network.forward(latent, &mut ForwardContext::default()).flatten(1, 3))
                },
            };
            let latent = gan::latent_size(config);
            Network::new(&forward, layers, state, signature(ImageNetwork::Generator { latent }))
        }
        Part::Discriminator => {
            let layers = Discriminator::layers(config, dims);
            let forward = Forward {
                module: discriminator,
                forward: |network, images| {
                    values(network.forward(images.features(), &mut ForwardContext::default()))
                },
            };
            let state = states.take_under("discriminator");
            Network::new(&forward, layers, state, signature(ImageNetwork::Discriminator))
        }
    }
}
