//! Recurrences on the tensors of a CPU backend.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use super::{flat, rows};
use crate::host::Host;
use crate::lengths::Lengths;
use crate::recurrent::{self, Direction, GruInputs, GruSaved, RecurrentSizes};

/// The operation of a gated recurrent unit.
#[derive(Clone, Debug)]
pub struct GruOp {
    /// The sizes.
    pub sizes: RecurrentSizes,
    /// The lengths of the batch's rows.
    pub lengths: Lengths,
    /// The order of the steps.
    pub direction: Direction,
}

/// The inputs: projected, initial, weights, bias.
type GruTensors<'a, B> = [&'a FloatTensor<B>; 4];

impl GruOp {
    /// The states, and the gates of the backward pass if they are to be kept.
    pub fn forward<B: Host>(
        &self,
        [projected, initial, weights, bias]: GruTensors<'_, B>,
        keep_gates: bool,
    ) -> (FloatTensor<B>, Option<FloatTensor<B>>) {
        let RecurrentSizes { batch, time, hidden } = self.sizes;
        with_float!(projected, E => {
            let inputs = GruInputs {
                projected: &rows::<B, E>(projected),
                initial: &rows::<B, E>(initial),
                weights: &rows::<B, E>(weights),
                bias: &flat::<B, E>(bias),
            };
            let (lengths, direction) = (&self.lengths, self.direction);
            let (outputs, gates) =
                recurrent::forward(self.sizes, lengths, direction, &inputs, keep_gates);
            // All rows may be padding, and not every backend has empty tensors.
            let gates = gates.map(|mut gates| {
                gates.resize(gates.len().max(1), E::default());
                let count = gates.len();
                B::dense(gates, &[count])
            });
            (B::dense(outputs, &[batch, time, hidden]), gates)
        })
    }

    /// The gradients of projected, initial, weights and bias; the last two if they are needed.
    pub fn backward<B: Host>(
        &self,
        [initial, weights, outputs, gates]: [&FloatTensor<B>; 4],
        gradient: &FloatTensor<B>,
        needs_weights: bool,
    ) -> [Option<FloatTensor<B>>; 4] {
        let RecurrentSizes { batch, time, hidden } = self.sizes;
        with_float!(gradient, E => {
            let saved = GruSaved {
                initial: &rows::<B, E>(initial),
                weights: &rows::<B, E>(weights),
                outputs: &rows::<B, E>(outputs),
                gates: &rows::<B, E>(gates),
                gradient: &rows::<B, E>(gradient),
            };
            let (lengths, direction) = (&self.lengths, self.direction);
            let found =
                recurrent::backward(self.sizes, lengths, direction, &saved, needs_weights);
            let (weights, bias) = found.weights_and_bias.unzip();
            [
                Some(B::dense(found.projected, &[batch, time, 3 * hidden])),
                Some(B::dense(found.initial, &[batch, hidden])),
                weights.map(|weights| B::dense(weights, &[hidden, 3 * hidden])),
                bias.map(|bias| B::dense(bias, &[3 * hidden])),
            ]
        })
    }
}
