//! Attention on the tensors of a CPU backend.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use super::rows;
use crate::attention::{self, AttentionMask, AttentionSaved, AttentionSizes, Heads};
use crate::float::Float;
use crate::host::Host;

/// The operation of scaled dot-product attention.
#[derive(Clone, Debug)]
pub struct AttentionOp {
    /// The sizes.
    pub sizes: AttentionSizes,
    /// The keys of each query.
    pub mask: AttentionMask,
    /// The factor of the scores.
    pub scale: f64,
}

impl AttentionOp {
    /// The output, and what the backward pass needs to know of each softmax.
    pub fn forward<B: Host>(&self, inputs: [&FloatTensor<B>; 3]) -> [FloatTensor<B>; 2] {
        let AttentionSizes { batch, heads, targets, value_width, .. } = self.sizes;
        with_float!(inputs[0], E => {
            let inputs = inputs.map(|input| Heads::new(B::view::<E>(input)));
            let [output, softmaxes] =
                attention::forward(self.sizes, &self.mask, self.scale, inputs.each_ref());
            [
                by_heads::<B, E>(output, [batch, heads, targets, value_width]),
                B::dense(softmaxes, &[batch, targets, heads, 2]),
            ]
        })
    }

    /// The gradients of queries, keys and values.
    pub fn backward<B: Host>(
        &self,
        inputs: [&FloatTensor<B>; 3],
        softmaxes: &FloatTensor<B>,
        gradient: &FloatTensor<B>,
    ) -> [FloatTensor<B>; 3] {
        let AttentionSizes { batch, heads, targets, sources, width, value_width } = self.sizes;
        with_float!(gradient, E => {
            let saved = AttentionSaved {
                inputs: inputs.map(|input| Heads::new(B::view::<E>(input))),
                softmaxes: &rows::<B, E>(softmaxes),
                gradient: Heads::new(B::view::<E>(gradient)),
            };
            let found = attention::backward(self.sizes, &self.mask, self.scale, &saved);
            [
                by_heads::<B, E>(found.queries, [batch, heads, targets, width]),
                by_heads::<B, E>(found.keys, [batch, heads, sources, width]),
                by_heads::<B, E>(found.values, [batch, heads, sources, value_width]),
            ]
        })
    }
}

/// A tensor `[batch, heads, time, width]` of elements in the order batch, time, heads, width: the heads of a
/// step are one row of the next layer's input.
fn by_heads<B: Host, E: Float>(data: Vec<E>, dims: [usize; 4]) -> FloatTensor<B> {
    let [_, heads, time, width] = dims;
    B::tensor(data, &dims, &[heads * time * width, width, heads * width, 1])
}
