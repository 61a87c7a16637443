//! Networks and their layers, as Burn modules.
//!
//! A [`Classifier`] maps images `[batch, channels, height, width]` to logits `[batch, classes]`. A [`Gan`]
//! holds a generator, which maps latent vectors to images, and a discriminator, which tells real images from
//! fake ones. A [`Translator`] maps a sequence of tokens to another. An [`ActorCritic`] maps observations of an
//! environment to a policy and estimated returns. Every network names its intermediates ([`Trace`]) and draws its
//! initial weights from the run's seed ([`init`]).
//!
//! | network | file |
//! | --- | --- |
//! | multilayer perceptron, softmax regression | [`mlp`] |
//! | LeNet-5 | [`lenet`] |
//! | plain convolutional network | [`cnn`] |
//! | residual network | [`resnet`] |
//! | deep convolutional GAN | [`dcgan`] |
//! | GAN of multilayer perceptrons | [`mlp_gan`] |
//! | recurrent encoder and decoder, with attention | [`seq2seq`] |
//! | transformer | [`transformer`] |
//! | actor and critic | [`actor_critic`] |
//!
//! `layers` holds the layers that they share; [`outline`] lists a network's layers for exports.

#![forbid(unsafe_code)]

mod classifier;
mod context;
pub mod gan;
pub mod init;
mod layers;
mod networks;
pub mod outline;
pub mod params;
mod sequence;
mod trace;
mod translator;

pub use classifier::Classifier;
pub use context::{BatchStatistics, ForwardContext, update_running_statistics};
pub use gan::{Discriminator, Gan, Generator};
pub use networks::actor_critic::{self, ActorCritic};
pub use networks::cnn::{self, Cnn};
pub use networks::lenet::{self, Lenet};
pub use networks::mlp::{self, Mlp, RowDims};
pub use networks::resnet::{self, Resnet};
pub use networks::{dcgan, mlp_gan, seq2seq, transformer};
pub use outline::Layer;
pub use sequence::{Decoded, DecoderState, Encoding};
pub use trace::Trace;
pub use translator::Translator;

/// The size of an image: channels, height, width.
pub type ImageDims = [usize; 3];

/// Image sizes that a network cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageSizeError {
    /// Poolings leave less than one pixel.
    TooSmall {
        /// The smallest height and width, in pixels.
        smallest: usize,
    },
    /// Height or width cannot be halved by each strided convolution without a remainder.
    Indivisible {
        /// Height and width must be multiples of this number of pixels.
        multiple: usize,
    },
}

impl std::fmt::Display for ImageSizeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooSmall { smallest } => {
                write!(f, "this network takes images of at least {smallest}x{smallest} pixels")
            }
            Self::Indivisible { multiple } => {
                write!(f, "this network makes images whose sides are multiples of {multiple}")
            }
        }
    }
}

impl std::error::Error for ImageSizeError {}

#[cfg(test)]
mod tests;
