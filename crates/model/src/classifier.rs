//! The classifier: any of the networks that classify images, or a table's rows.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use hearth_config::{ClassifierConfig, MlpConfig};

use crate::init::ParamInit;
use crate::mlp::{Mlp, RowDims};
use crate::networks::ClassifierNetwork;
use crate::outline::Layer;
use crate::{ForwardContext, ImageDims, ImageSizeError};

macro_rules! networks {
    ($($(#[$doc:meta])* $kind:literal $variant:ident($config:ident),)*) => {
        /// A network that classifies images, or a table's rows.
        #[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
        #[derive(Module, Debug)]
        pub enum Classifier {
            $($(#[$doc])* $variant(crate::$variant),)*
        }

        impl Classifier {
            fn build(
                config: &ClassifierConfig,
                image: ImageDims,
                num_classes: usize,
                init: &mut ParamInit<'_>,
            ) -> Self {
                match config {
                    $(ClassifierConfig::$variant(config) => {
                        Self::$variant(ClassifierNetwork::new(config, image, num_classes, init))
                    })*
                }
            }

            /// The list of layers of the network that `config` describes, for exports; None if one of them is
            /// not in [`Layer`].
            pub fn layers(
                config: &ClassifierConfig,
                image: ImageDims,
                num_classes: usize,
            ) -> Option<Vec<Layer>> {
                match config {
                    $(ClassifierConfig::$variant(config) => {
                        <crate::$variant as ClassifierNetwork>::layers(config, image, num_classes)
                    })*
                }
            }

            /// Images `[batch, channels, height, width]` to features `[batch, features]`, the input of
            /// [`Classifier::head`].
            pub fn features(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2> {
                match self {
                    $(Self::$variant(network) => ClassifierNetwork::features(network, images, context),)*
                }
            }

            /// Features to logits `[batch, num_classes]`.
            pub fn head(&self, features: Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
                match self {
                    $(Self::$variant(network) => ClassifierNetwork::head(network, features, context),)*
                }
            }

            /// The path prefix of the head's [parameters](crate::params), without the dot.
            pub fn head_path(&self) -> String {
                match self {
                    $(Self::$variant(network) => ClassifierNetwork::head_path(network),)*
                }
            }
        }
    };
}

hearth_config::classifiers!(networks);

impl Classifier {
    /// The network that `config` describes, for images of this size. Its initial weights follow from `seed`, and
    /// are the same on every device.
    ///
    /// # Errors
    ///
    /// If poolings would leave less than one pixel of an image.
    pub fn new(
        config: &ClassifierConfig,
        image: ImageDims,
        num_classes: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, ImageSizeError> {
        let [_, height, width] = image;
        let smallest = config.smallest();
        if height.min(width) < smallest {
            return Err(ImageSizeError::TooSmall { smallest });
        }
        let mut init = ParamInit::new(config.initializer().into(), seed, device);
        let network = Self::build(config, image, num_classes, &mut init);
        Ok(init.finish(network))
    }

    /// The multilayer perceptron for rows of a table, with `num_outputs` for each row. Its initial weights
    /// follow from `seed`, and are the same on every device.
    pub fn for_rows(
        config: &MlpConfig,
        rows: &RowDims,
        num_outputs: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        let mut init = ParamInit::new(config.initializer.into(), seed, device);
        let network = Self::Mlp(Mlp::for_rows(config, rows, num_outputs, &mut init));
        init.finish(network)
    }

    /// The list of layers of [`Classifier::for_rows`], for exports.
    pub fn row_layers(config: &MlpConfig, rows: &RowDims, num_outputs: usize) -> Vec<Layer> {
        Mlp::row_layers(config, rows, num_outputs)
    }

    /// Images `[batch, channels, height, width]` to logits `[batch, num_classes]`, in eval mode.
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.forward_in(images, &mut ForwardContext::default())
    }

    /// [`Classifier::forward`] in the mode of `context`, which records intermediates and batch statistics.
    pub fn forward_in(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2> {
        let features = self.features(images, context);
        self.head(features, context)
    }
}
