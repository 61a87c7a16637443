//! The kernels for sequences as operations of Burn's backends.

#![allow(deprecated, reason = "ndarray is supported here as long as Burn has it")]

#[cfg(feature = "flex")]
use burn::backend::Flex;
#[cfg(feature = "ndarray")]
use burn::backend::NdArray;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use crate::compute::{AttentionGruOp, AttentionGruTensors, AttentionOp, GruOp};

/// The operations on sequences with a backward pass, on the backends that have kernels. Other backends
/// panic.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub trait SequenceKernels: Backend {
    /// See [`crate::gru`].
    fn gru(
        projected: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        unit: GruOp,
    ) -> FloatTensor<Self>;

    /// See [`crate::attention()`].
    fn attend(
        queries: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        attention: AttentionOp,
    ) -> FloatTensor<Self>;

    /// See [`crate::attention_gru`]: output and weights.
    fn attention_gru(
        #[extension_type] tensors: AttentionGruTensors<Self>,
        unit: AttentionGruOp,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

macro_rules! on_host {
    ($backend:ty) => {
        impl SequenceKernels for $backend {
            fn gru(
                projected: FloatTensor<Self>,
                initial: FloatTensor<Self>,
                weights: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                unit: GruOp,
            ) -> FloatTensor<Self> {
                let (output, _) =
                    unit.forward::<Self>([&projected, &initial, &weights, &bias], false);
                output
            }

            fn attend(
                queries: FloatTensor<Self>,
                keys: FloatTensor<Self>,
                values: FloatTensor<Self>,
                attention: AttentionOp,
            ) -> FloatTensor<Self> {
                let [output, _] = attention.forward::<Self>([&queries, &keys, &values]);
                output
            }

            fn attention_gru(
                tensors: AttentionGruTensors<Self>,
                unit: AttentionGruOp,
            ) -> (FloatTensor<Self>, FloatTensor<Self>) {
                let found = unit.forward::<Self>(&tensors, false);
                (found.output, found.weights)
            }
        }
    };
}

#[cfg(feature = "flex")]
on_host!(Flex);
#[cfg(feature = "ndarray")]
mod on_ndarray {
    use super::{
        AttentionGruOp, AttentionGruTensors, AttentionOp, FloatTensor, GruOp, NdArray,
        SequenceKernels,
    };
    on_host!(NdArray);
}
