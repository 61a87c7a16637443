//! Attention.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::{composed, has_kernels};
use crate::attention::{AttentionMask, AttentionSizes};
use crate::compute::AttentionOp;
use crate::extension::SequenceKernels;

/// Scaled dot-product attention (Vaswani et al. 2017, equation 1, where `scale` is `1 / sqrt(width)`):
/// `softmax(scale Q K^T) V` for each head, over the keys that the mask leaves.
///
/// Keys at or beyond a row's length have the weight 0, and so have those behind a query if the mask is
/// causal. The output of a query without any key is 0.
///
/// # Shapes
///
/// - `queries`: `[batch, heads, targets, width]`
/// - `keys`: `[batch, heads, sources, width]`
/// - `values`: `[batch, heads, sources, value_width]`
/// - output: `[batch, heads, targets, value_width]`, with the strides of `[batch, targets, heads,
///   value_width]`, so that joining the heads copies nothing
///
/// # Panics
///
/// If the shapes do not fit each other, or a length exceeds `sources`.
pub fn attention(
    queries: Tensor<4>,
    keys: Tensor<4>,
    values: Tensor<4>,
    mask: &AttentionMask,
    scale: f64,
) -> Tensor<4> {
    let sizes = attention_sizes(queries.dims(), keys.dims(), values.dims(), mask);
    if !has_kernels(&queries) || !has_kernels(&values) {
        return composed::attention(queries, keys, values, mask, scale);
    }
    let operation = AttentionOp { sizes, mask: mask.clone(), scale };
    let [queries, keys, values] = [queries, keys, values].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as SequenceKernels>::attend(queries, keys, values, operation))
}

/// The weights of [`attention`], `softmax(scale Q K^T)`, without a gradient: `[batch, heads, targets,
/// sources]`, on the device without autodiff.
///
/// # Panics
///
/// If the shapes do not fit each other, or a length exceeds `sources`.
pub fn attention_weights(
    queries: Tensor<4>,
    keys: Tensor<4>,
    mask: &AttentionMask,
    scale: f64,
) -> Tensor<4> {
    let plain =
        |tensor: Tensor<4>| if tensor.device().is_autodiff() { tensor.inner() } else { tensor };
    composed::attention_weights(plain(queries), plain(keys), mask, scale)
}

/// The sizes of an attention.
///
/// # Panics
///
/// If the inputs do not fit each other.
pub(super) fn attention_sizes(
    [batch, heads, targets, width]: [usize; 4],
    keys: [usize; 4],
    values: [usize; 4],
    mask: &AttentionMask,
) -> AttentionSizes {
    let [.., sources, _] = keys;
    let [.., value_width] = values;
    assert_eq!(keys, [batch, heads, sources, width], "keys as wide as the queries");
    assert_eq!(values, [batch, heads, sources, value_width], "one value for each key");
    mask.lengths.check(batch, sources);
    AttentionSizes { batch, heads, targets, sources, width, value_width }
}
