//! LeNet-5 (LeCun, Bottou, Bengio and Haffner 1998, figure 2) in the form of *Dive into Deep Learning*: all
//! feature maps are connected, the last layer is linear, and a padding of 2 makes 32x32 images of 28x28 ones.
//! Activation and pooling are settings; the book has sigmoid and average pooling.
//!
//! On 1x28x28 images in ten classes, 61,706 parameters:
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | convolutions.0: 5x5, padding 2, activation | batch, 6, 28, 28 | 156 |
//! | convolutions.1: 2x2 pooling, 5x5, activation | batch, 16, 10, 10 | 2,416 |
//! | layers.0: 2x2 pooling, flatten, linear, activation | batch, 120 | 48,120 |
//! | layers.1: linear, activation | batch, 84 | 10,164 |
//! | layers.2: linear | batch, 10 | 850 |

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use hearth_config::{Activation, LenetConfig, Pooling};

use super::ClassifierNetwork;
#[cfg(test)]
use super::{StageTable, Stages};
use crate::init::ParamInit;
use crate::layers::{ConvGeometry, Convolution, activate, apply_linear, linear, pool, split};
use crate::outline::{Layer, function, perceptron};
use crate::{ForwardContext, ImageDims};

/// LeNet-5; see the [module](self).
#[derive(Module, Debug)]
pub struct Lenet {
    convolutions: Vec<Convolution>,
    layers: Vec<Linear>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    pooling: Pooling,
}

impl ClassifierNetwork for Lenet {
    type Config = LenetConfig;

    fn new(
        config: &LenetConfig,
        [channels, height, width]: ImageDims,
        num_classes: usize,
        init: &mut ParamInit<'_>,
    ) -> Self {
        let first = ConvGeometry { kernel: 5, stride: 1, padding: 2 };
        let second = ConvGeometry { padding: 0, ..first };
        let side = |size: usize| (size / 2 - 4) / 2;
        let widths = [16 * side(height) * side(width), 120, 84, num_classes];
        Self {
            convolutions: vec![
                Convolution::new([channels, 6], first, true, init),
                Convolution::new([6, 16], second, true, init),
            ],
            layers: widths.windows(2).map(|pair| linear(pair[0], pair[1], init)).collect(),
            activation: config.activation,
            pooling: config.pooling,
        }
    }

    fn layers(
        config: &LenetConfig,
        [channels, height, width]: ImageDims,
        classes: usize,
    ) -> Option<Vec<Layer>> {
        let mut layers = Vec::new();
        for (index, (channels, padding)) in
            [([channels, 6], 2), ([6, 16], 0)].into_iter().enumerate()
        {
            layers.push(Layer::Convolution {
                path: format!("convolutions.{index}"),
                channels,
                kernel: 5,
                stride: 1,
                padding,
                bias: true,
                transposed: false,
            });
            layers.extend(function(config.activation).map(Layer::Function));
            layers.push(Layer::Pool(config.pooling));
        }
        layers.push(Layer::Flatten);
        let side = |size: usize| (size / 2 - 4) / 2;
        let widths = [16 * side(height) * side(width), 120, 84, classes];
        layers.extend(perceptron(&widths, function(config.activation)));
        Some(layers)
    }

    /// The features are `[batch, 84]`.
    fn features(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2> {
        let mut x = images;
        for (index, layer) in self.convolutions.iter().enumerate() {
            let (fused, rest) = split(self.activation);
            x = activate(rest, layer.forward(x, fused));
            context.trace.keep(|| format!("convolutions.{index}"), &x);
            x = pool(self.pooling, x);
        }
        let mut features: Tensor<2> = x.flatten(1, 3);
        let (_, hidden) = self.layers.split_last().expect("three layers");
        for (index, layer) in hidden.iter().enumerate() {
            features = apply_linear(layer, features, self.activation);
            context.trace.keep_flat(|| format!("layers.{index}"), &features);
        }
        features
    }

    fn head(&self, features: Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
        let (last, _) = self.layers.split_last().expect("three layers");
        let logits = apply_linear(last, features, Activation::None);
        context.trace.keep_flat(|| self.head_path(), &logits);
        logits
    }

    fn head_path(&self) -> String {
        format!("layers.{}", self.layers.len() - 1)
    }
}

#[cfg(test)]
impl StageTable for Lenet {
    const SOURCE: &'static str = include_str!("lenet.rs");

    fn table() -> Vec<(LenetConfig, Stages)> {
        let row = Stages {
            image: [1, 28, 28],
            rows: vec![
                ("convolutions.0", [3, 6, 28, 28], 156),
                ("convolutions.1", [3, 16, 10, 10], 2_416),
                ("layers.0", [3, 120, 1, 1], 48_120),
                ("layers.1", [3, 84, 1, 1], 10_164),
                ("layers.2", [3, 10, 1, 1], 850),
            ],
            parameters: 61_706,
        };
        vec![(LenetConfig::default(), row)]
    }
}
