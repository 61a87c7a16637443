//! Attention of several heads.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;
use hearth_kernels::{AttentionMask, attention, attention_weights};

use super::{linear, run_sequence};
use crate::init::ParamInit;
use crate::sequence::KeysAndValues;

/// Attention of several heads (Vaswani et al. 2017, section 3.2.2).
#[derive(Module, Debug)]
pub struct MultiHead {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    #[module(skip)]
    heads: usize,
}

impl MultiHead {
    /// Attention of `heads` heads, which share a width.
    pub fn new(width: usize, heads: usize, init: &mut ParamInit<'_>) -> Self {
        let mut layer = || linear(width, width, init);
        Self { query: layer(), key: layer(), value: layer(), output: layer(), heads }
    }

    /// `[batch, steps, width]` to the heads' `[batch, heads, steps, width / heads]`.
    fn split(&self, layer: &Linear, x: Tensor<3>) -> Tensor<4> {
        let [batch, steps, width] = x.dims();
        let split = [batch, steps, self.heads, width / self.heads];
        run_sequence(layer, x).reshape(split).swap_dims(1, 2)
    }

    /// Keys and values of `x`, `[batch, steps, width]`.
    pub fn keys_and_values(&self, x: &Tensor<3>) -> KeysAndValues {
        KeysAndValues([&self.key, &self.value].map(|layer| self.split(layer, x.clone())))
    }

    /// Queries of `x` `[batch, steps, width]` to outputs of the same shape, and the mean weights of all heads
    /// `[batch, steps, keys]` if they are wanted.
    pub fn forward(
        &self,
        x: Tensor<3>,
        KeysAndValues([keys, values]): &KeysAndValues,
        mask: &AttentionMask,
        wants_weights: bool,
    ) -> (Tensor<3>, Option<Tensor<3>>) {
        let [batch, steps, width] = x.dims();
        let scale = ((width / self.heads) as f64).sqrt().recip();
        let queries = self.split(&self.query, x);
        let weights = wants_weights
            .then(|| attention_weights(queries.clone(), keys.clone(), mask, scale))
            .map(|weights| weights.mean_dim(1).squeeze_dim(1));
        let answers = attention(queries, keys.clone(), values.clone(), mask, scale);
        let joined = answers.swap_dims(1, 2).reshape([batch, steps, width]);
        (run_sequence(&self.output, joined), weights)
    }
}
