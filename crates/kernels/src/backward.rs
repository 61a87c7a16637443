//! The kernels under autodiff: the state saved by each forward pass, and the backward pass.

mod sequence;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend};

use crate::blocks::Nonlinearity;
use crate::compute::{ConvOp, NeedsGradient, NormInputs, NormOp, NormOutput, PoolOp};
use crate::extension::{Kernels, OptionalTensor};
use crate::host::Host;
use crate::pool::PoolKind;

/// A tensor of the autodiff backend.
type Tracked<B> = FloatTensor<Autodiff<B>>;

/// Records the step if one of its inputs is tracked, and returns the output in either case.
macro_rules! record {
    ($step:expr, $nodes:expr, $state:expr, $output:expr) => {
        match $step.prepare::<C>($nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish($state, $output),
            OpsKind::UnTracked(step) => step.finish($output),
        }
    };
}

mod text;

impl<B: Host + Kernels, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    fn convolve(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: OptionalTensor<Self>,
        convolution: ConvOp,
    ) -> FloatTensor<Self> {
        let (x_node, weights_node) = (x.node(), weights.node());
        let (x, weights) = (x.into_primitive(), weights.into_primitive());
        let step = ConvBackward(convolution);
        let run = |bias: Option<&FloatTensor<B>>| {
            let output = convolution.forward::<B>(&x, &weights, bias);
            let kept = (convolution.nonlinearity != Nonlinearity::IDENTITY).then(|| output.clone());
            (output, kept)
        };
        match bias {
            OptionalTensor::Absent => {
                let (output, kept) = run(None);
                record!(step, [x_node, weights_node], ((x, weights), kept), output)
            }
            OptionalTensor::Present(bias) => {
                let nodes = [x_node, weights_node, bias.node()];
                let (output, kept) = run(Some(bias.primitive()));
                record!(step, nodes, ((x, weights), kept), output)
            }
        }
    }

    fn convolve_and_normalize(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        shortcut: OptionalTensor<Self>,
        (convolution, norm): (ConvOp, NormOp),
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let nodes = [x.node(), gamma.node(), beta.node()];
        let weights_node = weights.node();
        let shortcut_node = shortcut.get().map(Tracked::node);
        let kept = SavedNormInputs::new(gamma, beta, shortcut);
        let (x, weights) = (x.into_primitive(), weights.into_primitive());
        let (between, done) =
            norm.forward_with_convolution::<B>(&convolution, &x, &weights, &kept.inputs());
        let (output, moments) = outputs(&done);
        let state =
            NormState { kept, x: between, done, convolution: Some((convolution, x, weights)) };
        let [x, gamma, beta] = nodes;
        let step = NormBackward(norm);
        let output = match shortcut_node {
            None => {
                record!(step, [x, gamma, beta, weights_node], state, output)
            }
            Some(shortcut) => {
                record!(step, [x, gamma, beta, weights_node, shortcut], state, output)
            }
        };
        let [mean, variance] = moments.map(Self::from_inner);
        (output, mean, variance)
    }

    fn normalize(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        shortcut: OptionalTensor<Self>,
        norm: NormOp,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [x_node, gamma_node, beta_node] = [x.node(), gamma.node(), beta.node()];
        let shortcut_node = shortcut.get().map(Tracked::node);
        let kept = SavedNormInputs::new(gamma, beta, shortcut);
        let x = x.into_primitive();
        let done = norm.forward::<B>(&x, &kept.inputs(), None);
        let (output, moments) = outputs(&done);
        let state = NormState { kept, x, done, convolution: None };
        let step = NormBackward(norm);
        let output = match shortcut_node {
            None => {
                record!(step, [x_node, gamma_node, beta_node], state, output)
            }
            Some(shortcut) => {
                record!(step, [x_node, gamma_node, beta_node, shortcut], state, output)
            }
        };
        let [mean, variance] = moments.map(Self::from_inner);
        (output, mean, variance)
    }

    fn pool(x: FloatTensor<Self>, pool: PoolOp) -> FloatTensor<Self> {
        let node = x.node();
        let x = x.into_primitive();
        let output = pool.forward::<B>(&x);
        let kept = (pool.kind == PoolKind::Max).then(|| (x, output.clone()));
        record!(PoolBackward(pool), [node], kept, output)
    }
}

/// Registers the gradient of each tracked input.
fn register<B: Host>(
    nodes: impl Iterator<Item = Option<NodeId>>,
    gradients: impl IntoIterator<Item = Option<FloatTensor<B>>>,
    grads: &mut Gradients,
) {
    for (node, gradient) in nodes.zip(gradients) {
        if let (Some(node), Some(gradient)) = (node, gradient) {
            grads.register::<B>(node, gradient);
        }
    }
}

/// The saved tensors of a convolution: input and weights, and the output if an activation follows.
type ConvState<B> = ((FloatTensor<B>, FloatTensor<B>), Option<FloatTensor<B>>);

