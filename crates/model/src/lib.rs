//! What is learned: one file per network, as Burn modules.
//!
//! Every network maps pictures `[batch, channels, height, width]` to logits `[batch, classes]`,
//! names its intermediates for whoever wants to look at them ([`Trace`]), and draws its initial
//! weights from the run's seed ([`init`]).
//!
//! | network | file |
//! | --- | --- |
//! | multilayer perceptron, softmax regression | [`mlp`] |
//! | LeNet-5 | [`lenet`] |
//! | plain convolutional network | [`cnn`] |
//! | residual network | [`resnet`] |
//!
//! The layers that they share stand in `layers.rs`.

#![forbid(unsafe_code)]

pub mod cnn;
pub mod init;
mod layers;
pub mod lenet;
pub mod mlp;
pub mod params;
mod pass;
pub mod resnet;
mod trace;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use hearth_config::ModelConfig;

pub use cnn::Cnn;
pub use lenet::Lenet;
pub use mlp::Mlp;
pub use pass::{Moments, Pass};
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

/// The pictures are too small for a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSmall {
    /// The smallest height and width that leave anything behind the network's poolings.
    pub smallest: usize,
}

impl std::fmt::Display for TooSmall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this network takes pictures of at least {0}x{0} pixels", self.smallest)
    }
}

impl std::error::Error for TooSmall {}

impl Classifier {
    /// The network that `config` describes, for pictures of this size, with the initial weights
    /// that belong to `seed`: the same ones on every device.
    pub fn new(
        config: &ModelConfig,
        picture: PictureDims,
        num_classes: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, TooSmall> {
        let smallest = match config {
            ModelConfig::Mlp(_) | ModelConfig::Resnet(_) => 1,
            ModelConfig::Lenet(_) => Lenet::SMALLEST,
            ModelConfig::Cnn(cnn) => 1 << cnn.widths.len(),
        };
        let [_, height, width] = picture;
        if height.min(width) < smallest {
            return Err(TooSmall { smallest });
        }
        let (network, initializer) = match config {
            ModelConfig::Mlp(mlp) => {
                (Self::Mlp(Mlp::new(mlp, picture, num_classes, device)), mlp.initializer)
            }
            ModelConfig::Lenet(lenet) => {
                (Self::Lenet(Lenet::new(lenet, picture, num_classes, device)), lenet.initializer)
            }
            ModelConfig::Cnn(cnn) => {
                (Self::Cnn(Cnn::new(cnn, picture, num_classes, device)), cnn.initializer)
            }
            ModelConfig::Resnet(resnet) => {
                let network = Resnet::new(resnet, picture, num_classes, device);
                (Self::Resnet(network), resnet.initializer)
            }
        };
        Ok(init::draw_weights(network, initializer, seed))
    }

    /// Pictures `[batch, channels, height, width]` to logits `[batch, num_classes]`.
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<2> {
        self.forward_in(pictures, &mut Pass::default())
    }

    /// The same as part of `pass`, which says whether this is training, and what is kept.
    pub fn forward_in(&self, pictures: Tensor<4>, pass: &mut Pass) -> Tensor<2> {
        match self {
            Self::Mlp(network) => network.forward(pictures, pass),
            Self::Lenet(network) => network.forward(pictures, pass),
            Self::Cnn(network) => network.forward(pictures, pass),
            Self::Resnet(network) => network.forward(pictures, pass),
        }
    }

    /// Takes the moments of a training pass into the running ones.
    #[must_use]
    pub fn absorb(self, moments: &[Moments]) -> Self {
        struct Absorb<'a>(&'a [Moments]);
        impl params::MapParam for Absorb<'_> {
            fn map<const D: usize>(
                &mut self,
                _: &str,
                param: Param<Tensor<D>>,
            ) -> Param<Tensor<D>> {
                let (id, dims) = (param.id, param.lazy_shape());
                param.map(|mut running| {
                    for moments in self.0 {
                        for (_, values) in moments
                            .layer
                            .iter()
                            .zip(&moments.values)
                            .filter(|(layer, _)| **layer == id)
                        {
                            running = layers::absorb(running, values.clone().reshape(dims.clone()));
                        }
                    }
                    running
                })
            }
        }
        if moments.is_empty() { self } else { params::map_params(self, &mut Absorb(moments)) }
    }
}

#[cfg(test)]
mod tests;
