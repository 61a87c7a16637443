//! A deep convolutional GAN (Radford, Metz and Chintala 2016, section 3): strided convolutions instead of
//! pooling, batch normalisation except at the generator's output and the discriminator's input, ReLU in the
//! generator and leaky ReLU in the discriminator. Kernels are 4x4, a multiple of the stride of 2, so that every
//! pixel is reached equally often (Odena, Dumoulin and Olah 2016).
//!
//! With `widths = [64, 128]`, from the image inwards, and 100 latent numbers on 1x28x28 images, the generator has
//! 765,953 parameters and the discriminator 138,689 parameters:
//!
//! | generator | output | parameters |
//! | --- | --- | --- |
//! | project: linear, norm, ReLU | batch, 128, 7, 7 | 633,728 |
//! | layers.0: transposed convolution, norm, ReLU | batch, 64, 14, 14 | 131,200 |
//! | last: transposed convolution, tanh | batch, 1, 28, 28 | 1,025 |
//!
//! | discriminator | output | parameters |
//! | --- | --- | --- |
//! | first: convolution, leaky ReLU | batch, 64, 14, 14 | 1,088 |
//! | layers.0: convolution, norm, leaky ReLU | batch, 128, 7, 7 | 131,328 |
//! | head: flatten, linear | batch, 1 | 6,273 |
//!
//! The linear layers hold their features in the order rows, columns, channels (NHWC), in which the feature maps next
//! to them lie in memory.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use hearth_config::DcganConfig;
use hearth_kernels::{Epilogue, FusedActivation};

use crate::init::ParamInit;
use crate::layers::{BatchNorm, ConvGeometry, ConvNorm, Convolution, linear, run_linear};
use crate::outline::{self, FeatureOrder, Function, Layer};
use crate::{ForwardContext, ImageDims};

/// Halves height and width, or doubles them when transposed.
const GEOMETRY: ConvGeometry = ConvGeometry { kernel: 4, stride: 2, padding: 1 };

/// Section 4: "the slope of the leak was set to 0.2".
const SLOPE: f64 = 0.2;

/// Channels, rows and columns of the feature maps between the linear layer and the convolutions.
fn innermost(config: &DcganConfig, [_, height, width]: ImageDims) -> [usize; 3] {
    let channels = config.widths.last().copied().unwrap_or(1);
    [channels, height >> config.widths.len(), width >> config.widths.len()]
}

/// The generator of a DCGAN; see the [module](self).
#[derive(Module, Debug)]
pub struct DcganGenerator {
    project: Linear,
    norm: BatchNorm,
    layers: Vec<ConvNorm>,
    last: Convolution,
    #[module(skip)]
    innermost: [usize; 3],
}

impl DcganGenerator {
    /// A network for images of this size, with parameters made by `init`.
    pub fn new(config: &DcganConfig, image: ImageDims, init: &mut ParamInit<'_>) -> Self {
        let innermost = innermost(config, image);
        let between = config.widths.windows(2).rev();
        Self {
            project: linear(config.latent, innermost.iter().product(), init),
            norm: BatchNorm::new(innermost[0], init),
            layers: between
                .map(|pair| ConvNorm::transposed([pair[1], pair[0]], GEOMETRY, init))
                .collect(),
            last: Convolution::transposed([config.widths[0], image[0]], GEOMETRY, true, init),
            innermost,
        }
    }

    /// The list of its layers, for exports.
    pub fn layers(config: &DcganConfig, image: ImageDims) -> Vec<Layer> {
        let innermost = innermost(config, image);
        let features = [config.latent, innermost.iter().product()];
        let order = FeatureOrder::Outputs(innermost);
        let relu = Layer::Function(Function::Relu);
        let mut layers = vec![
            Layer::Linear { path: "project".to_owned(), features, order },
            Layer::Unflatten(innermost),
            Layer::Norm { path: "norm".to_owned(), channels: innermost[0] },
            relu.clone(),
        ];
        for (index, pair) in config.widths.windows(2).rev().enumerate() {
            let path = format!("layers.{index}");
            layers.extend([
                outline::resampling_convolution(
                    &format!("{path}.convolution"),
                    [pair[1], pair[0]],
                    false,
                    true,
                ),
                Layer::Norm { path: format!("{path}.norm"), channels: pair[0] },
                relu.clone(),
            ]);
        }
        layers.push(outline::resampling_convolution(
            "last",
            [config.widths[0], image[0]],
            true,
            true,
        ));
        layers.push(Layer::Function(Function::Tanh));
        layers
    }

