//! Batch normalisation, with the convolution in front of it and without.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use super::{ConvGradients, ConvOp, NeedsGradient, dims, flat};
use crate::blocks::Nonlinearity;
use crate::float::Float;
use crate::host::Host;
use crate::norm::{self, Affine, BackwardInputs, Moments, PartialMoments, PoolWindows, PostNorm};

/// Batch normalisation and what comes after it.
#[derive(Clone, Copy, Debug)]
pub struct NormOp {
    /// What keeps the variance from zero.
    pub epsilon: f64,
    /// `max(z, slope z)` follows; 1 for nothing.
    pub slope: f64,
    /// Then the largest of windows of this size; 1 for nothing.
    pub window: usize,
}

/// What a normalisation computed.
#[derive(Clone, Debug)]
pub struct NormOutput<B: Host> {
    /// `[batch, channels, height, width]`.
    pub output: FloatTensor<B>,
    /// Of each channel.
    pub mean: FloatTensor<B>,
    /// Of each channel: the squares' sum over the number of pixels.
    pub variance: FloatTensor<B>,
    /// The `x` behind each output, with windows.
    pub chosen: Option<FloatTensor<B>>,
}

/// The gradients of a normalisation, and of the convolution in front of it.
pub struct ConvNormGradients<B: Host> {
    /// Of the learned scale.
    pub gamma: FloatTensor<B>,
    /// Of the learned shift.
    pub beta: FloatTensor<B>,
    /// Of the shortcut, where there is one.
    pub shortcut: Option<FloatTensor<B>>,
    /// Of the input, and with a convolution, of its weights.
    pub convolution: ConvGradients<B>,
}

/// What goes into a normalisation besides the pictures.
pub struct NormInputs<'a, B: Host> {
    /// The learned scale.
    pub gamma: &'a FloatTensor<B>,
    /// The learned shift.
    pub beta: &'a FloatTensor<B>,
    /// Added before the activation.
    pub shortcut: Option<&'a FloatTensor<B>>,
}

impl NormOp {
    fn windows(&self, [_, _, height, width]: [usize; 4]) -> PoolWindows {
        PoolWindows { height, width, size: self.window }
    }

    /// Normalises by the batch's own moments, or by those that are given.
    pub fn forward<B: Host>(
        &self,
        x: &FloatTensor<B>,
        inputs: &NormInputs<'_, B>,
        moments: Option<[&FloatTensor<B>; 2]>,
    ) -> NormOutput<B> {
        with_float!(x, E => {
            let (dims, x) = (dims::<B>(x), B::view::<E>(x).channels_last());
            let moments = match moments {
                None => Moments::new(&x, dims[1]),
                Some(moments) => moments_of::<B, E>(moments),
            };
            self.apply::<B, E>(&x, dims, inputs, moments)
        })
    }

    /// Convolves and normalises: what the convolution gave, and the rest.
    pub fn forward_behind<B: Host>(
        &self,
        convolution: &ConvOp,
        x: &FloatTensor<B>,
        weights: &FloatTensor<B>,
        inputs: &NormInputs<'_, B>,
    ) -> (FloatTensor<B>, NormOutput<B>) {
        with_float!(x, E => {
            let dims = convolution.output();
            let [_, channels, ..] = dims;
            let (x, weights) = (B::view::<E>(x), B::view::<E>(weights));
            let part = |out: &mut [E]| PartialMoments::new(out, channels);
            let (out, parts) = convolution.run(convolution.direction, &x, weights, None, part);
            let moments = Moments::join(&parts, channels);
            let done = self.apply::<B, E>(&out, dims, inputs, moments);
            (B::pictures(out, dims), done)
        })
    }

