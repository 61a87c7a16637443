//! Linear layers, with the activation behind them.

use burn::module::Param;
use burn::nn::Linear;
use burn::tensor::Tensor;
use hearth_kernels::FusedActivation;

use super::{activate, split};
use crate::init::{Fan, ParamInit};

/// A linear layer with weights `[inputs, outputs]` and a bias `[outputs]`.
pub fn linear(inputs: usize, outputs: usize, init: &mut ParamInit<'_>) -> Linear {
    let weight = init.weight([inputs, outputs], Fan { inputs, outputs });
    Linear { weight, bias: Some(init.zeros(outputs)) }
}

/// Maps `[batch, inputs]` to `[batch, outputs]` and applies an activation of the settings.
pub fn apply_linear(
    layer: &Linear,
    x: Tensor<2>,
    function: hearth_config::Activation,
) -> Tensor<2> {
    let (fused, rest) = split(function);
    activate(rest, run_linear(layer, x, fused))
}

/// Maps `[batch, inputs]` to `[batch, outputs]` and applies an activation of the kernels.
pub fn run_linear(layer: &Linear, x: Tensor<2>, activation: FusedActivation) -> Tensor<2> {
    let bias = layer.bias.as_ref().map(Param::val);
    hearth_kernels::linear(x, layer.weight.val(), bias, activation)
}

/// Maps a sequence `[batch, time, inputs]` to `[batch, time, outputs]`, each step alike.
pub fn run_sequence(layer: &Linear, x: Tensor<3>) -> Tensor<3> {
    let [batch, time, inputs] = x.dims();
    let rows = run_linear(layer, x.reshape([batch * time, inputs]), FusedActivation::None);
    let [_, outputs] = rows.dims();
    rows.reshape([batch, time, outputs])
}
