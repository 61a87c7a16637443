//! The kernels as operations of Burn's backends, with their backward passes.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
#[cfg(feature = "flex")]
use burn::backend::Flex;
#[cfg(feature = "ndarray")]
#[expect(deprecated, reason = "supported here as long as Burn has it")]
use burn::backend::NdArray;
use burn::backend::{
    Autodiff, AutodiffBackend, Backend, Dispatch, DispatchTensor, ExtensionType, backend_extension,
};

use crate::compute::{Convolution, Norm, Normalized, Pool, Taken};
use crate::host::Host;

/// A tensor or none.
#[derive(ExtensionType)]
pub enum Maybe<B: Backend> {
    /// It is there.
    Present(FloatTensor<B>),
    /// It is not.
    Absent,
}

impl<B: Backend> Maybe<B> {
    fn get(&self) -> Option<&FloatTensor<B>> {
        match self {
            Self::Present(tensor) => Some(tensor),
            Self::Absent => None,
        }
    }
}

impl From<Option<DispatchTensor>> for Maybe<Dispatch> {
    fn from(tensor: Option<DispatchTensor>) -> Self {
        tensor.map_or(Self::Absent, Self::Present)
    }
}

/// The operations. Each is defined on the backends that have kernels, and on no other.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"), Autodiff)]
pub trait Kernels: Backend {
    /// See [`crate::conv2d`] and [`crate::conv_transpose2d`].
    fn convolve(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        #[extension_type] bias: Maybe<Self>,
        convolution: Convolution,
    ) -> FloatTensor<Self>;

    /// See [`crate::batch_norm2d`]: output, mean, variance.
    fn normalize(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        #[extension_type] shortcut: Maybe<Self>,
        norm: Norm,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// See [`crate::max_pool2d`] and [`crate::avg_pool2d`].
    fn pool(x: FloatTensor<Self>, pool: Pool) -> FloatTensor<Self>;
}

/// Operations that have no backward pass of their own.
#[backend_extension(Flex: cfg(feature = "flex"), NdArray: cfg(feature = "ndarray"))]
pub trait InferenceKernels: Backend {
    /// See [`crate::batch_norm2d_inference`].
    fn normalize_by(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        #[extension_type] shortcut: Maybe<Self>,
        norm: Norm,
    ) -> FloatTensor<Self>;
}

macro_rules! on_host {
    ($backend:ty) => {
        impl Kernels for $backend {
            fn convolve(
                x: FloatTensor<Self>,
                weights: FloatTensor<Self>,
                bias: Maybe<Self>,
                convolution: Convolution,
            ) -> FloatTensor<Self> {
                convolution.forward::<Self>(&x, &weights, bias.get())
            }

            fn normalize(
                x: FloatTensor<Self>,
                gamma: FloatTensor<Self>,
                beta: FloatTensor<Self>,
                shortcut: Maybe<Self>,
                norm: Norm,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                let done = norm.forward::<Self>(&x, [&gamma, &beta], None, shortcut.get());
                (done.output, done.mean, done.variance)
            }

            fn pool(x: FloatTensor<Self>, pool: Pool) -> FloatTensor<Self> {
                pool.forward::<Self>(&x)
            }
        }

        impl InferenceKernels for $backend {
            fn normalize_by(
                x: FloatTensor<Self>,
                gamma: FloatTensor<Self>,
                beta: FloatTensor<Self>,
                mean: FloatTensor<Self>,
                variance: FloatTensor<Self>,
                shortcut: Maybe<Self>,
                norm: Norm,
            ) -> FloatTensor<Self> {
                let moments = Some([&mean, &variance]);
                norm.forward::<Self>(&x, [&gamma, &beta], moments, shortcut.get()).output
            }
        }
    };
}

#[cfg(feature = "flex")]
on_host!(Flex);
#[cfg(feature = "ndarray")]
#[expect(deprecated, reason = "supported here as long as Burn has it")]
mod on_ndarray {
    use super::*;
    on_host!(NdArray);
}


impl<B: Host + Kernels, C: CheckpointStrategy> Kernels for Autodiff<B, C> {
    fn convolve(
        x: FloatTensor<Self>,
        weights: FloatTensor<Self>,
        bias: Maybe<Self>,
        convolution: Convolution,
    ) -> FloatTensor<Self> {
        match bias {
            Maybe::Absent => {
                let nodes = [x.node(), weights.node()];
                let forward = (x.into_primitive(), weights.into_primitive());
                match ConvolutionBackward(convolution).prepare::<C>(nodes).compute_bound().stateful() {
                    OpsKind::Tracked(step) => {
                        let output = convolution.forward::<B>(&forward.0, &forward.1, None);
                        let kept = (convolution.slope < 1.0).then(|| output.clone());
                        step.finish((forward, kept), output)
                    }
                    OpsKind::UnTracked(step) => {
                        step.finish(convolution.forward::<B>(&forward.0, &forward.1, None))
                    }
                }
            }
            Maybe::Present(bias) => {
                let nodes = [x.node(), weights.node(), bias.node()];
                let forward = (x.into_primitive(), weights.into_primitive());
                let bias = Some(bias.primitive());
                match ConvolutionBackward(convolution).prepare::<C>(nodes).compute_bound().stateful() {
                    OpsKind::Tracked(step) => {
                        let output = convolution.forward::<B>(&forward.0, &forward.1, bias);
                        let kept = (convolution.slope < 1.0).then(|| output.clone());
                        step.finish((forward, kept), output)
                    }
                    OpsKind::UnTracked(step) => {
                        step.finish(convolution.forward::<B>(&forward.0, &forward.1, bias))
                    }
                }
            }
        }
    }

