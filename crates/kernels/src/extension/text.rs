//! The kernels of text models as operations of Burn's backends.

#[cfg(feature = "flex")]
use burn::backend::Flex;
#[cfg(feature = "ndarray")]
use burn::backend::NdArray;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use crate::compute::{self, CrossEntropyOp};
use crate::tokens::Tokens;

/// The operations of text models, on the backends that have kernels. Other backends panic.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub trait TextKernels: Backend {
    /// See [`crate::embedding`].
    fn embed(weights: FloatTensor<Self>, tokens: Tokens) -> FloatTensor<Self>;

    /// See [`crate::cross_entropy`].
    fn cross_entropy(logits: FloatTensor<Self>, loss: CrossEntropyOp) -> FloatTensor<Self>;

    /// See [`crate::layer_norm`].
    fn normalize_rows(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self>;
}

macro_rules! on_host {
    ($backend:ty) => {
        impl TextKernels for $backend {
            fn embed(weights: FloatTensor<Self>, tokens: Tokens) -> FloatTensor<Self> {
                compute::embed::<Self>(&weights, &tokens)
            }

            fn cross_entropy(logits: FloatTensor<Self>, loss: CrossEntropyOp) -> FloatTensor<Self> {
                let (sum, _) = loss.forward::<Self>(&logits);
                sum
            }

            fn normalize_rows(
                x: FloatTensor<Self>,
                gain: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                epsilon: f64,
            ) -> FloatTensor<Self> {
                let (output, _) = compute::layer_norm::<Self>(&x, [&gain, &bias], epsilon);
                output
            }
        }
    };
}

#[cfg(feature = "flex")]
on_host!(Flex);
#[cfg(feature = "ndarray")]
on_host!(NdArray);
