//! The interface of a classifier's network.

use burn::tensor::Tensor;

use crate::init::ParamInit;
use crate::outline::Layer;
use crate::{ForwardContext, ImageDims};

/// A network that classifies images: a body that computes features, and a head that computes logits.
pub(crate) trait ClassifierNetwork: Sized {
    /// Its settings.
    type Config;

    /// A network for images of this size, with parameters made by `init`.
    fn new(
        config: &Self::Config,
        image: ImageDims,
        num_classes: usize,
        init: &mut ParamInit<'_>,
    ) -> Self;

    /// The list of its layers, for exports; None if one of them is not in [`Layer`].
    fn layers(
        _config: &Self::Config,
        _image: ImageDims,
        _num_classes: usize,
    ) -> Option<Vec<Layer>> {
        None
    }

    /// Images `[batch, channels, height, width]` to features `[batch, features]`, the input of the head.
    fn features(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2>;

    /// Features to logits `[batch, num_classes]`.
    fn head(&self, features: Tensor<2>, context: &mut ForwardContext) -> Tensor<2>;

    /// The path prefix of the head's parameters.
    fn head_path(&self) -> String {
        "head".to_owned()
    }
}