    fn normalize(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        shortcut: Maybe<Self>,
        norm: Norm,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let parameters = [gamma.primitive().clone(), beta.primitive().clone()];
        let addend = shortcut.get().map(|shortcut| shortcut.primitive().clone());
        let input = x.primitive().clone();
        let [scale, shift] = &parameters;
        let done = norm.forward::<B>(&input, [scale, shift], None, addend.as_ref());
        let output = done.output.clone();
        let moments = (done.mean.clone(), done.variance.clone());
        let state = (input, scale.clone(), done);
        let backward = NormBackward(norm);
        let output = match shortcut {
            Maybe::Absent => {
                let nodes = [x.node(), gamma.node(), beta.node()];
                match backward.prepare::<C>(nodes).compute_bound().stateful() {
                    OpsKind::Tracked(step) => step.finish(state, output),
                    OpsKind::UnTracked(step) => step.finish(output),
                }
            }
            Maybe::Present(shortcut) => {
                let nodes = [x.node(), gamma.node(), beta.node(), shortcut.node()];
                match backward.prepare::<C>(nodes).compute_bound().stateful() {
                    OpsKind::Tracked(step) => step.finish(state, output),
                    OpsKind::UnTracked(step) => step.finish(output),
                }
            }
        };
        let [mean, variance] = [moments.0, moments.1].map(Self::from_inner);
        (output, mean, variance)
    }

    fn pool(x: FloatTensor<Self>, pool: Pool) -> FloatTensor<Self> {
        match PoolBackward(pool).prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                let x = x.into_primitive();
                let output = pool.forward::<B>(&x);
                let kept = (pool.taken == Taken::Largest).then(|| (x, output.clone()));
                step.finish(kept, output)
            }
            OpsKind::UnTracked(step) => step.finish(pool.forward::<B>(x.primitive())),
        }
    }
}

/// What a convolution's backward pass needs: input and weights, and the output where it was bent.
type ConvolutionState<B> = ((FloatTensor<B>, FloatTensor<B>), Option<FloatTensor<B>>);

#[derive(Debug)]
struct ConvolutionBackward(Convolution);

impl ConvolutionBackward {
    /// Gradients of input, weights and bias, as far as they are asked for.
    fn run<B: Host>(
        &self,
        ((x, weights), output): ConvolutionState<B>,
        gradient: FloatTensor<B>,
        [with_x, with_weights]: [bool; 2],
    ) -> (Option<FloatTensor<B>>, Option<[FloatTensor<B>; 2]>) {
        let gradient = self.0.bent::<B>(output.as_ref(), gradient);
        let dx = with_x.then(|| self.0.input_gradient::<B>(&weights, &gradient));
        let dw = with_weights.then(|| self.0.weight_gradient::<B>(&x, &weights, &gradient));
        (dx, dw)
    }
}

impl<B: Host> Backward<B, 2> for ConvolutionBackward {
    type State = ConvolutionState<B>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [x, weights] = ops.parents;
        let wanted = [x.is_some(), weights.is_some()];
        let (dx, dw) = self.run::<B>(ops.state, gradient, wanted);
        if let (Some(node), Some(dx)) = (x, dx) {
            grads.register::<B>(node.id, dx);
        }
        if let (Some(node), Some([dw, _])) = (weights, dw) {
            grads.register::<B>(node.id, dw);
        }
    }
}

impl<B: Host> Backward<B, 3> for ConvolutionBackward {
    type State = ConvolutionState<B>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let [x, weights, bias] = ops.parents;
        let wanted = [x.is_some(), weights.is_some() || bias.is_some()];
        let (dx, dw) = self.run::<B>(ops.state, gradient, wanted);
        if let (Some(node), Some(dx)) = (x, dx) {
            grads.register::<B>(node.id, dx);
        }
        if let Some([dw, db]) = dw {
            if let Some(node) = weights {
                grads.register::<B>(node.id, dw);
            }
            if let Some(node) = bias {
                grads.register::<B>(node.id, db);
            }
        }
    }
}

/// What a normalisation's backward pass needs: input, learned scale, and what it computed.
type NormState<B> = (FloatTensor<B>, FloatTensor<B>, Normalized<B>);

#[derive(Debug)]
struct NormBackward(Norm);

impl<B: Host> Backward<B, 3> for NormBackward {
    type State = NormState<B>;

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (x, gamma, done) = ops.state;
        let gradients = self.0.backward::<B>(&x, &gamma, &done, false, &gradient);
        for (node, gradient) in ops.parents.into_iter().zip(gradients.all()) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: Host> Backward<B, 4> for NormBackward {
    type State = NormState<B>;

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<B>(&ops.node);
        let (x, gamma, done) = ops.state;
        let gradients = self.0.backward::<B>(&x, &gamma, &done, true, &gradient);
        for (node, gradient) in ops.parents.into_iter().zip(gradients.all()) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                grads.register::<B>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct PoolBackward(Pool);

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