#[derive(Debug)]
struct ConvBackward(ConvOp);

/// The inputs are x and the weights (2), and the bias if there is one (3).
macro_rules! convolution_backward {
    ($inputs:literal) => {
        impl<B: Host> Backward<B, $inputs> for ConvBackward {
            type State = ConvState<B>;

            fn backward(
                self,
                ops: Ops<Self::State, $inputs>,
                grads: &mut Gradients,
                _: &mut Checkpointer,
            ) {
                let gradient = grads.consume::<B>(&ops.node);
                let ((x, weights), output) = ops.state;
                let is_tracked = |input: usize| ops.parents.get(input).is_some_and(Option::is_some);
                let needs = NeedsGradient {
                    input: is_tracked(0),
                    weights: is_tracked(1) || is_tracked(2),
                    bias: is_tracked(2),
                };
                let found = self.0.backward::<B>(&x, &weights, output.as_ref(), &gradient, needs);
                let all = [found.input, found.weights, found.bias];
                let nodes = ops.parents.into_iter().map(|node| node.map(|node| node.id));
                register::<B>(nodes, all, grads);
            }
        }
    };
}

convolution_backward!(2);
convolution_backward!(3);

/// The saved parameters of a normalisation, and its shortcut.
#[derive(Clone, Debug)]
struct SavedNormInputs<B: Host> {
    gamma: FloatTensor<B>,
    beta: FloatTensor<B>,
    shortcut: Option<FloatTensor<B>>,
}

impl<B: Host> SavedNormInputs<B> {
    fn new<C: CheckpointStrategy>(
        gamma: FloatTensor<Autodiff<B, C>>,
        beta: FloatTensor<Autodiff<B, C>>,
        shortcut: OptionalTensor<Autodiff<B, C>>,
    ) -> Self {
        let shortcut = match shortcut {
            OptionalTensor::Present(shortcut) => Some(shortcut.into_primitive()),
            OptionalTensor::Absent => None,
        };
        Self { gamma: gamma.into_primitive(), beta: beta.into_primitive(), shortcut }
    }

    fn inputs(&self) -> NormInputs<'_, B> {
        let Self { gamma, beta, shortcut } = self;
        NormInputs { gamma, beta, shortcut: shortcut.as_ref() }
    }
}

fn outputs<B: Host>(done: &NormOutput<B>) -> (FloatTensor<B>, [FloatTensor<B>; 2]) {
    (done.output.clone(), [done.mean.clone(), done.variance.clone()])
}

/// The saved tensors of a normalisation: its inputs and outputs, and the convolution in front of it
/// with the convolution's input and weights.
#[derive(Clone, Debug)]
struct NormState<B: Host> {
    kept: SavedNormInputs<B>,
    x: FloatTensor<B>,
    done: NormOutput<B>,
    convolution: Option<(ConvOp, FloatTensor<B>, FloatTensor<B>)>,
}

#[derive(Debug)]
struct NormBackward(NormOp);

/// The inputs are x, gamma and beta, followed by the weights of the convolution and the shortcut, if
/// there are any.
macro_rules! norm_backward {
    ($inputs:literal) => {
        impl<B: Host> Backward<B, $inputs> for NormBackward {
            type State = NormState<B>;

            fn backward(
                self,
                ops: Ops<Self::State, $inputs>,
                grads: &mut Gradients,
                _: &mut Checkpointer,
            ) {
                let gradient = grads.consume::<B>(&ops.node);
                let NormState { kept, x, done, convolution } = ops.state;
                let is_tracked = |input: usize| ops.parents.get(input).is_some_and(Option::is_some);
                let needs =
                    NeedsGradient { input: is_tracked(0), weights: is_tracked(3), bias: false };
                let behind = convolution
                    .as_ref()
                    .map(|(convolution, x, weights)| (convolution, [x, weights], needs));
                let found = self.0.backward::<B>(&x, &kept.inputs(), &done, &gradient, behind);
                let mut all = vec![found.convolution.input, Some(found.gamma), Some(found.beta)];
                if convolution.is_some() {
                    all.push(found.convolution.weights);
                }
                all.push(found.shortcut);
                let nodes = ops.parents.into_iter().map(|node| node.map(|node| node.id));
                register::<B>(nodes, all, grads);
            }
        }
    };
}

norm_backward!(3);
norm_backward!(4);
norm_backward!(5);

#[derive(Debug)]
struct PoolBackward(PoolOp);

impl<B: Host> Backward<B, 1> for PoolBackward {
    type State = Option<(FloatTensor<B>, FloatTensor<B>)>;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [x] = ops.parents;
        if let Some(node) = x {
            let forward = ops.state.as_ref().map(|(x, output)| (x, output));
            grads.register::<B>(node.id, self.0.backward::<B>(forward, &gradient));
        }
    }
}
