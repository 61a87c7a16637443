//! The public functions, on Burn's tensors.

mod attention;
mod attention_gru;
pub mod composed;
mod convolution;
mod dropout;
mod norm;
mod pooling;
mod recurrent;
mod text;
mod update;

use burn::backend::Dispatch;
use burn::tensor::{DType, Device, Tensor, activation};

use crate::blocks::Nonlinearity;
use crate::extension::InferenceKernels;

pub use attention::{attention, attention_weights};
pub use attention_gru::{
    AttentionGruInputs, AttentionGruOutput, AttentionGruParameters, attention_gru,
};
pub use convolution::{AnyConvOptions, conv_transpose2d, conv2d, linear};
pub use dropout::dropout_mask;
pub use norm::{BatchNormOutput, Epilogue, batch_norm2d, batch_norm2d_inference, conv_norm2d};
pub use pooling::{avg_pool2d, max_pool2d};
pub use recurrent::gru;
pub use text::{cross_entropy, embedding, layer_norm};
pub use update::{adam_step, sgd_step};

/// An activation fused with the layer in front of it: applied in the same pass over the output.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum FusedActivation {
    /// The identity.
    #[default]
    None,
    /// `max(0, z)`.
    Relu,
    /// `max(z, slope z)`, for slopes between 0 and 1 (Maas, Hannun and Ng 2013).
    LeakyRelu(f64),
    /// The hyperbolic tangent.
    Tanh,
    /// The logistic function, `1 / (1 + exp(-z))`.
    Sigmoid,
}

impl FusedActivation {
    fn nonlinearity(self) -> Nonlinearity {
        match self {
            Self::None => Nonlinearity::IDENTITY,
            Self::Relu => Nonlinearity::LeakyRelu(0.0),
            Self::LeakyRelu(slope) => Nonlinearity::LeakyRelu(slope),
            Self::Tanh => Nonlinearity::Tanh,
            Self::Sigmoid => Nonlinearity::Sigmoid,
        }
    }

    fn apply<const D: usize>(self, z: Tensor<D>) -> Tensor<D> {
        match self {
            Self::None => z,
            Self::Relu => activation::relu(z),
            Self::LeakyRelu(slope) => activation::leaky_relu(z, slope),
            Self::Tanh => activation::tanh(z),
            Self::Sigmoid => activation::sigmoid(z),
        }
    }
}

/// True if there are kernels for the tensor's backend and number type.
fn has_kernels<const D: usize>(x: &Tensor<D>) -> bool {
    let floats = matches!(x.dtype(), DType::F32 | DType::F64);
    floats && !x.dims().contains(&0) && is_host(&x.device())
}

/// True if the device is the CPU of a backend that has kernels, with or without autodiff: its tensors
/// lie in the program's memory.
pub fn is_host(device: &Device) -> bool {
    let device = device.clone().without_autodiff();
    HOSTS.iter().any(|host| host() == device)
}

/// True if there is a kernel without a backward pass for the tensor, which tensors of autodiff never
/// reach.
fn has_forward_kernels<const D: usize>(x: &Tensor<D>) -> bool {
    has_kernels(x) && !x.device().is_autodiff()
}

/// The backends that have kernels.
const HOSTS: &[fn() -> Device] = &[
    #[cfg(feature = "flex")]
    Device::flex,
    #[cfg(feature = "ndarray")]
    {
        #[expect(deprecated, reason = "supported here as long as Burn has it")]
        Device::ndarray
    },
];

/// The sum of the squares of a tensor's elements, in 64 bits. Its order does not depend on the number of
/// threads.
pub fn sum_of_squares<const D: usize>(x: Tensor<D>) -> f64 {
    if has_forward_kernels(&x) && D <= 4 {
        let sums = Tensor::<1>::from_dispatch(<Dispatch as InferenceKernels>::sum_squares(
            x.into_dispatch(),
        ));
        let sums = sums.cast(DType::F64).into_data();
        return sums.as_slice::<f64>().expect("cast to f64").iter().sum();
    }
    // Widened on the host: few graphics cards have 64-bit floats.
    x.square().sum_dim(D - 1).into_data().iter::<f64>().sum()
}
