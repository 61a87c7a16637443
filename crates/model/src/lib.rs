//! What is learned: one file per network, as Burn modules.
//!
//! Every network maps pictures `[batch, channels, height, width]` to logits `[batch, classes]`,
//! names its intermediates for whoever wants to look at them ([`Trace`]), and draws its initial
//! weights from the run's seed ([`init`]).
//!
//! | network | file |
//! | --- | --- |
//! | multilayer perceptron, softmax regression | [`mlp`] |

pub mod init;
pub mod mlp;
pub mod params;
mod trace;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use hearth_config::ModelConfig;

pub use mlp::Mlp;
pub use trace::Trace;

/// The size of a picture: channels, height, width.
pub type PictureDims = [usize; 3];

/// Any of the networks that classify pictures.
#[derive(Module, Debug)]
pub enum Classifier {
    /// See [`mlp`].
    Mlp(Mlp),
}

impl Classifier {
    /// The network that `config` describes, for pictures of this size, with the initial weights
    /// that belong to `seed`: the same ones on every device.
    pub fn new(
        config: &ModelConfig,
        picture: PictureDims,
        num_classes: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        match config {
            ModelConfig::Mlp(mlp) => {
                let network = Self::Mlp(Mlp::new(mlp, picture, num_classes, device));
                init::draw_weights(network, mlp.initializer, seed)
            }
        }
    }

    /// Pictures `[batch, channels, height, width]` to logits `[batch, num_classes]`.
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<2> {
        self.forward_traced(pictures, &mut Trace::Off)
    }

    /// The same, keeping every intermediate that `trace` asks for.
    pub fn forward_traced(&self, pictures: Tensor<4>, trace: &mut Trace) -> Tensor<2> {
        match self {
            Self::Mlp(network) => network.forward(pictures, trace),
        }
    }
}
