//! The kernels as operations of Burn's backends, with their backward passes.

#![allow(deprecated, reason = "ndarray is supported here as long as Burn has it")]

mod sequence;

#[cfg(feature = "flex")]
use burn::backend::Flex;
#[cfg(feature = "ndarray")]
use burn::backend::NdArray;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, DispatchTensor, ExtensionType, backend_extension};

mod text;

use crate::compute::{self, ConvOp, NormInputs, NormOp, PoolOp};
use crate::update::{AdamStep, SgdStep};

pub use sequence::SequenceKernels;
pub use text::TextKernels;

/// An optional tensor, as a type that Burn's extensions accept.
#[derive(ExtensionType)]
pub enum OptionalTensor<B: Backend> {
    /// A tensor.
    Present(FloatTensor<B>),
    /// No tensor.
    Absent,
}

impl<B: Backend> OptionalTensor<B> {
    /// The tensor, if there is one.
    pub fn get(&self) -> Option<&FloatTensor<B>> {
        match self {
            Self::Present(tensor) => Some(tensor),
            Self::Absent => None,
        }
    }
}

impl From<Option<DispatchTensor>> for OptionalTensor<Dispatch> {
    fn from(tensor: Option<DispatchTensor>) -> Self {
        tensor.map_or(Self::Absent, Self::Present)
    }
}

/// The operations with a backward pass, on the backends that have kernels. Other backends panic.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub trait Kernels: Backend {
    /// See [`crate::conv2d`] and [`crate::conv_transpose2d`].
    fn convolve(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        #[extension_type] bias: OptionalTensor<Self>,
        convolution: ConvOp,
    ) -> FloatTensor<Self>;

    /// See [`crate::conv_norm2d`]: output, mean, variance.
    fn convolve_and_normalize(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        #[extension_type] shortcut: OptionalTensor<Self>,
        layers: (ConvOp, NormOp),
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// See [`crate::batch_norm2d`]: output, mean, variance.
    fn normalize(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        #[extension_type] shortcut: OptionalTensor<Self>,
        norm: NormOp,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// See [`crate::max_pool2d`] and [`crate::avg_pool2d`].
    fn pool(x: FloatTensor<Self>, pool: PoolOp) -> FloatTensor<Self>;
}

/// The operations without a backward pass.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"))]
pub trait InferenceKernels: Backend {
    /// See [`crate::batch_norm2d_inference`].
    fn normalize_by(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        #[extension_type] shortcut: OptionalTensor<Self>,
        norm: NormOp,
    ) -> FloatTensor<Self>;

    /// See [`crate::sum_of_squares`]: partial sums, one for each chunk.
    fn sum_squares(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// See [`crate::sgd_step`]: parameter and velocity.
    fn sgd(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        #[extension_type] velocity: OptionalTensor<Self>,
        step: SgdStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// See [`crate::adam_step`]: parameter, first and second moment.
    fn adam(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        #[extension_type] first: OptionalTensor<Self>,
        #[extension_type] second: OptionalTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

macro_rules! on_host {
    ($backend:ty) => {
        impl Kernels for $backend {
            fn convolve(
                x: FloatTensor<Self>,
                weights: FloatTensor<Self>,
                bias: OptionalTensor<Self>,
                convolution: ConvOp,
            ) -> FloatTensor<Self> {
                convolution.forward::<Self>(&x, &weights, bias.get())
            }

            fn convolve_and_normalize(
                x: FloatTensor<Self>,
                weights: FloatTensor<Self>,
                gamma: FloatTensor<Self>,
                beta: FloatTensor<Self>,
                shortcut: OptionalTensor<Self>,
                (convolution, norm): (ConvOp, NormOp),
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                let inputs = NormInputs { gamma: &gamma, beta: &beta, shortcut: shortcut.get() };
                let (_, done) =
                    norm.forward_with_convolution::<Self>(&convolution, &x, &weights, &inputs);
                (done.output, done.mean, done.variance)
            }

            fn normalize(
                x: FloatTensor<Self>,
                gamma: FloatTensor<Self>,
                beta: FloatTensor<Self>,
                shortcut: OptionalTensor<Self>,
                norm: NormOp,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                let inputs = NormInputs { gamma: &gamma, beta: &beta, shortcut: shortcut.get() };
                let done = norm.forward::<Self>(&x, &inputs, None);
                (done.output, done.mean, done.variance)
            }

            fn pool(x: FloatTensor<Self>, pool: PoolOp) -> FloatTensor<Self> {
                pool.forward::<Self>(&x)
            }
        }

        impl InferenceKernels for $backend {
            fn normalize_by(
                x: FloatTensor<Self>,
                gamma: FloatTensor<Self>,
                beta: FloatTensor<Self>,
                mean: FloatTensor<Self>,
                variance: FloatTensor<Self>,
                shortcut: OptionalTensor<Self>,
                norm: NormOp,
            ) -> FloatTensor<Self> {
                let inputs = NormInputs { gamma: &gamma, beta: &beta, shortcut: shortcut.get() };
                norm.forward::<Self>(&x, &inputs, Some([&mean, &variance])).output
            }

            fn sum_squares(x: FloatTensor<Self>) -> FloatTensor<Self> {
                compute::sum_squares::<Self>(&x)
            }

            fn sgd(
                parameter: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                velocity: OptionalTensor<Self>,
                step: SgdStep,
            ) -> (FloatTensor<Self>, FloatTensor<Self>) {
                compute::sgd::<Self>(&parameter, &gradient, velocity.get(), step)
            }

            fn adam(
                parameter: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                first: OptionalTensor<Self>,
                second: OptionalTensor<Self>,
                step: AdamStep,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                let moments = [first.get(), second.get()];
                compute::adam::<Self>(&parameter, &gradient, moments, step)
            }
        }
    };
}

#[cfg(feature = "flex")]
on_host!(Flex);
#[cfg(feature = "ndarray")]
mod on_ndarray {
    use super::{
        AdamStep, ConvOp, FloatTensor, InferenceKernels, Kernels, NdArray, NormInputs, NormOp,
        OptionalTensor, PoolOp, SgdStep, compute,
    };
    on_host!(NdArray);
}
