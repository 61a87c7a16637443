//! Embedding and cross-entropy.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use super::flat;
use crate::float::Float;
use crate::host::Host;
use crate::text::cross_entropy::{RowSoftmax, Targets};
use crate::text::embedding;
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