    fn apply<B: Host, E: Float>(
        &self,
        x: &[E],
        dims: [usize; 4],
        inputs: &NormInputs<'_, B>,
        moments: Moments<E>,
    ) -> NormOutput<B> {
        let [batch, channels, ..] = dims;
        let affine = self.affine::<B, E>(&moments, inputs);
        let slope = E::from_f64(self.slope);
        let (output, chosen) = if self.window == 1 {
            let shortcut = inputs.shortcut.map(|shortcut| B::view::<E>(shortcut).channels_last());
            let y = norm::normalize(x, &affine, shortcut.as_deref(), slope);
            (B::pictures(y, dims), None)
        } else {
            let windows = self.windows(dims);
            let (y, chosen) = norm::normalize_and_pool(x, &affine, slope, windows);
            let [rows, columns] = windows.count();
            let dims = [batch, channels, rows, columns];
            (B::pictures(y, dims), Some(B::pictures(chosen, dims)))
        };
        let mean = B::dense(moments.mean, &[channels]);
        let variance = B::dense(moments.variance, &[channels]);
        NormOutput { output, mean, variance, chosen }
    }

    fn affine<B: Host, E: Float>(
        &self,
        moments: &Moments<E>,
        inputs: &NormInputs<'_, B>,
    ) -> Affine<E> {
        let (gamma, beta) = (flat::<B, E>(inputs.gamma), flat::<B, E>(inputs.beta));
        Affine::new(moments, &gamma, &beta, self.epsilon)
    }

    /// The gradients behind [`Norm::forward`] by the batch's own moments, or, with a convolution
    /// and what it read, behind [`Norm::forward_behind`].
    pub fn backward<B: Host>(
        &self,
        x: &FloatTensor<B>,
        inputs: &NormInputs<'_, B>,
        forward: &NormOutput<B>,
        gradient: &FloatTensor<B>,
        convolution: Option<(&ConvOp, [&FloatTensor<B>; 2], NeedsGradient)>,
    ) -> ConvNormGradients<B> {
        with_float!(x, E => {
            let (dims, x) = (dims::<B>(x), B::view::<E>(x).channels_last());
            let moments = moments_of::<B, E>([&forward.mean, &forward.variance]);
            let affine = self.affine::<B, E>(&moments, inputs);
            let mut gradient = B::view::<E>(gradient).channels_last();
            let slope = E::from_f64(self.slope);
            let chosen = forward.chosen.as_ref().map(|chosen| B::view::<E>(chosen).channels_last());
            let post_norm = if let Some(chosen) = &chosen {
                PostNorm::Pooling(chosen, self.windows(dims))
            } else if inputs.shortcut.is_some() {
                // The sign of z is that of the output; the gradient at z is the shortcut's, too.
                let output = B::view::<E>(&forward.output).channels_last();
                gradient = norm::activation_gradient(&output, &gradient, Nonlinearity::LeakyRelu(self.slope)).into();
                PostNorm::Identity
            } else if self.slope < 1.0 {
                PostNorm::LeakyRelu
            } else {
                PostNorm::Identity
            };
            let backward = BackwardInputs {
                x: &x,
                dims,
                moments: &moments,
                affine: &affine,
                epsilon: self.epsilon,
                gradient: &gradient,
                post_norm,
                slope,
            };
            let gradients = backward.gradients();
            let convolution = if let Some((convolution, [x, weights], wanted)) = convolution {
                convolution.backward_from::<B, E>(x, weights, &gradients, wanted)
            } else {
                let input = Some(B::pictures(gradients.input(), dims));
                ConvGradients { input, weights: None, bias: None }
            };
            let channels = &[dims[1]];
            let (gamma, beta) = (gradients.gamma, gradients.beta);
            ConvNormGradients {
                gamma: B::dense(gamma, channels),
                beta: B::dense(beta, channels),
                shortcut: inputs.shortcut.map(|_| B::pictures(gradient.into_owned(), dims)),
                convolution,
            }
        })
    }
}

fn moments_of<B: Host, E: Float>([mean, variance]: [&FloatTensor<B>; 2]) -> Moments<E> {
    Moments { mean: flat::<B, E>(mean).into_owned(), variance: flat::<B, E>(variance).into_owned() }
}