    /// Latent vectors `[batch, latent]` to images `[batch, channels, height, width]`, with values from -1 to 1.
    pub fn forward(&self, latent: Tensor<2>, context: &mut ForwardContext) -> Tensor<4> {
        let [batch, _] = latent.dims();
        let [channels, height, width] = self.innermost;
        let relu = Epilogue { activation: FusedActivation::Relu, ..Epilogue::default() };
        let x = run_linear(&self.project, latent, FusedActivation::None);
        let x = x.reshape([batch, height, width, channels]).permute([0, 3, 1, 2]);
        let mut x = self.norm.forward(x, relu.clone(), context);
        context.trace.keep(|| "project".to_owned(), &x);
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x, relu.clone(), context);
            context.trace.keep(|| format!("layers.{index}"), &x);
        }
        let images = self.last.forward(x, FusedActivation::Tanh);
        context.trace.keep(|| "last".to_owned(), &images);
        images
    }
}

/// The discriminator of a DCGAN; see the [module](self).
#[derive(Module, Debug)]
pub struct DcganDiscriminator {
    first: Convolution,
    layers: Vec<ConvNorm>,
    head: Linear,
}

impl DcganDiscriminator {
    /// A network for images of this size, with parameters made by `init`.
    pub fn new(config: &DcganConfig, image: ImageDims, init: &mut ParamInit<'_>) -> Self {
        let between = config.widths.windows(2);
        Self {
            first: Convolution::new([image[0], config.widths[0]], GEOMETRY, true, init),
            layers: between.map(|pair| ConvNorm::new([pair[0], pair[1]], GEOMETRY, init)).collect(),
            head: linear(innermost(config, image).iter().product(), 1, init),
        }
    }

    /// The list of its layers, for exports.
    pub fn layers(config: &DcganConfig, image: ImageDims) -> Vec<Layer> {
        let innermost = innermost(config, image);
        let leaky = Layer::Function(Function::LeakyRelu(SLOPE as f32));
        let first =
            outline::resampling_convolution("first", [image[0], config.widths[0]], true, false);
        let mut layers = vec![first, leaky.clone()];
        for (index, pair) in config.widths.windows(2).enumerate() {
            let path = format!("layers.{index}");
            layers.extend([
                outline::resampling_convolution(
                    &format!("{path}.convolution"),
                    [pair[0], pair[1]],
                    false,
                    false,
                ),
                Layer::Norm { path: format!("{path}.norm"), channels: pair[1] },
                leaky.clone(),
            ]);
        }
        let features = [innermost.iter().product(), 1];
        let order = FeatureOrder::Inputs(innermost);
        layers.extend([Layer::Flatten, Layer::Linear { path: "head".to_owned(), features, order }]);
        layers
    }

    /// Images `[batch, channels, height, width]` to logits `[batch, 1]`, positive for real ones.
    pub fn forward(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2> {
        let leaky =
            Epilogue { activation: FusedActivation::LeakyRelu(SLOPE), ..Epilogue::default() };
        let mut x = self.first.forward(images, FusedActivation::LeakyRelu(SLOPE));
        context.trace.keep(|| "first".to_owned(), &x);
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x, leaky.clone(), context);
            context.trace.keep(|| format!("layers.{index}"), &x);
        }
        let features = x.permute([0, 2, 3, 1]).flatten(1, 3);
        let logits = run_linear(&self.head, features, FusedActivation::None);
        context.trace.keep_flat(|| "head".to_owned(), &logits);
        logits
    }
}
