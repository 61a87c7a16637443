//! The kernels of text models under autodiff.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, TensorMetadata};

use super::register;
use crate::compute::{self, CrossEntropyOp};
use crate::extension::TextKernels;
use crate::host::Host;
use crate::text::cross_entropy::RowSoftmax;
use crate::text::layer_norm::RowMoments;
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

    fn normalize_rows(
        x: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), gain.node(), bias.node()];
        let (x, gain, bias) = (x.into_primitive(), gain.into_primitive(), bias.into_primitive());
        let (output, moments) = compute::layer_norm::<B>(&x, [&gain, &bias], epsilon);
        record!(LayerNormBackward, nodes, (x, gain, moments), output)
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

#[derive(Debug)]
struct LayerNormBackward;

impl<B: Host> Backward<B, 3> for LayerNormBackward {
    /// x, the gain and the moments of each row.
    type State = (FloatTensor<B>, FloatTensor<B>, Vec<RowMoments>);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (x, gain, moments) = ops.state;
        let found = compute::layer_norm_backward::<B>(&x, &gain, &moments, &gradient);
        let nodes = ops.parents.into_iter().map(|node| node.map(|node| node.id));
        register::<B>(nodes, found.map(Some), grads);
    }
}
