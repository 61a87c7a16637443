//! A plain convolutional network: blocks of 3x3 convolutions, each with batch normalisation
//! (Ioffe and Szegedy 2015) and ReLU, and 2x2 max pooling behind each block, as in VGG (Simonyan
//! and Zisserman 2015), with one linear layer as its head.
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | blocks.0: `depth` convolutions with norm and ReLU, pooling | batch, `widths[0]`, 14, 14 | see below |
//! | blocks.1 | batch, `widths[1]`, 7, 7 | |
//! | ... | | |
//! | head: flatten, dropout, linear | batch, classes | inputs * classes + classes |
//!
//! A convolution from c to d channels has k k c d parameters and no bias, for its norm would take
//! it away again; the norm has 2 d. With `widths = [32, 64, 128]` on images of 1x28x28 in ten
//! classes: 352 + 18,560 + 73,984 + 11,530 = 104,426 parameters.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use hearth_config::{CnnConfig, Pooling};
use hearth_kernels::{Activation, Then};

use super::ClassifierNetwork;
#[cfg(test)]
use super::{StageTable, Stages};
use crate::init::ParamInit;
use crate::layers::{ConvGeometry, ConvNorm, DropoutLayer, apply_linear, linear};
use crate::outline::{self, Function, Layer};
use crate::{ForwardContext, ImageDims};

/// See the [module](self).
#[derive(Module, Debug)]
pub struct Cnn {
    blocks: Vec<ConvBlock>,
    dropout: DropoutLayer,
    head: Linear,
}

/// Convolutions at one size, and the pooling that halves it.
#[derive(Module, Debug)]
struct ConvBlock {
    layers: Vec<ConvNorm>,
}

impl ClassifierNetwork for Cnn {
    type Config = CnnConfig;

    /// The network for images of this size, its weights drawn by `init`.
    fn new(
        config: &CnnConfig,
        [channels, height, width]: ImageDims,
        num_classes: usize,
        init: &mut ParamInit<'_>,
    ) -> Self {
        let geometry = ConvGeometry::same(config.kernel_size, 1);
        let mut before = channels;
        let blocks = config.widths.iter().map(|width| {
            let inputs = std::iter::once(std::mem::replace(&mut before, *width));
            let inputs = inputs.chain(std::iter::repeat_n(*width, config.depth - 1));
            ConvBlock {
                layers: inputs
                    .map(|input| ConvNorm::new([input, *width], geometry, init))
                    .collect(),
            }
        });
        let blocks: Vec<_> = blocks.collect();
        let side = |size: usize| size >> blocks.len();
        let features = before * side(height) * side(width);
        Self {
            blocks,
            dropout: DropoutLayer::new(config.dropout),
            head: linear(features, num_classes, init),
        }
    }

    /// The layers that other programs know.
    fn layers(
        config: &CnnConfig,
        [channels, height, width]: ImageDims,
        classes: usize,
    ) -> Option<Vec<Layer>> {
        let mut layers = Vec::new();
        let mut before = channels;
        for (block, channels) in config.widths.iter().enumerate() {
            for layer in 0..config.depth {
                let path = format!("blocks.{block}.layers.{layer}");
                layers.extend(outline::conv_norm(
                    &path,
                    [before, *channels],
                    [config.kernel_size, 1],
                ));
                layers.push(Layer::Function(Function::Relu));
                before = *channels;
            }
            layers.push(Layer::Pool(Pooling::Max));
        }
        let side = |size: usize| size >> config.widths.len();
        layers.push(Layer::Flatten);
        layers.push(outline::linear("head", [before * side(height) * side(width), classes]));
        Some(layers)
    }

    /// Images `[batch, channels, height, width]` to what the head reads.
    fn features(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2> {
        let mut x = images;
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.forward(x, context);
            context.trace.keep(|| format!("blocks.{index}"), &x);
        }
        self.dropout.forward(x.flatten(1, 3), context)
    }

    /// Features to logits `[batch, num_classes]`.
    fn head(&self, features: Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
        let logits = apply_linear(&self.head, features, hearth_config::Activation::None);
        context.trace.keep_flat(|| "head".to_owned(), &logits);
        logits
    }
}

impl ConvBlock {
    fn forward(&self, mut x: Tensor<4>, context: &mut ForwardContext) -> Tensor<4> {
        for (index, layer) in self.layers.iter().enumerate() {
            let last = index + 1 == self.layers.len();
            let activation = Activation::Relu;
            let then = Then { activation, max_pool: last.then_some(2), ..Then::default() };
            x = layer.forward(x, then, context);
        }
        x
    }
}

#[cfg(test)]
impl StageTable for Cnn {
    fn table() -> Vec<(CnnConfig, Stages)> {
        let config = |widths: &[usize], depth| CnnConfig {
            widths: widths.to_vec(),
            depth,
            kernel_size: 3,
            dropout: 0.0,
            initializer: hearth_config::Initializer::He,
        };
        vec![
            (
                config(&[32, 64, 128], 1),
                Stages {
                    image: [1, 28, 28],
                    stages: vec![
                        ("blocks.0", [3, 32, 14, 14]),
                        ("blocks.1", [3, 64, 7, 7]),
                        ("blocks.2", [3, 128, 3, 3]),
                        ("head", [3, 10, 1, 1]),
                    ],
                    parameters: 104_426,
                },
            ),
            (
                config(&[4, 6], 2),
                Stages {
                    image: [3, 9, 7],
                    stages: vec![
                        ("blocks.0", [3, 4, 4, 3]),
                        ("blocks.1", [3, 6, 2, 1]),
                        ("head", [3, 10, 1, 1]),
                    ],
                    // 3 to 4, 4 to 4, 4 to 6, 6 to 6, and 12 features.
                    parameters: (108 + 8) + (144 + 8) + (216 + 12) + (324 + 12) + 130,
                },
            ),
        ]
    }
}
