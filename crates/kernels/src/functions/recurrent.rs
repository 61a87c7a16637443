//! Recurrent layers over whole sequences.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::{composed, has_kernels};
use crate::compute::GruOp;
use crate::extension::SequenceKernels;
use crate::lengths::Lengths;
use crate::recurrent::{Direction, RecurrentSizes};

/// A gated recurrent unit over a whole sequence, in PyTorch's form (Cho et al. 2014 reset the state in front
/// of the product).
///
/// With the projected input p of a step and the state h before it, and gates in the order r, z, n:
///
/// - `r = sigmoid(p_r + h W_r + b_r)`, `z = sigmoid(p_z + h W_z + b_z)`
/// - `n = tanh(p_n + r (h W_n + b_n))`
/// - `h' = (1 - z) n + z h`
///
/// At steps at or beyond a row's length the state stays as it is, and the projected input gets no gradient:
/// `output[:, time - 1]` is the final state of the forward direction, and `output[:, 0]` that of the
/// backward one, which begins with `initial` at the row's own end.
///
/// # Shapes
///
/// - `projected`: `[batch, time, 3 hidden]`, the inputs times their weights, plus their bias: one product
///   for all steps ([`crate::linear`])
/// - `initial`: `[batch, hidden]`
/// - `weights`: `[hidden, 3 hidden]`
/// - `bias`: `[3 hidden]`
/// - `lengths`: one for each row of the batch
/// - output: `[batch, time, hidden]`, the state after each step
///
/// # Panics
///
/// If the shapes do not fit each other, or a length exceeds `time`.
pub fn gru(
    projected: Tensor<3>,
    initial: Tensor<2>,
    weights: Tensor<2>,
    bias: Tensor<1>,
    lengths: &Lengths,
    direction: Direction,
) -> Tensor<3> {
    let [batch, time, _] = projected.dims();
    let [_, hidden] = initial.dims();
    if !has_kernels(&projected) {
        return composed::gru(projected, initial, weights, bias, lengths, direction);
    }
    check_gru(&projected, &initial, &weights, &bias, lengths);
    let sizes = RecurrentSizes { batch, time, hidden };
    let unit = GruOp { sizes, lengths: lengths.clone(), direction };
    let (projected, initial) = (projected.into_dispatch(), initial.into_dispatch());
    let (weights, bias) = (weights.into_dispatch(), bias.into_dispatch());
    let states = <Dispatch as SequenceKernels>::gru(projected, initial, weights, bias, unit);
    Tensor::from_dispatch(states)
}

/// # Panics
///
/// If the inputs of [`gru`] do not fit each other.
pub(super) fn check_gru(
    projected: &Tensor<3>,
    initial: &Tensor<2>,
    weights: &Tensor<2>,
    bias: &Tensor<1>,
    lengths: &Lengths,
) {
    let [batch, time, gates] = projected.dims();
    let [_, hidden] = initial.dims();
    assert_eq!(gates, 3 * hidden, "three projected gates for each element of the state");
    assert_eq!(initial.dims(), [batch, hidden], "one initial state for each row of the batch");
    assert_eq!(weights.dims(), [hidden, 3 * hidden], "recurrent weights");
    assert_eq!(bias.dims(), [3 * hidden], "recurrent bias");
    lengths.check(batch, time);
}
