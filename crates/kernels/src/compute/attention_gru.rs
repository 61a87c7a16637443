//! The recurrence with attention on the tensors of a CPU backend.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, ExtensionType};
use burn::tensor::DType;

use super::{flat, rows};
use crate::host::Host;
use crate::lengths::Lengths;
use crate::recurrent::{self, AttentionGruSaved, AttentionGruSizes, AttentionGruSlices};

/// The operation of a gated recurrent unit with attention.
#[derive(Clone, Debug)]
pub struct AttentionGruOp {
    /// The sizes.
    pub sizes: AttentionGruSizes,
    /// The number of sources in each row of the batch.
    pub lengths: Lengths,
}

/// The inputs and parameters, or their gradients, in the shapes of [`crate::attention_gru`].
#[derive(Clone, Debug, ExtensionType)]
pub struct AttentionGruTensors<B: Backend> {
    pub projected: FloatTensor<B>,
    pub initial: FloatTensor<B>,
    pub memory: FloatTensor<B>,
    pub keys: FloatTensor<B>,
    pub query: FloatTensor<B>,
    pub score: FloatTensor<B>,
    pub context: FloatTensor<B>,
    pub state: FloatTensor<B>,
    pub bias: FloatTensor<B>,
}

impl<B: Backend> AttentionGruTensors<B> {
    /// The tensors in the order of the fields.
    pub fn into_array(self) -> [FloatTensor<B>; 9] {
        let Self { projected, initial, memory, keys, query, score, context, state, bias } = self;
        [projected, initial, memory, keys, query, score, context, state, bias]
    }

    /// The tensors from the order of the fields.
    pub fn from_array(tensors: [FloatTensor<B>; 9]) -> Self {
        let [projected, initial, memory, keys, query, score, context, state, bias] = tensors;
        Self { projected, initial, memory, keys, query, score, context, state, bias }
    }
}

/// The results of the forward pass.
#[derive(Clone, Debug)]
pub struct AttentionGruResult<B: Backend> {
    /// States and contexts.
    pub output: FloatTensor<B>,
    /// The weights of the memory's steps.
    pub weights: FloatTensor<B>,
    /// Queries and gates, if they were to be kept.
    pub kept: Option<[FloatTensor<B>; 2]>,
}

/// Evaluates the expression with `$slices` as the elements of `$tensors`, of type `$number`.
macro_rules! with_slices {
    ($tensors:expr, $number:ident, $slices:ident => $work:expr) => {{
        let tensors = $tensors;
        with_float!(tensors.projected, $number => {
            let [projected, initial, memory, keys, query, context, state] = [
                &tensors.projected,
                &tensors.initial,
                &tensors.memory,
                &tensors.keys,
                &tensors.query,
                &tensors.context,
                &tensors.state,
            ].map(rows::<B, $number>);
            let [score, bias] = [&tensors.score, &tensors.bias].map(flat::<B, $number>);
            let $slices = AttentionGruSlices {
                projected: &projected,
                initial: &initial,
                memory: &memory,
                keys: &keys,
                query: &query,
                score: &score,
                context: &context,
                state: &state,
                bias: &bias,
            };
            $work
        })
    }};
}

impl AttentionGruOp {
    /// The forward pass, which keeps queries and gates for the backward pass if told so.
    pub fn forward<B: Host>(
        &self,
        tensors: &AttentionGruTensors<B>,
        keep: bool,
    ) -> AttentionGruResult<B> {
        let AttentionGruSizes { batch, targets, sources, hidden, attention, memory } = self.sizes;
        with_slices!(tensors, E, slices => {
            let found = recurrent::attention_gru(self.sizes, &self.lengths, &slices, keep);
            let of_steps =
                |data: Vec<E>, width: usize| B::dense(data, &[batch, targets, width]);
            AttentionGruResult {
                output: of_steps(found.output, hidden + memory),
                weights: of_steps(found.weights, sources),
                kept: found.kept.map(|[queries, gates]| {
                    [of_steps(queries, attention), of_steps(gates, 4 * hidden)]
                }),
            }
        })
    }

    /// The gradients, in the order of the tensors.
    pub fn backward<B: Host>(
        &self,
        tensors: &AttentionGruTensors<B>,
        result: &AttentionGruResult<B>,
        gradient: &FloatTensor<B>,
    ) -> [FloatTensor<B>; 9] {
        let AttentionGruSizes { batch, targets, sources, hidden, attention, memory } = self.sizes;
        let [queries, gates] = result.kept.as_ref().expect("queries and gates were kept");
        with_slices!(tensors, E, slices => {
            let saved = AttentionGruSaved {
                inputs: slices,
                output: &rows::<B, E>(&result.output),
                weights: &rows::<B, E>(&result.weights),
                queries: &rows::<B, E>(queries),
                gates: &rows::<B, E>(gates),
                gradient: &rows::<B, E>(gradient),
            };
            let found = recurrent::attention_gru_backward(self.sizes, &self.lengths, &saved);
            [
                B::dense(found.projected, &[batch, targets, 3 * hidden]),
                B::dense(found.initial, &[batch, hidden]),
                B::dense(found.memory, &[batch, sources, memory]),
                B::dense(found.keys, &[batch, sources, attention]),
                B::dense(found.query, &[hidden, attention]),
                B::dense(found.score, &[attention]),
                B::dense(found.context, &[memory, 3 * hidden]),
                B::dense(found.state, &[hidden, 3 * hidden]),
                B::dense(found.bias, &[3 * hidden]),
            ]
        })
    }
}
