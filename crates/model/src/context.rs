//! The context of a forward pass: train or eval mode, dropout's randomness, intermediates and batch
//! statistics.

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;

use crate::params::{MapParam, map_params};
use crate::trace::Trace;

/// A forward context.
#[derive(Debug, Default)]
pub struct ForwardContext {
    /// The named intermediates, recorded when the trace is on.
    pub trace: Trace,
    /// Present in train mode.
    training: Option<Training>,
}

#[derive(Debug)]
struct Training {
    /// The moments of each batch normalisation.
    moments: Vec<Moments>,
    /// The seed of the next dropout mask.
    seed: u64,
}

/// The moments of a batch at one layer.
#[derive(Clone, Debug)]
pub struct Moments {
    /// The layer's running mean and variance.
    pub(crate) layer: [ParamId; 2],
    /// The batch's, `[channels]` each, without a gradient.
    pub(crate) values: [Tensor<1>; 2],
}

impl ForwardContext {
    /// Train mode: layers normalise by batch statistics and record them, and dropout masks follow from
    /// `seed`.
    pub fn train(seed: u64) -> Self {
        Self { trace: Trace::Off, training: Some(Training { moments: Vec::new(), seed }) }
    }

    /// Eval mode, recording every intermediate.
    pub fn traced() -> Self {
        Self { trace: Trace::on(), training: None }
    }

    /// The batch statistics recorded so far, to which a layer appends its own; None in eval mode.
    pub(crate) fn moments(&mut self) -> Option<&mut Vec<Moments>> {
        self.training.as_mut().map(|training| &mut training.moments)
    }

    /// The seed of the next dropout mask; None in eval mode.
    pub(crate) fn seed(&mut self) -> Option<u64> {
        let training = self.training.as_mut()?;
        let seed = training.seed;
        // An odd number far from the generator's own step keeps the layers' draws apart.
        training.seed = seed.wrapping_add(0xD1B5_4A32_D192_ED03);
        Some(seed)
    }

    /// The batch statistics that the layers recorded, in the order of the forward pass; empty in eval
    /// mode.
    pub fn into_moments(self) -> Vec<Moments> {
        self.training.map(|training| training.moments).unwrap_or_default()
    }
}

/// Takes the moments of training passes into the running ones of `module`, one after the other.
#[must_use]
pub fn absorb<M: Module>(module: M, moments: &[Moments]) -> M {
    struct Absorb<'a>(&'a [Moments]);
    impl MapParam for Absorb<'_> {
        fn map<const D: usize>(&mut self, _: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let (id, dims) = (param.id, param.lazy_shape());
            param.map(|mut running| {
                for moments in self.0 {
                    let values = moments.layer.iter().zip(&moments.values);
                    for (_, values) in values.filter(|(layer, _)| **layer == id) {
                        running = running_average(running, values.clone().reshape(dims.clone()));
                    }
                }
                running
            })
        }
    }
    if moments.is_empty() { module } else { map_params(module, &mut Absorb(moments)) }
}

/// The share of a batch's moments in the running ones.
const MOMENTUM: f64 = 0.1;

/// The running average after one more batch.
pub(crate) fn running_average<const D: usize>(running: Tensor<D>, batch: Tensor<D>) -> Tensor<D> {
    running.mul_scalar(1.0 - MOMENTUM) + batch.mul_scalar(MOMENTUM)
}
