//! Embedding, cross-entropy and layer normalisation.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use super::flat;
use crate::float::Float;
use crate::host::Host;
use crate::text::cross_entropy::{RowSoftmax, Targets};
use crate::text::embedding;
use crate::text::layer_norm::{self, RowMoments};
use crate::tokens::Tokens;

/// The rows of the weights of all tokens: `[batch, time, width]`.
pub fn embed<B: Host>(weights: &FloatTensor<B>, tokens: &Tokens) -> FloatTensor<B> {
    with_float!(weights, E => {
        let view = B::view::<E>(weights);
        let [.., width] = view.dims;
        let [batch, time] = tokens.dims();
        let rows = embedding::select(&view.row_major(), width, tokens.ids());
        B::dense(rows, &[batch, time, width])
    })
}

/// The gradient of the weights of [`embed`], `[vocabulary, width]`.
pub fn embed_backward<B: Host>(
    gradient: &FloatTensor<B>,
    tokens: &Tokens,
    vocabulary: usize,
) -> FloatTensor<B> {
    with_float!(gradient, E => {
        let view = B::view::<E>(gradient);
        let [.., width] = view.dims;
        let sums = embedding::scatter_add(&view.row_major(), width, tokens.ids(), vocabulary);
        B::dense(sums, &[vocabulary, width])
    })
}

/// The operation of a cross-entropy.
#[derive(Clone, Debug)]
pub struct CrossEntropyOp {
    /// The target of each row.
    pub targets: Tokens,
    /// The target of rows that are left out.
    pub ignored: Option<u32>,
    /// The share of the target distribution that is divided equally among all classes.
    pub smoothing: f64,
}

impl CrossEntropyOp {
    fn targets(&self) -> Targets<'_> {
        let Self { ref targets, ignored, smoothing } = *self;
        Targets { ids: targets.ids(), ignored, smoothing }
    }

    /// The summed loss, `[1]`, and the softmax of each row.
    pub fn forward<B: Host>(&self, logits: &FloatTensor<B>) -> (FloatTensor<B>, Vec<RowSoftmax>) {
        with_float!(logits, E => {
            let view = B::view::<E>(logits);
            let [.., vocabulary] = view.dims;
            let (loss, rows) = self.targets().loss(&view.row_major(), vocabulary);
            (B::dense(vec![E::from_f64(loss)], &[1]), rows)
        })
    }

    /// The gradient of the logits.
    pub fn backward<B: Host>(
        &self,
        logits: &FloatTensor<B>,
        rows: &[RowSoftmax],
        gradient: &FloatTensor<B>,
    ) -> FloatTensor<B> {
        with_float!(logits, E => {
            let view = B::view::<E>(logits);
            let [.., count, vocabulary] = view.dims;
            let [scale] = flat::<B, E>(gradient)[..] else { panic!("the gradient of one loss") };
            let logits = view.row_major();
            let dx = self.targets().gradient(&logits, vocabulary, rows, scale.into_f64());
            B::dense(dx, &[count, vocabulary])
        })
    }
}

/// The output of a layer normalisation, `[batch, time, width]`, and the moments of each row.
pub fn layer_norm<B: Host>(
    x: &FloatTensor<B>,
    [gain, bias]: [&FloatTensor<B>; 2],
    epsilon: f64,
) -> (FloatTensor<B>, Vec<RowMoments>) {
    with_float!(x, E => {
        let view = B::view::<E>(x);
        let (gain, bias) = (flat::<B, E>(gain), flat::<B, E>(bias));
        let (y, moments) = layer_norm::forward(&view.row_major(), [&gain, &bias], epsilon);
        (B::dense(y, &view.dims[1..]), moments)
    })
}

/// The gradients of x, gain and bias of [`layer_norm`].
pub fn layer_norm_backward<B: Host>(
    x: &FloatTensor<B>,
    gain: &FloatTensor<B>,
    moments: &[RowMoments],
    gradient: &FloatTensor<B>,
) -> [FloatTensor<B>; 3] {
    with_float!(x, E => {
        let view = B::view::<E>(x);
        let gradient = B::view::<E>(gradient).row_major();
        let gain = flat::<B, E>(gain);
        let found = layer_norm::backward(&view.row_major(), &gain, moments, &gradient);
        let width = [gain.len()];
        [
            B::dense(found.x, &view.dims[1..]),
            B::dense(found.gain, &width),
            B::dense(found.bias, &width),
        ]
    })
}
