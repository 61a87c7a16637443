//! What goes along with a forward pass: is it a training step, and what is kept of it?

use burn::module::ParamId;
use burn::tensor::Tensor;

use crate::trace::Trace;

/// A forward pass.
#[derive(Debug, Default)]
pub struct Pass {
    /// The intermediates, when they are asked for.
    pub trace: Trace,
    /// The moments of each batch normalisation, in training.
    moments: Option<Vec<Moments>>,
}

/// The moments of a batch at one layer.
#[derive(Clone, Debug)]
pub struct Moments {
    /// The layer's running mean and variance.
    pub(crate) layer: [ParamId; 2],
    /// The batch's, `[channels]` each, without a gradient.
    pub(crate) values: [Tensor<1>; 2],
}

impl Pass {
    /// Of a training step.
    pub fn training() -> Self {
        Self { trace: Trace::Off, moments: Some(Vec::new()) }
    }

    /// Of a trained network, keeping every intermediate.
    pub fn traced() -> Self {
        Self { trace: Trace::on(), moments: None }
    }

    /// Where a layer leaves the moments of its batch, in training.
    pub(crate) fn moments(&mut self) -> Option<&mut Vec<Moments>> {
        self.moments.as_mut()
    }

    /// What the layers left.
    pub fn into_moments(self) -> Vec<Moments> {
        self.moments.unwrap_or_default()
    }
}
