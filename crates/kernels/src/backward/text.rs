//! The kernels of text models under autodiff.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, TensorMetadata};

use crate::compute::{self, CrossEntropyOp};
use crate::extension::TextKernels;
use crate::host::Host;
use crate::text::cross_entropy::RowSoftmax;
use crate::tokens::Tokens;

impl<B: Host + TextKernels, C: CheckpointStrategy> TextKernels for Autodiff<B, C> {
    fn embed(weights: FloatTensor<Self>, tokens: Tokens) -> FloatTensor<Self> {
        let (node, weights) = (weights.node(), weights.into_primitive());
        let output = compute::embed::<B>(&weights, &tokens);
        let step = EmbeddingBackward { vocabulary: weights.shape()[0] };
        record!(step, [node], tokens, output)
    }

    fn cross_entropy(logits: FloatTensor<Self>, loss: CrossEntropyOp) -> FloatTensor<Self> {
        let (node, logits) = (logits.node(), logits.into_primitive());
        let (sum, rows) = loss.forward::<B>(&logits);
        record!(CrossEntropyBackward, [node], (loss, logits, rows), sum)
    }
}

#[derive(Debug)]
struct EmbeddingBackward {
    vocabulary: usize,
}

impl<B: Host> Backward<B, 1> for EmbeddingBackward {
    type State = Tokens;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [weights] = ops.parents;
        if let Some(node) = weights {
            let sums = compute::embed_backward::<B>(&gradient, &ops.state, self.vocabulary);
            grads.register::<B>(node.id, sums);
        }
    }
}

#[derive(Debug)]
struct CrossEntropyBackward;

impl<B: Host> Backward<B, 1> for CrossEntropyBackward {
    /// The targets, the logits and the softmax of each row.
    type State = (CrossEntropyOp, FloatTensor<B>, Vec<RowSoftmax>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (loss, logits, rows) = ops.state;
        let [node] = ops.parents;
        if let Some(node) = node {
            grads.register::<B>(node.id, loss.backward::<B>(&logits, &rows, &gradient));
        }
    }
}
