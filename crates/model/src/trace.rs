//! The named intermediates of a forward context.

use burn::tensor::Tensor;

/// Collects what the layers of a network hand on, when asked to.
#[derive(Debug, Default)]
pub enum Trace {
    /// Nothing is kept, and nothing is spent on it.
    #[default]
    Off,
    /// Every intermediate is kept, in the order of the forward context, under its layer's name,
    /// as `[batch, channels, height, width]`; features without a place have height and width 1.
    On(Vec<(String, Tensor<4>)>),
}

impl Trace {
    /// A trace that keeps everything.
    pub fn on() -> Self {
        Self::On(Vec::new())
    }

    /// Keeps feature maps `[batch, channels, height, width]`.
    pub(crate) fn keep(&mut self, name: impl FnOnce() -> String, features: &Tensor<4>) {
        if let Self::On(kept) = self {
            kept.push((name(), features.clone()));
        }
    }

    /// Keeps flat features `[batch, features]`.
    pub(crate) fn keep_flat(&mut self, name: impl FnOnce() -> String, features: &Tensor<2>) {
        if let Self::On(kept) = self {
            let [batch, width] = features.dims();
            kept.push((name(), features.clone().reshape([batch, width, 1, 1])));
        }
    }
}
