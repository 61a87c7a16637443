//! The multilayer perceptron: linear layers with a non-linear function between them
//! (Rosenblatt 1962; trained by back-propagation, Rumelhart, Hinton and Williams 1986).
//! Without hidden layers it is softmax regression, and with `activation = "none"` it is one
//! linear map, however deep.
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | flatten | batch, inputs | 0 |
//! | layers.0: linear, activation, dropout | batch, `hidden[0]` | inputs * `hidden[0]` + `hidden[0]` |
//! | ... | | |
//! | layers.n: linear | batch, classes | `hidden[n-1]` * classes + classes |
//!
//! With `hidden = [256]` on 28x28 pictures in ten classes: 200,960 + 2,570 = 203,530 parameters.

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};
use hearth_config::{Activation, MlpConfig};

use crate::{PictureDims, Trace};

/// See the [module](self).
#[derive(Module, Debug)]
pub struct Mlp {
    layers: Vec<Linear>,
    dropouts: Vec<Dropout>,
    #[module(skip)]
    activation: Activation,
}

impl Mlp {
    /// The network for pictures of this size, all zeros: its weights are drawn later.
    pub fn new(
        config: &MlpConfig,
        picture: PictureDims,
        num_classes: usize,
        device: &Device,
    ) -> Self {
        let inputs = picture.iter().product();
        let widths = [&[inputs], &config.hidden[..], &[num_classes]].concat();
        let layers = widths
            .windows(2)
            .map(|pair| {
                let layer = LinearConfig::new(pair[0], pair[1]);
                layer.with_initializer(Initializer::Zeros).init(device)
            })
            .collect();
        let dropouts = config
            .dropout
            .per_layer(config.hidden.len())
            .into_iter()
            .map(|probability| DropoutConfig::new(probability).init())
            .collect();
        Self { layers, dropouts, activation: config.activation }
    }

    /// Pictures `[batch, channels, height, width]` to logits `[batch, num_classes]`.
    ///
    /// Traces `layers.0`, `layers.1`, ...: the output of each layer behind its activation, before
    /// dropout; the last one is the logits.
    pub fn forward(&self, pictures: Tensor<4>, trace: &mut Trace) -> Tensor<2> {
        let mut features: Tensor<2> = pictures.flatten(1, 3);
        for (index, layer) in self.layers.iter().enumerate() {
            features = layer.forward(features);
            if let Some(dropout) = self.dropouts.get(index) {
                features = activate(self.activation, features);
                trace.keep_flat(|| format!("layers.{index}"), &features);
                features = dropout.forward(features);
            } else {
                trace.keep_flat(|| format!("layers.{index}"), &features);
            }
        }
        features
    }
}

/// Applies the function to every element.
fn activate<const D: usize>(function: Activation, features: Tensor<D>) -> Tensor<D> {
    match function {
        Activation::Relu => activation::relu(features),
        Activation::Sigmoid => activation::sigmoid(features),
        Activation::Tanh => activation::tanh(features),
        Activation::Gelu => activation::gelu(features),
        Activation::None => features,
    }
}

#[cfg(test)]
impl Mlp {
    pub(crate) fn first_weights(&self) -> Vec<f32> {
        self.layers[0].weight.val().into_data().try_into_vec().expect("f32")
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;

    /// `[0.5, -1]` through each function, by hand.
    #[test]
    fn activations_are_their_formulas() {
        let x = Tensor::<1>::from_data(TensorData::from([0.5_f32, -1.0]), &Device::flex());
        for (function, wanted) in [
            (Activation::Relu, [0.5, 0.0]),
            (Activation::Sigmoid, [0.622_459_3, 0.268_941_4]),
            (Activation::Tanh, [0.462_117_2, -0.761_594_2]),
            // 0.5 * 0.6914625, -1 * 0.1586553
            (Activation::Gelu, [0.345_731_2, -0.158_655_3]),
            (Activation::None, [0.5, -1.0]),
        ] {
            let found: Vec<f32> =
                activate(function, x.clone()).into_data().try_into_vec().expect("f32");
            for (found, wanted) in found.iter().zip(wanted) {
                assert!((found - wanted).abs() < 1e-6, "{function:?}: {found} is not {wanted}");
            }
        }
    }
}
