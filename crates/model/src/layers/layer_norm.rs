//! Layer normalisation.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use hearth_kernels::layer_norm;

use crate::init::ParamInit;

/// The epsilon of layer normalisation, as in PyTorch.
const EPSILON: f64 = 1e-5;

/// Layer normalisation (Ba, Kiros and Hinton 2016).
#[derive(Module, Debug)]
pub struct LayerNorm {
    gain: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
}

impl LayerNorm {
    /// A layer for rows of a width.
    pub fn new(width: usize, init: &mut ParamInit<'_>) -> Self {
        Self { gain: init.ones(width), bias: init.zeros(width) }
    }

    /// Rows `[batch, steps, width]` to normalised ones.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        layer_norm(x, self.gain.val(), self.bias.val(), EPSILON)
    }
}
