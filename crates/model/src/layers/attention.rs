//! Attention: a mean of vectors, weighted by how well they answer a query.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::Tensor;
use hearth_kernels::{
    AttentionGruInputs, AttentionGruOutput, AttentionGruParameters, AttentionMask, FusedActivation,
    Lengths, attention, attention_gru, attention_weights,
};

use super::gru::Recurrence;
use super::{linear, run_sequence};
use crate::init::{Fan, ParamInit};

/// A linear map without a bias.
#[derive(Module, Debug)]
pub struct Projection {
    /// `[inputs, outputs]`.
    pub(crate) weight: Param<Tensor<2>>,
}

impl Projection {
    /// A map from `inputs` to `outputs`.
    pub fn new(inputs: usize, outputs: usize, init: &mut ParamInit<'_>) -> Self {
        Self { weight: init.weight([inputs, outputs], Fan { inputs, outputs }) }
    }

    /// `[batch, time, inputs]` to `[batch, time, outputs]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, time, inputs] = x.dims();
        let rows = x.reshape([batch * time, inputs]);
        let rows = hearth_kernels::linear(rows, self.weight.val(), None, FusedActivation::None);
        let [_, outputs] = rows.dims();
        rows.reshape([batch, time, outputs])
    }
}

/// Gated recurrent units with additive attention (Bahdanau, Cho and Bengio 2015, appendix A.1.2): the state asks, and
/// the answer is a part of the next input. With the state `h` and the memory `m_1 .. m_s`, the weights are the softmax
/// of `v . tanh(W h + U m_i)`.
#[derive(Module, Debug)]
pub struct AdditiveGru {
    /// The embedded token's part of the input: `[inputs, 3 hidden]` and the bias.
    input: Linear,
    /// The context's part of the input: `[memory, 3 hidden]`.
    context: Projection,
    recurrence: Recurrence,
    /// `W`: `[hidden, hidden]`.
    query: Projection,
    /// `U`: `[memory, hidden]`.
    pub(crate) key: Projection,
    /// `v`: `[hidden]`.
    score: Param<Tensor<1>>,
}

impl AdditiveGru {
    /// Units on inputs and a memory of these widths.
    pub fn new(inputs: usize, memory: usize, hidden: usize, init: &mut ParamInit<'_>) -> Self {
        Self {
            input: linear(inputs, 3 * hidden, init),
            context: Projection::new(memory, 3 * hidden, init),
            recurrence: Recurrence::new(hidden, init),
            query: Projection::new(hidden, hidden, init),
            key: Projection::new(memory, hidden, init),
            score: init.weight([hidden], Fan { inputs: hidden, outputs: 1 }),
        }
    }

    /// Inputs `[batch, targets, inputs]` and an initial state `[batch, hidden]` to the states `[batch, targets, hidden]`,
    /// the contexts `[batch, targets, memory]`, and the weights `[batch, targets, sources]` without a gradient. The
    /// memory is `[batch, sources, memory]`; keys are its [`AdditiveGru::key`]s.
    pub fn forward(
        &self,
        inputs: Tensor<3>,
        initial: Tensor<2>,
        (memory, keys): (Tensor<3>, Tensor<3>),
        sources: &Lengths,
    ) -> [Tensor<3>; 3] {
        let [_, hidden] = initial.dims();
        let [_, _, width] = memory.dims();
        let projected = run_sequence(&self.input, inputs);
        let inputs = AttentionGruInputs { projected, initial, memory, keys };
        let parameters = AttentionGruParameters {
            query: self.query.weight.val(),
            score: self.score.val(),
            context: self.context.weight.val(),
            state: self.recurrence.weight.val(),
            bias: self.recurrence.bias.val(),
        };
        let AttentionGruOutput { output, weights } = attention_gru(inputs, parameters, sources);
        let states = output.clone().narrow(2, 0, hidden);
        [states, output.narrow(2, hidden, width), weights]
    }
}

/// Attention by scaled dot products (Luong, Pham and Manning 2015, "general"; scaled as by Vaswani et al. 2017): the
/// weights are the softmax of `q . W m_i / sqrt(hidden)`.
#[derive(Module, Debug)]
pub struct DotAttention {
    /// `W`: `[memory, hidden]`.
    pub(crate) key: Projection,
}

impl DotAttention {
    /// Attention of queries of `hidden` numbers to a memory of a width.
    pub fn new(memory: usize, hidden: usize, init: &mut ParamInit<'_>) -> Self {
        Self { key: Projection::new(memory, hidden, init) }
    }

    /// Queries `[batch, targets, hidden]` to contexts `[batch, targets, memory]`, and the weights
    /// `[batch, targets, sources]` without a gradient if they are wanted.
    pub fn forward(
        queries: Tensor<3>,
        (memory, keys): (Tensor<3>, Tensor<3>),
        sources: &Lengths,
        wants_weights: bool,
    ) -> (Tensor<3>, Option<Tensor<3>>) {
        let [_, _, hidden] = queries.dims();
        let scale = (hidden as f64).sqrt().recip();
        let mask = AttentionMask { lengths: sources.clone(), causal: false };
        let [queries, keys] = [queries, keys].map(|rows| rows.unsqueeze_dim::<4>(1));
        let weights = wants_weights
            .then(|| attention_weights(queries.clone(), keys.clone(), &mask, scale).squeeze_dim(1));
        let contexts = attention(queries, keys, memory.unsqueeze_dim(1), &mask, scale);
        (contexts.squeeze_dim(1), weights)
    }
}
