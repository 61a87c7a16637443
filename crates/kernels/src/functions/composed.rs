//! The functions for sequences, composed of Burn's own operations: for backends without kernels, for
//! exports, which cannot lower a kernel, and as the reference of the kernels' tests.

use burn::tensor::{Bool, DType, Device, Tensor, TensorData, activation};

use super::attention::attention_sizes;
use super::attention_gru::{
    AttentionGruInputs, AttentionGruOutput, AttentionGruParameters, attention_gru_sizes,
};
use super::recurrent::check_gru;
use crate::attention::{AttentionMask, AttentionSizes};
use crate::lengths::Lengths;
use crate::recurrent::{AttentionGruSizes, Direction};

/// [`crate::gru`] of Burn's operations.
#[expect(clippy::needless_pass_by_value, reason = "as the function that it stands for")]
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
        let next = gru_unit(&inputs, &product, state.clone());
        state = match live(lengths, step, &device) {
            None => next,
            Some(live) => state.mask_where(live.expand([batch, hidden]), next),
        };
        states[step] = state.clone();
    }
    Tensor::stack(states, 1)
}

/// The state after a step: `[batch, hidden]` of inputs and product `[batch, 3 hidden]`.
fn gru_unit(inputs: &Tensor<2>, product: &Tensor<2>, state: Tensor<2>) -> Tensor<2> {
    let [_, hidden] = state.dims();
    let gate = |of: &Tensor<2>, gate: usize| of.clone().narrow(1, gate * hidden, hidden);
    let [r, z] = [0, 1].map(|at| activation::sigmoid(gate(inputs, at) + gate(product, at)));
    let n = activation::tanh(gate(inputs, 2) + r * gate(product, 2));
    n.clone() + z * (state - n)
}

/// The rows that have this step, `[batch, 1]`; None if all have it.
fn live(lengths: &Lengths, step: usize, device: &Device) -> Option<Tensor<2, Bool>> {
    let live: Vec<_> = lengths.as_slice().iter().map(|length| step < *length as usize).collect();
    let batch = live.len();
    let all = live.iter().all(|live| *live);
    (!all).then(|| Tensor::from_data(TensorData::new(live, [batch, 1]), device))
}

/// [`crate::attention()`] of Burn's operations.
pub fn attention(
    queries: Tensor<4>,
    keys: Tensor<4>,
    values: Tensor<4>,
    mask: &AttentionMask,
    scale: f64,
) -> Tensor<4> {
    let sizes = attention_sizes(queries.dims(), keys.dims(), values.dims(), mask);
    let AttentionSizes { batch, heads, targets, sources, value_width, .. } = sizes;
    if [batch, heads, targets, sources, value_width].contains(&0) {
        let options = (&queries.device(), queries.dtype());
        return Tensor::zeros([batch, heads, targets, value_width], options);
    }
    attention_weights(queries, keys, mask, scale).matmul(values)
}

/// [`crate::attention_weights`] of Burn's operations, with a gradient.
pub fn attention_weights(
    queries: Tensor<4>,
    keys: Tensor<4>,
    mask: &AttentionMask,
    scale: f64,
) -> Tensor<4> {
    let [batch, heads, targets, _] = queries.dims();
    let sizes = attention_sizes(queries.dims(), keys.dims(), keys.dims(), mask);
    let scores = queries.matmul(keys.swap_dims(2, 3)) * scale;
    let hidden = (0..batch).flat_map(|row| {
        (0..targets).flat_map(move |target| {
            let seen = mask.keys(row, target);
            (0..sizes.sources).map(move |source| source >= seen)
        })
    });
    let hidden = TensorData::new(hidden.collect::<Vec<_>>(), [batch, 1, targets, sizes.sources]);
    let hidden = Tensor::<4, Bool>::from_data(hidden, &scores.device());
    masked_softmax(scores, hidden.expand([batch, heads, targets, sizes.sources]))
}

/// The softmax over the last dimension of the scores that are not hidden; the weights of the others are 0.
fn masked_softmax<const D: usize>(scores: Tensor<D>, hidden: Tensor<D, Bool>) -> Tensor<D> {
    // Finite, for rows that are hidden as a whole: infinity less infinity is NaN.
    let lowest = if scores.dtype() == DType::F16 { -6e4 } else { -1e30 };
    let weights = activation::softmax(scores.mask_fill(hidden.clone(), lowest), D - 1);
    weights.mask_fill(hidden, 0.0)
}

/// [`crate::attention_gru`] of Burn's operations.
pub fn attention_gru(
    inputs: AttentionGruInputs,
    parameters: AttentionGruParameters,
    lengths: &Lengths,
) -> AttentionGruOutput {
    let sizes = attention_gru_sizes(&inputs, &parameters, lengths);
    let AttentionGruSizes { batch, targets, sources, hidden, attention, memory } = sizes;
    let AttentionGruInputs { projected, initial, memory: steps, keys } = inputs;
    if [batch, targets, sources, hidden, attention, memory].contains(&0) {
        let zeros = |width| {
            Tensor::zeros([batch, targets, width], (&projected.device(), projected.dtype()))
        };
        return AttentionGruOutput { output: zeros(hidden + memory), weights: zeros(sources) };
    }
    let hidden_sources: Vec<_> =
        (0..batch * sources).map(|at| at % sources >= lengths.of(at / sources)).collect();
    let hidden_sources = TensorData::new(hidden_sources, [batch, sources]);
    let hidden_sources = Tensor::<2, Bool>::from_data(hidden_sources, &projected.device());
    let score = parameters.score.reshape([1, 1, attention]);
    let bias = parameters.bias.unsqueeze::<2>();
    let (mut outputs, mut all_weights) = (Vec::new(), Vec::new());
    let mut state = initial;
    for step in 0..targets {
        let query = state.clone().matmul(parameters.query.clone()).unsqueeze_dim::<3>(1);
        let activations = activation::tanh(query + keys.clone());
        let scores = (activations * score.clone()).sum_dim(2).squeeze_dim::<2>(2);
        let weights = masked_softmax(scores, hidden_sources.clone());
        let context =
            weights.clone().unsqueeze_dim::<3>(1).matmul(steps.clone()).squeeze_dim::<2>(1);
        let inputs = projected.clone().narrow(1, step, 1).squeeze_dim::<2>(1)
            + context.clone().matmul(parameters.context.clone());
        let product = state.clone().matmul(parameters.state.clone()) + bias.clone();
        state = gru_unit(&inputs, &product, state);
        outputs.push(Tensor::cat(vec![state.clone(), context], 1));
        all_weights.push(weights.detach());
    }
    AttentionGruOutput { output: Tensor::stack(outputs, 1), weights: Tensor::stack(all_weights, 1) }
}
