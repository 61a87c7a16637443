//! Generative adversarial networks (Goodfellow et al. 2014): a generator and its discriminator.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use hearth_config::GanConfig;

use crate::init::{Distribution, ParamInit};
use crate::{ForwardContext, ImageDims, ImageSizeError, Layer, dcgan, mlp_gan};

/// A network that maps latent vectors to images.
#[expect(clippy::large_enum_variant, reason = "there are two of it in a run")]
#[derive(Module, Debug)]
pub enum Generator {
    /// See [`dcgan`].
    Dcgan(dcgan::DcganGenerator),
    /// See [`mlp_gan`].
    Mlp(mlp_gan::MlpGenerator),
}

impl Generator {
    /// The list of layers of the generator that `config` describes, for exports; None if one of them is not
    /// in [`Layer`].
    pub fn layers(config: &GanConfig, image: ImageDims) -> Option<Vec<Layer>> {
        Some(match config {
            GanConfig::Dcgan(config) => dcgan::DcganGenerator::layers(config, image),
            GanConfig::MlpGan(config) => mlp_gan::MlpGenerator::layers(config, image),
        })
    }

    /// Latent vectors `[batch, latent]` to images `[batch, channels, height, width]`, with values from -1 to 1.
    pub fn forward(&self, latent: Tensor<2>, context: &mut ForwardContext) -> Tensor<4> {
        match self {
            Self::Dcgan(network) => network.forward(latent, context),
            Self::Mlp(network) => network.forward(latent, context),
        }
    }
}

/// A network that tells real images from fake ones.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
#[derive(Module, Debug)]
pub enum Discriminator {
    /// See [`dcgan`].
    Dcgan(dcgan::DcganDiscriminator),
    /// See [`mlp_gan`].
    Mlp(mlp_gan::MlpDiscriminator),
}

impl Discriminator {
    /// The list of layers of the discriminator that `config` describes, as in [`Generator::layers`].
    pub fn layers(config: &GanConfig, image: ImageDims) -> Option<Vec<Layer>> {
        Some(match config {
            GanConfig::Dcgan(config) => dcgan::DcganDiscriminator::layers(config, image),
            GanConfig::MlpGan(config) => mlp_gan::MlpDiscriminator::layers(config, image),
        })
    }

    /// Images `[batch, channels, height, width]`, with values from -1 to 1, to logits `[batch, 1]`, positive
    /// for real ones.
    pub fn forward(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2> {
        match self {
            Self::Dcgan(network) => network.forward(images, context),
            Self::Mlp(network) => network.forward(images, context),
        }
    }
}

/// A generator and its discriminator.
#[derive(Module, Debug)]
pub struct Gan {
    /// Maps latent vectors to images.
    pub generator: Generator,
    /// Tells real images from fake ones.
    pub discriminator: Discriminator,
}

impl Gan {
    /// The pair that `config` describes, for images of this size. Its initial weights follow from `seed`, and
    /// are the same on every device.
    ///
    /// # Errors
    ///
    /// If a DCGAN's strided convolutions cannot halve the image's height and width evenly.
    pub fn new(
        config: &GanConfig,
        image: ImageDims,
        seed: u64,
        device: &Device,
    ) -> Result<Self, ImageSizeError> {
        let distribution = match config {
            GanConfig::Dcgan(_) => DCGAN_WEIGHTS,
            GanConfig::MlpGan(_) => Distribution::He,
        };
        let mut init = ParamInit::new(distribution, seed, device);
        let pair = match config {
            GanConfig::Dcgan(config) => {
                let multiple = 1 << config.widths.len();
                if !image[1..].iter().all(|side| side.is_multiple_of(multiple)) {
                    return Err(ImageSizeError::Indivisible { multiple });
                }
                let generator = dcgan::DcganGenerator::new(config, image, &mut init);
                let discriminator = dcgan::DcganDiscriminator::new(config, image, &mut init);
                Self {
                    generator: Generator::Dcgan(generator),
                    discriminator: Discriminator::Dcgan(discriminator),
                }
            }
            GanConfig::MlpGan(config) => {
                let generator = mlp_gan::MlpGenerator::new(config, image, &mut init);
                let discriminator = mlp_gan::MlpDiscriminator::new(config, image, &mut init);
                Self {
                    generator: Generator::Mlp(generator),
                    discriminator: Discriminator::Mlp(discriminator),
                }
            }
        };
        Ok(init.finish(pair))
    }
}

/// The initial weights of a DCGAN (Radford, Metz and Chintala 2016, section 4).
const DCGAN_WEIGHTS: Distribution = Distribution::Normal(0.02);

/// The size of a latent vector.
pub fn latent_size(config: &GanConfig) -> usize {
    match config {
        GanConfig::Dcgan(config) => config.latent,
        GanConfig::MlpGan(config) => config.latent,
    }
}

#[cfg(test)]
mod tests;
