//! The functions for sequences, composed of Burn's own operations: for backends without kernels, for
//! exports, which cannot lower a kernel, and as the reference of the kernels' tests.

use burn::tensor::{Bool, Device, Tensor, TensorData, activation};

use super::recurrent::check_gru;
use crate::lengths::Lengths;
use crate::recurrent::Direction;

/// [`crate::gru`] of Burn's operations.
pub fn gru(
    projected: Tensor<3>,
    initial: Tensor<2>,
    weights: Tensor<2>,
    bias: Tensor<1>,
    lengths: &Lengths,
    direction: Direction,
) -> Tensor<3> {
    check_gru(&projected, &initial, &weights, &bias, lengths);
    let [batch, time, _] = projected.dims();
    let [_, hidden] = initial.dims();
    let device = projected.device();
    if projected.dims().contains(&0) {
        return Tensor::zeros([batch, time, hidden], (&device, projected.dtype()));
    }
    let bias = bias.unsqueeze::<2>();
    let mut states = vec![initial.clone(); time];
    let mut state = initial;
    for step in direction.steps(time) {
        let inputs = projected.clone().narrow(1, step, 1).squeeze_dim::<2>(1);
        let product = state.clone().matmul(weights.clone()) + bias.clone();
        let next = gru_unit(inputs, product, state.clone());
        state = match live(lengths, step, &device) {
            None => next,
            Some(live) => state.mask_where(live.expand([batch, hidden]), next),
        };
        states[step] = state.clone();
    }
    Tensor::stack(states, 1)
}

/// The state after a step: `[batch, hidden]` of inputs and product `[batch, 3 hidden]`.
fn gru_unit(inputs: Tensor<2>, product: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
    let [_, hidden] = state.dims();
    let gate = |of: &Tensor<2>, gate: usize| of.clone().narrow(1, gate * hidden, hidden);
    let [r, z] = [0, 1].map(|at| activation::sigmoid(gate(&inputs, at) + gate(&product, at)));
    let n = activation::tanh(gate(&inputs, 2) + r * gate(&product, 2));
    n.clone() + z * (state - n)
}

/// The rows that have this step, `[batch, 1]`; None if all have it.
fn live(lengths: &Lengths, step: usize, device: &Device) -> Option<Tensor<2, Bool>> {
    let live: Vec<_> = lengths.as_slice().iter().map(|length| step < *length as usize).collect();
    let batch = live.len();
    let all = live.iter().all(|live| *live);
    (!all).then(|| Tensor::from_data(TensorData::new(live, [batch, 1]), device))
}
