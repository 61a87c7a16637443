//! The named intermediates of a forward pass.

use burn::tensor::Tensor;

/// A recorder of a network's named intermediates.
#[derive(Debug, Default)]
pub enum Trace {
    /// Records nothing, at no cost.
    #[default]
    Off,
    /// Records every intermediate, in the order of the forward pass, under its layer's name and as
    /// `[batch, channels, height, width]`; flat features have height and width 1.
    On(Vec<(String, Tensor<4>)>),
}

impl Trace {
    /// A trace that records everything.
    pub fn on() -> Self {
        Self::On(Vec::new())
    }

    /// Records feature maps `[batch, channels, height, width]`.
    pub(crate) fn keep(&mut self, name: impl FnOnce() -> String, features: &Tensor<4>) {
        if let Self::On(kept) = self {
            kept.push((name(), features.clone()));
        }
    }

    /// Records flat features `[batch, features]`.
    pub(crate) fn keep_flat(&mut self, name: impl FnOnce() -> String, features: &Tensor<2>) {
        if let Self::On(kept) = self {
            let [batch, width] = features.dims();
            kept.push((name(), features.clone().reshape([batch, width, 1, 1])));
        }
    }

    /// Records a sequence `[batch, time, features]`, as `[batch, features, time, 1]`.
    pub(crate) fn keep_sequence(&mut self, name: impl FnOnce() -> String, sequence: &Tensor<3>) {
        if let Self::On(kept) = self {
            kept.push((name(), sequence.clone().swap_dims(1, 2).unsqueeze_dim(3)));
        }
    }
}
