//! What is learned: one file per network, as Burn modules.
//!
//! A [`Classifier`] maps pictures `[batch, channels, height, width]` to logits `[batch, classes]`; a
//! [`Gan`] makes pictures of random numbers, and tells them from real ones. Every network names its
//! intermediates for whoever wants to look at them ([`Trace`]), and draws its initial weights from
//! the run's seed ([`init`]).
//!
//! | network | file |
//! | --- | --- |
//! | multilayer perceptron, softmax regression | [`mlp`] |
//! | LeNet-5 | [`lenet`] |
//! | plain convolutional network | [`cnn`] |
//! | residual network | [`resnet`] |
//! | adversarial pair of convolutions | [`dcgan`] |
//! | adversarial pair of linear layers | [`mlp_gan`] |
//!
//! The layers that they share stand in `layers.rs`; [`outline`] is how other programs know them.

#![forbid(unsafe_code)]

pub mod cnn;
pub mod dcgan;
pub mod gan;
pub mod init;
mod layers;
pub mod lenet;
pub mod mlp;
pub mod mlp_gan;
pub mod outline;
pub mod params;
mod pass;
pub mod resnet;
mod trace;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use hearth_config::ClassifierConfig;

pub use cnn::Cnn;
use init::Init;

pub use gan::{Discriminator, Gan, Generator};
pub use lenet::Lenet;
pub use mlp::Mlp;
pub use outline::Layer;
pub use pass::{Moments, Pass, absorb};
pub use resnet::Resnet;
pub use trace::Trace;

/// The size of a picture: channels, height, width.
pub type PictureDims = [usize; 3];

/// Any of the networks that classify pictures.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
#[derive(Module, Debug)]
pub enum Classifier {
    /// See [`mlp`].
    Mlp(Mlp),
    /// See [`lenet`].
    Lenet(Lenet),
    /// See [`cnn`].
    Cnn(Cnn),
    /// See [`resnet`].
    Resnet(Resnet),
}

/// The pictures do not fit a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Nothing is left of them behind the network's poolings.
    TooSmall {
        /// The smallest height and width that leave a pixel.
        smallest: usize,
    },
    /// Their sides cannot be halved as often as the network does.
    Indivisible {
        /// What both sides must be multiples of.
        multiple: usize,
    },
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooSmall { smallest } => {
                write!(f, "this network takes pictures of at least {smallest}x{smallest} pixels")
            }
            Self::Indivisible { multiple } => {
                write!(f, "this network makes pictures whose sides are multiples of {multiple}")
            }
        }
    }
}

impl std::error::Error for Unfit {}

impl Classifier {
    /// The network that `config` describes, for pictures of this size, with the initial weights
    /// that belong to `seed`: the same ones on every device.
    pub fn new(
        config: &ClassifierConfig,
        picture: PictureDims,
        num_classes: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, Unfit> {
        let smallest = match config {
            ClassifierConfig::Mlp(_) | ClassifierConfig::Resnet(_) => 1,
            ClassifierConfig::Lenet(_) => Lenet::SMALLEST,
            ClassifierConfig::Cnn(cnn) => 1 << cnn.widths.len(),
        };
        let [_, height, width] = picture;
        if height.min(width) < smallest {
            return Err(Unfit::TooSmall { smallest });
        }
        let initializer = match config {
            ClassifierConfig::Mlp(mlp) => mlp.initializer,
            ClassifierConfig::Lenet(lenet) => lenet.initializer,
            ClassifierConfig::Cnn(cnn) => cnn.initializer,
            ClassifierConfig::Resnet(resnet) => resnet.initializer,
        };
        let mut init = Init::new(initializer.into(), seed, device);
        let network = match config {
            ClassifierConfig::Mlp(mlp) => Self::Mlp(Mlp::new(mlp, picture, num_classes, &mut init)),
            ClassifierConfig::Lenet(lenet) => {
                Self::Lenet(Lenet::new(lenet, picture, num_classes, &mut init))
            }
            ClassifierConfig::Cnn(cnn) => Self::Cnn(Cnn::new(cnn, picture, num_classes, &mut init)),
            ClassifierConfig::Resnet(resnet) => {
                Self::Resnet(Resnet::new(resnet, picture, num_classes, &mut init))
            }
        };
        Ok(init.finish(network))
    }

    /// The layers of the network that `config` describes, as other programs know them; none where it has
    /// layers that they do not.
    pub fn layers(
        config: &ClassifierConfig,
        picture: PictureDims,
        num_classes: usize,
    ) -> Option<Vec<Layer>> {
        Some(match config {
            ClassifierConfig::Mlp(config) => Mlp::layers(config, picture, num_classes),
            ClassifierConfig::Lenet(config) => Lenet::layers(config, picture, num_classes),
            ClassifierConfig::Cnn(config) => Cnn::layers(config, picture, num_classes),
            ClassifierConfig::Resnet(config) => Resnet::layers(config, picture, num_classes),
        })
    }

    /// Pictures `[batch, channels, height, width]` to logits `[batch, num_classes]`.
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<2> {
        self.forward_in(pictures, &mut Pass::default())
    }

    /// The same as part of `pass`, which says whether this is training, and what is kept.
    pub fn forward_in(&self, pictures: Tensor<4>, pass: &mut Pass) -> Tensor<2> {
        let features = self.features(pictures, pass);
        self.head(features, pass)
    }

    /// Pictures `[batch, channels, height, width]` to the features `[batch, features]` that the
    /// last layer, the [`Classifier::head`], tells the classes by.
    pub fn features(&self, pictures: Tensor<4>, pass: &mut Pass) -> Tensor<2> {
        match self {
            Self::Mlp(network) => network.features(pictures, pass),
            Self::Lenet(network) => network.features(pictures, pass),
            Self::Cnn(network) => network.features(pictures, pass),
            Self::Resnet(network) => network.features(pictures, pass),
        }
    }

    /// Features to logits `[batch, num_classes]`.
    pub fn head(&self, features: Tensor<2>, pass: &mut Pass) -> Tensor<2> {
        match self {
            Self::Mlp(network) => network.head(features, pass),
            Self::Lenet(network) => network.head(features, pass),
            Self::Cnn(network) => network.head(features, pass),
            Self::Resnet(network) => network.head(features, pass),
        }
    }

    /// The path of the head among the [parameters](params): those of the head begin with it and a dot.
    pub fn head_path(&self) -> String {
        match self {
            Self::Mlp(network) => network.head_path(),
            Self::Lenet(network) => network.head_path(),
            Self::Cnn(_) | Self::Resnet(_) => "head".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
