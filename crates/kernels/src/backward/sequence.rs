//! The kernels for sequences under autodiff.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend};

use super::{Tracked, register};
use crate::compute::{AttentionGruOp, AttentionGruResult, AttentionGruTensors, AttentionOp, GruOp};
use crate::extension::SequenceKernels;
use crate::host::Host;

impl<B: Host + SequenceKernels, C: CheckpointStrategy> SequenceKernels for Autodiff<B, C> {
    fn gru(
        projected: FloatTensor<Self>,
        initial: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        unit: GruOp,
    ) -> FloatTensor<Self> {
        let inputs = [projected, initial, weights, bias];
        let nodes = inputs.each_ref().map(Tracked::node);
        let inputs = inputs.map(Tracked::into_primitive);
        let run = |keep| unit.forward::<B>(inputs.each_ref(), keep);
        match GruBackward(unit.clone()).prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let (output, gates) = run(true);
                let gates = gates.expect("gates were to be kept");
                let [_, initial, weights, _] = inputs;
                step.finish([initial, weights, output.clone(), gates], output)
            }
            OpsKind::UnTracked(step) => step.finish(run(false).0),
        }
    }

    fn attend(
        queries: FloatTensor<Self>,
        keys: FloatTensor<Self>,
        values: FloatTensor<Self>,
        attention: AttentionOp,
    ) -> FloatTensor<Self> {
        let inputs = [queries, keys, values];
        let nodes = inputs.each_ref().map(Tracked::node);
        let inputs = inputs.map(Tracked::into_primitive);
        let [output, softmaxes] = attention.forward::<B>(inputs.each_ref());
        match AttentionBackward(attention).prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish((inputs, softmaxes), output),
            OpsKind::UnTracked(step) => step.finish(output),
        }
    }

    fn attention_gru(
        tensors: AttentionGruTensors<Self>,
        unit: AttentionGruOp,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let tensors = tensors.into_array();
        let nodes = tensors.each_ref().map(Tracked::node);
        let tensors = tensors.map(Tracked::into_primitive);
        let tensors = AttentionGruTensors::<B>::from_array(tensors);
        let step = AttentionGruBackward(unit.clone());
        let (output, weights) = match step.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let found = unit.forward::<B>(&tensors, true);
                let (output, weights) = (found.output.clone(), found.weights.clone());
                (step.finish((tensors, found), output), weights)
            }
            OpsKind::UnTracked(step) => {
                let found = unit.forward::<B>(&tensors, false);
                (step.finish(found.output), found.weights)
            }
        };
        (output, Self::from_inner(weights))
    }
}

#[derive(Debug)]
struct GruBackward(GruOp);

impl<B: Host> Backward<B, 4> for GruBackward {
    /// Initial, weights, output, gates.
    type State = [FloatTensor<B>; 4];

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let needs_weights = ops.parents[2..].iter().any(Option::is_some);
        let found = self.0.backward::<B>(ops.state.each_ref(), &gradient, needs_weights);
        let nodes = ops.parents.into_iter().map(|node| node.map(|node| node.id));
        register::<B>(nodes, found, grads);
    }
}

#[derive(Debug)]
struct AttentionBackward(AttentionOp);

impl<B: Host> Backward<B, 3> for AttentionBackward {
    /// The inputs, and the softmaxes.
    type State = ([FloatTensor<B>; 3], FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (inputs, softmaxes) = &ops.state;
        let found = self.0.backward::<B>(inputs.each_ref(), softmaxes, &gradient);
        let nodes = ops.parents.into_iter().map(|node| node.map(|node| node.id));
        register::<B>(nodes, found.map(Some), grads);
    }
}

#[derive(Debug)]
struct AttentionGruBackward(AttentionGruOp);

impl<B: Host> Backward<B, 9> for AttentionGruBackward {
    /// The inputs and parameters, and the results of the forward pass.
    type State = (AttentionGruTensors<B>, AttentionGruResult<B>);

    fn backward(self, ops: Ops<Self::State, 9>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (tensors, result) = &ops.state;
        let found = self.0.backward::<B>(tensors, result, &gradient);
        let nodes = ops.parents.into_iter().map(|node| node.map(|node| node.id));
        register::<B>(nodes, found.map(Some), grads);
    }
}
