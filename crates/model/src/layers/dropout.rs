//! Dropout.

use burn::module::Module;
use burn::tensor::Tensor;
use hearth_kernels::dropout_mask;

use crate::context::ForwardContext;

/// Dropout (Srivastava et al. 2014): in train mode, features become zero with probability p, and the rest are scaled by
/// `1 / (1 - p)`.
#[derive(Module, Debug)]
pub struct DropoutLayer {
    #[module(skip)]
    probability: f64,
}

impl DropoutLayer {
    /// Drops each feature with `probability`, from 0 to 1.
    pub fn new(probability: f64) -> Self {
        Self { probability }
    }

    /// Maps `[batch, features]` to the same shape; the identity in eval mode.
    pub fn forward(&self, features: Tensor<2>, context: &mut ForwardContext) -> Tensor<2> {
        match context.seed() {
            Some(seed) if self.probability > 0.0 => {
                let (dims, device) = (features.dims(), features.device());
                let mask = dropout_mask(dims, self.probability, seed, &device);
                let dtype = features.dtype();
                features * mask.cast(dtype)
            }
            _ => features,
        }
    }

    /// [`DropoutLayer::forward`] on `[batch, time, features]`.
    pub fn forward_sequence(&self, x: Tensor<3>, context: &mut ForwardContext) -> Tensor<3> {
        let [batch, time, features] = x.dims();
        self.forward(x.reshape([batch * time, features]), context).reshape([batch, time, features])
    }
}
