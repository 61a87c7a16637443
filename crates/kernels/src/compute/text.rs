//! Embedding.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use crate::host::Host;
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
