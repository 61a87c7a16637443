//! The recurrence of a decoder with attention.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::{composed, has_kernels};
use crate::compute::{AttentionGruOp, AttentionGruTensors};
use crate::extension::SequenceKernels;
use crate::lengths::Lengths;
use crate::recurrent::AttentionGruSizes;

/// The inputs of [`attention_gru`].
#[derive(Clone, Debug)]
pub struct AttentionGruInputs {
    /// The embedded tokens times their weights, plus their bias: `[batch, targets, 3 hidden]`.
    pub projected: Tensor<3>,
    /// The state before the first step, `[batch, hidden]`.
    pub initial: Tensor<2>,
    /// The encoder's outputs, `[batch, sources, memory]`.
    pub memory: Tensor<3>,
    /// The encoder's outputs times the weights of the keys, `[batch, sources, attention]`.
    pub keys: Tensor<3>,
}

/// The parameters of [`attention_gru`].
#[derive(Clone, Debug)]
pub struct AttentionGruParameters {
    /// The weights of the query, `W_q`: `[hidden, attention]`.
    pub query: Tensor<2>,
    /// The vector of the scores, `v`: `[attention]`.
    pub score: Tensor<1>,
    /// The weights of the context, `W_c`: `[memory, 3 hidden]`.
    pub context: Tensor<2>,
    /// The weights of the state, `W_h`: `[hidden, 3 hidden]`.
    pub state: Tensor<2>,
    /// The bias beside the weights of the state, `b_h`: `[3 hidden]`.
    pub bias: Tensor<1>,
}

/// The results of [`attention_gru`].
#[derive(Clone, Debug)]
pub struct AttentionGruOutput {
    /// The state and the context of each step, `[batch, targets, hidden + memory]`.
    pub output: Tensor<3>,
    /// The weights of the memory at each step, `[batch, targets, sources]`, without a gradient.
    pub weights: Tensor<3>,
}

/// A gated recurrent unit that attends to a memory before each step (Bahdanau, Cho and Bengio 2015, appendix
/// A.1.2 and A.2.2, with the gates of [`crate::gru`]).
///
/// With the state h before a step, and the keys k and the memory m of the sources:
///
/// - `a_s = v . tanh(h W_q + k_s)`, and w is the softmax of a over the row's length
/// - `c = sum_s w_s m_s`, the context; 0 in a row of length 0
/// - `x = p + c W_c`, with p the projected input of the step
/// - `r = sigmoid(x_r + h W_r + b_r)`, `z = sigmoid(x_z + h W_z + b_z)`
/// - `n = tanh(x_n + r (h W_n + b_n))`
/// - `h' = (1 - z) n + z h`
///
/// Shapes stand with the fields of inputs, parameters and output; `lengths` has the number of sources of each
/// row. All inputs and parameters have gradients.
///
/// # Panics
///
/// If the shapes do not fit each other, or a length exceeds `sources`.
pub fn attention_gru(
    inputs: AttentionGruInputs,
    parameters: AttentionGruParameters,
    lengths: &Lengths,
) -> AttentionGruOutput {
    let sizes = attention_gru_sizes(&inputs, &parameters, lengths);
    if !has_kernels(&inputs.projected) || !has_kernels(&inputs.memory) || !has_kernels(&inputs.keys)
    {
        return composed::attention_gru(inputs, parameters, lengths);
    }
    let operation = AttentionGruOp { sizes, lengths: lengths.clone() };
    let AttentionGruInputs { projected, initial, memory, keys } = inputs;
    let AttentionGruParameters { query, score, context, state, bias } = parameters;
    let tensors = AttentionGruTensors {
        projected: projected.into_dispatch(),
        initial: initial.into_dispatch(),
        memory: memory.into_dispatch(),
        keys: keys.into_dispatch(),
        query: query.into_dispatch(),
        score: score.into_dispatch(),
        context: context.into_dispatch(),
        state: state.into_dispatch(),
        bias: bias.into_dispatch(),
    };
    let (output, weights) = <Dispatch as SequenceKernels>::attention_gru(tensors, operation);
    AttentionGruOutput {
        output: Tensor::from_dispatch(output),
        weights: Tensor::from_dispatch(weights),
    }
}

/// The sizes of a recurrence with attention.
///
/// # Panics
///
/// If the inputs do not fit each other.
pub(super) fn attention_gru_sizes(
    inputs: &AttentionGruInputs,
    parameters: &AttentionGruParameters,
    lengths: &Lengths,
) -> AttentionGruSizes {
    let [batch, targets, gates] = inputs.projected.dims();
    let [_, hidden] = inputs.initial.dims();
    let [_, sources, memory] = inputs.memory.dims();
    let [.., attention] = inputs.keys.dims();
    assert_eq!(gates, 3 * hidden, "three projected gates for each element of the state");
    assert_eq!(inputs.initial.dims(), [batch, hidden], "one initial state for each row");
    assert_eq!(inputs.memory.dims(), [batch, sources, memory], "one memory for each row");
    assert_eq!(inputs.keys.dims(), [batch, sources, attention], "one key for each source");
    assert_eq!(parameters.query.dims(), [hidden, attention], "weights of the query");
    assert_eq!(parameters.score.dims(), [attention], "vector of the scores");
    assert_eq!(parameters.context.dims(), [memory, 3 * hidden], "weights of the context");
    assert_eq!(parameters.state.dims(), [hidden, 3 * hidden], "weights of the state");
    assert_eq!(parameters.bias.dims(), [3 * hidden], "recurrent bias");
    lengths.check(batch, sources);
    AttentionGruSizes { batch, targets, sources, hidden, attention, memory }
}
