//! A GAN of multilayer perceptrons (Goodfellow et al. 2014, section 5), with the activations of later ones: leaky
//! ReLU in the discriminator instead of maxout, and tanh at the generator's output instead of the sigmoid.
//!
//! With `hidden = [512, 256]`, from the image inwards, and 100 latent numbers on 1x28x28 images, the generator has
//! 559,632 parameters and the discriminator 533,505 parameters:
//!
//! | generator | output | parameters |
//! | --- | --- | --- |
//! | layers.0: linear, ReLU | batch, 256 | 25,856 |
//! | layers.1: linear, ReLU | batch, 512 | 131,584 |
//! | layers.2: linear, tanh | batch, 1, 28, 28 | 402,192 |
//!
//! | discriminator | output | parameters |
//! | --- | --- | --- |
//! | layers.0: flatten, linear, leaky ReLU | batch, 512 | 401,920 |
//! | layers.1: linear, leaky ReLU | batch, 256 | 131,328 |
//! | layers.2: linear | batch, 1 | 257 |

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use hearth_config::MlpGanConfig;
use hearth_kernels::FusedActivation;

use crate::init::ParamInit;
use crate::layers::{linear, run_linear};
use crate::outline::{Function, Layer, perceptron};
use crate::{ForwardContext, ImageDims};

/// The slope of the discriminator's leaky ReLU for negative numbers.
const SLOPE: f64 = 0.2;

/// The generator of a GAN of perceptrons; see the [module](self).
#[derive(Module, Debug)]
pub struct MlpGenerator {
    layers: Vec<Linear>,
    #[module(skip)]
    image: ImageDims,
}

impl MlpGenerator {
    /// A network for images of this size, with parameters made by `init`.
    pub fn new(config: &MlpGanConfig, image: ImageDims, init: &mut ParamInit<'_>) -> Self {
        Self { layers: stack(&Self::widths(config, image), init), image }
    }

    /// The list of its layers, for exports.
    pub fn layers(config: &MlpGanConfig, image: ImageDims) -> Vec<Layer> {
        let mut layers = perceptron(&Self::widths(config, image), Some(Function::Relu));
        layers.extend([Layer::Function(Function::Tanh), Layer::Unflatten(image)]);
        layers
    }

    fn widths(config: &MlpGanConfig, image: ImageDims) -> Vec<usize> {
        let hidden: Vec<_> = config.hidden.iter().rev().copied().collect();
        [&[config.latent], &hidden[..], &[image.iter().product()]].concat()
    }

    /// Latent vectors `[batch, latent]` to images `[batch, channels, height, width]`, with values from -1 to 1.
    pub fn forward(&self, latent: Tensor<2>, context: &mut ForwardContext) -> Tensor<4> {
        let [batch, _] = latent.dims();
        let [channels, height, width] = self.image;
        let pixels =
            run(&self.layers, latent, [FusedActivation::Relu, FusedActivation::Tanh], context);
        let images = pixels.reshape([batch, channels, height, width]);
        context.trace.keep(|| format!("layers.{}", self.layers.len() - 1), &images);
        images
    }
}

/// The discriminator of a GAN of perceptrons; see the [module](self).
#[derive(Module, Debug)]
pub struct MlpDiscriminator {
    layers: Vec<Linear>,
}

impl MlpDiscriminator {
    /// A network for images of this size, with parameters made by `init`.
    pub fn new(config: &MlpGanConfig, image: ImageDims, init: &mut ParamInit<'_>) -> Self {
        Self { layers: stack(&Self::widths(config, image), init) }
    }

    /// The list of its layers, for exports.
    pub fn layers(config: &MlpGanConfig, image: ImageDims) -> Vec<Layer> {
        let function = Function::LeakyRelu(SLOPE as f32);
        let mut layers = vec![Layer::Flatten];
        layers.extend(perceptron(&Self::widths(config, image), Some(function)));
        layers
    }

    fn widths(config: &MlpGanConfig, image: ImageDims) -> Vec<usize> {
        [&[image.iter().product()], &config.hidden[..], &[1]].concat()
    }

    /// Images `[batch, channels, height, width]` to logits `[batch, 1]`, positive for real ones.
    pub fn forward(&self, images: Tensor<4>, context: &mut ForwardContext) -> Tensor<2> {
        let functions = [FusedActivation::LeakyRelu(SLOPE), FusedActivation::None];
        let logits = run(&self.layers, images.flatten(1, 3), functions, context);
        context.trace.keep_flat(|| format!("layers.{}", self.layers.len() - 1), &logits);
        logits
    }
}

fn stack(widths: &[usize], init: &mut ParamInit<'_>) -> Vec<Linear> {
    widths.windows(2).map(|pair| linear(pair[0], pair[1], init)).collect()
}

/// Applies all layers, with `activation` after each hidden one and `last_activation` after the last.
fn run(
    layers: &[Linear],
    x: Tensor<2>,
    [activation, last_activation]: [FusedActivation; 2],
    context: &mut ForwardContext,
) -> Tensor<2> {
    let (last, hidden) = layers.split_last().expect("the layer of the image or the logit");
    let mut features = x;
    for (index, layer) in hidden.iter().enumerate() {
        features = run_linear(layer, features, activation);
        context.trace.keep_flat(|| format!("layers.{index}"), &features);
    }
    run_linear(last, features, last_activation)
}
