//! The parts of every network that names the class of an image.

use burn::tensor::Tensor;

use crate::init::ParamInit;
use crate::outline::Layer;
use crate::{ForwardContext, ImageDims};

/// A network that names the class of an image.
pub(crate) trait Network: Sized {
    /// Its settings.
    type Config;

    /// The network for images of this size, its weights drawn by `init`.
    fn new(
        config: &Self::Config,
        image: ImageDims,
        num_classes: usize,
        init: &mut ParamInit<'_>,
    ) -> Self;

    /// Its layers as other programs know them; none where it has some that they do not.
    fn layers(
        _config: &Self::Config,
        _picture: ImageDims,
        _num_classes: usize,
    ) -> Option<Vec<Layer>> {
        None
    }

    /// Images `[batch, channels, height, width]` to the features `[batch, features]` that the head reads.
    fn features(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2>;

    /// Features to logits `[batch, num_classes]`.
    fn head(&self, features: Tensor<2>, context: &mut ForwardContext) -> Tensor<2>;

    /// The path of the head among the parameters.
    fn head_path(&self) -> String {
        "head".to_owned()
    }
}

/// The table at the top of a network's file, for the test that holds it true.
#[cfg(test)]
pub(crate) trait Table: Network {
    /// Settings, and what follows from them.
    fn table() -> Vec<(Self::Config, Row)>;
}

/// The shapes of a network.
#[cfg(test)]
pub(crate) struct Row {
    pub image: ImageDims,
    /// The output of each layer, for a batch of three images of ten classes.
    pub stages: Vec<(&'static str, [usize; 4])>,
    /// The number of parameters.
    pub parameters: usize,
}
