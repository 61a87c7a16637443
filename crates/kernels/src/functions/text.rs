//! Embedding of text models.

use burn::backend::Dispatch;
use burn::tensor::{Device, Int, Tensor, TensorData, module};

use super::has_kernels;
use crate::extension::TextKernels;
use crate::tokens::Tokens;

/// An embedding: the row of the weights with each token's id.
///
/// The gradient of the weights adds the gradients of an id's tokens in their order.
///
/// # Shapes
///
/// - `weights`: `[vocabulary, width]`
/// - `tokens`: `[batch, time]`
/// - output: `[batch, time, width]`
///
/// # Panics
///
/// If an id is not below the vocabulary.
pub fn embedding(weights: Tensor<2>, tokens: &Tokens) -> Tensor<3> {
    let [vocabulary, _] = weights.dims();
    tokens.check(vocabulary, None);
    if !has_kernels(&weights) {
        let ids = integers(tokens.ids(), tokens.dims(), &weights.device());
        return module::embedding(weights, ids);
    }
    let output = <Dispatch as TextKernels>::embed(weights.into_dispatch(), tokens.clone());
    Tensor::from_dispatch(output)
}

/// Ids as a tensor of integers.
fn integers(ids: &[u32], dims: [usize; 2], device: &Device) -> Tensor<2, Int> {
    let ids: Vec<i64> = ids.iter().copied().map(i64::from).collect();
    Tensor::from_data(TensorData::new(ids, dims), device)
}
