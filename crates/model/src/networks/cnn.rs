//! A plain convolutional network: blocks of 3x3 convolutions, each with batch normalisation (Ioffe and Szegedy
//! 2015) and ReLU, and 2x2 max pooling at the end of each block, as in VGG (Simonyan and Zisserman 2015), with
//! one linear layer as its head. Kernel size and number of convolutions in a block are settings.
//!
//! With `widths = [32, 64, 128]` and `depth = 1` on 1x28x28 images in ten classes, 104,426 parameters:
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | blocks.0: convolution, norm, ReLU, max pooling | batch, 32, 14, 14 | 352 |
//! | blocks.1: convolution, norm, ReLU, max pooling | batch, 64, 7, 7 | 18,560 |
//! | blocks.2: convolution, norm, ReLU, max pooling | batch, 128, 3, 3 | 73,984 |
//! | head: flatten, dropout, linear | batch, 10 | 11,530 |
//!
//! A convolution with a k x k kernel from c to d channels has k k c d parameters and its norm 2 d; a bias would
//! be cancelled by the norm.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use hearth_config::{CnnConfig, Pooling};
use hearth_kernels::{Epilogue, FusedActivation};

use super::ClassifierNetwork;
#[cfg(test)]
use super::{StageTable, Stages};
use crate::init::ParamInit;
use crate::layers::{ConvGeometry, ConvNorm, DropoutLayer, linear, run_linear};
use crate::outline::{self, Function, Layer};
use crate::{ForwardContext, ImageDims};

/// The plain convolutional network; see the [module](self).
#[derive(Module, Debug)]
pub struct Cnn {
    blocks: Vec<ConvBlock>,
    dropout: DropoutLayer,
    head: Linear,
}

/// Convolutions at one resolution, and the pooling that halves it.
#[derive(Module, Debug)]
struct ConvBlock {
    layers: Vec<ConvNorm>,
}

impl ClassifierNetwork for Cnn {
    type Config = CnnConfig;

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

    fn features(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2> {
        let mut x = images;
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.forward(x, context);
            context.trace.keep(|| format!("blocks.{index}"), &x);
        }
        self.dropout.forward(x.flatten(1, 3), context)
    }

    fn head(&self, features: Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
        let logits = run_linear(&self.head, features, FusedActivation::None);
        context.trace.keep_flat(|| "head".to_owned(), &logits);
        logits
    }
}

impl ConvBlock {
    fn forward(&self, mut x: Tensor<4>, context: &mut ForwardContext) -> Tensor<4> {
        for (index, layer) in self.layers.iter().enumerate() {
            let last = index + 1 == self.layers.len();
            let activation = FusedActivation::Relu;
            let epilogue =
                Epilogue { activation, max_pool: last.then_some(2), ..Epilogue::default() };
            x = layer.forward(x, epilogue, context);
        }
        x
    }
}

#[cfg(test)]
impl StageTable for Cnn {
    const SOURCE: &'static str = include_str!("cnn.rs");

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
                    rows: vec![
                        ("blocks.0", [3, 32, 14, 14], 352),
                        ("blocks.1", [3, 64, 7, 7], 18_560),
                        ("blocks.2", [3, 128, 3, 3], 73_984),
                        ("head", [3, 10, 1, 1], 11_530),
                    ],
                    parameters: 104_426,
                },
            ),
            (
                config(&[4, 6], 2),
                Stages {
                    image: [3, 9, 7],
                    rows: vec![
                        ("blocks.0", [3, 4, 4, 3], (108 + 8) + (144 + 8)),
                        ("blocks.1", [3, 6, 2, 1], (216 + 12) + (324 + 12)),
                        ("head", [3, 10, 1, 1], 130),
                    ],
                    // 3 to 4, 4 to 4, 4 to 6, 6 to 6, and 12 features.
                    parameters: (108 + 8) + (144 + 8) + (216 + 12) + (324 + 12) + 130,
                },
            ),
        ]
    }
}
