//! Batch normalisation, by itself and behind a convolution.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use super::{ConvGradients, ConvOp, NeedsGradient, dims, flat};
use crate::blocks::Nonlinearity;
use crate::float::Float;
use crate::host::Host;
use crate::norm::{self, Affine, BackwardInputs, Moments, PartialMoments, PoolWindows, PostNorm};

/// The operation of a batch normalisation, followed by a leaky ReLU and max pooling.
#[derive(Clone, Copy, Debug)]
pub struct NormOp {
    /// The number added to the variance.
    pub epsilon: f64,
    /// The slope of `max(z, slope z)`; 1 for the identity.
    pub slope: f64,
    /// Window size and stride of the max pooling; 1 for none.
    pub window: usize,
}

/// The outputs of a normalisation.
#[derive(Clone, Debug)]
pub struct NormOutput<B: Host> {
    /// The normalised tensor `[batch, channels, height, width]`, after activation and pooling.
    pub output: FloatTensor<B>,
    /// The mean of each channel.
    pub mean: FloatTensor<B>,
    /// The biased variance of each channel: the sum of squares over the number of pixels.
    pub variance: FloatTensor<B>,
    /// The x at each maximum, with max pooling.
    pub chosen: Option<FloatTensor<B>>,
}

/// The gradients of a normalisation, and of the convolution in front of it.
pub struct ConvNormGradients<B: Host> {
    /// The gradient of the scale.
    pub gamma: FloatTensor<B>,
    /// The gradient of the shift.
    pub beta: FloatTensor<B>,
    /// The gradient of the shortcut, if there is one.
    pub shortcut: Option<FloatTensor<B>>,
    /// The gradients of the input and of the weights of the convolution, if there is one.
    pub convolution: ConvGradients<B>,
}

/// The inputs of a normalisation besides x.
pub struct NormInputs<'a, B: Host> {
    /// The scale of each channel.
    pub gamma: &'a FloatTensor<B>,
    /// The shift of each channel.
    pub beta: &'a FloatTensor<B>,
    /// Added before the activation.
    pub shortcut: Option<&'a FloatTensor<B>>,
}

impl NormOp {
    fn windows(&self, [_, _, height, width]: [usize; 4]) -> PoolWindows {
        PoolWindows { height, width, size: self.window }
    }

    /// Normalises by the given moments, or by the batch's for None.
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

    /// Convolves and normalises. Returns the output of the convolution, and that of the normalisation.
    pub fn forward_with_convolution<B: Host>(
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
            (B::channels_last(out, dims), done)
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
            (B::channels_last(y, dims), None)
        } else {
            let windows = self.windows(dims);
            let (y, chosen) = norm::normalize_and_pool(x, &affine, slope, windows);
            let [rows, columns] = windows.count();
            let dims = [batch, channels, rows, columns];
            (B::channels_last(y, dims), Some(B::channels_last(chosen, dims)))
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

    /// The gradients of [`NormOp::forward`] by the batch's moments, or, with a convolution and its input
    /// and weights, of [`NormOp::forward_with_convolution`].
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
                // z and the output have the same sign; the gradient at z is also the shortcut's.
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
            let convolution = if let Some((convolution, [x, weights], needs)) = convolution {
                convolution.backward_from::<B, E>(x, weights, &gradients, needs)
            } else {
                let input = Some(B::channels_last(gradients.input(), dims));
                ConvGradients { input, weights: None, bias: None }
            };
            let channels = &[dims[1]];
            let (gamma, beta) = (gradients.gamma, gradients.beta);
            ConvNormGradients {
                gamma: B::dense(gamma, channels),
                beta: B::dense(beta, channels),
                shortcut: inputs.shortcut.map(|_| B::channels_last(gradient.into_owned(), dims)),
                convolution,
            }
        })
    }
}

fn moments_of<B: Host, E: Float>([mean, variance]: [&FloatTensor<B>; 2]) -> Moments<E> {
    Moments { mean: flat::<B, E>(mean).into_owned(), variance: flat::<B, E>(variance).into_owned() }
}
