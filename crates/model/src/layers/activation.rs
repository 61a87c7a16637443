//! The activations of the settings, fused with the layer in front of them where a kernel can.

use burn::tensor::{Tensor, activation};
use hearth_config::Activation;
use hearth_kernels::FusedActivation;

/// Splits an activation into the part that a kernel fuses with its layer, and the rest: one of the
/// two is the identity.
pub fn split(function: Activation) -> (FusedActivation, Activation) {
    match function {
        Activation::Relu => (FusedActivation::Relu, Activation::None),
        Activation::Tanh => (FusedActivation::Tanh, Activation::None),
        Activation::Sigmoid => (FusedActivation::Sigmoid, Activation::None),
        other => (FusedActivation::None, other),
    }
}

/// Applies the activation to every element.
pub fn activate<const D: usize>(function: Activation, features: Tensor<D>) -> Tensor<D> {
    match function {
        Activation::Relu => activation::relu(features),
        Activation::Sigmoid => activation::sigmoid(features),
        Activation::Tanh => activation::tanh(features),
        Activation::Gelu => activation::gelu(features),
        Activation::None => features,
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

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
