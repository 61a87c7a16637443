//! The context of a forward pass: train or eval mode, dropout's randomness, intermediates and batch
//! statistics.

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;

use crate::params::{MapParam, map_params};
use crate::trace::Trace;

/// The context of a forward pass, which each layer receives. By default it is in eval mode and records
/// nothing.
#[derive(Debug, Default)]
pub struct ForwardContext {
    /// The named intermediates, recorded when the trace is on.
    pub trace: Trace,
    /// True if the weights of attentions are wanted.
    pub(crate) wants_attention: bool,
    /// Present in train mode.
    training: Option<Training>,
}

/// The state of a forward pass in train mode.
#[derive(Debug)]
struct Training {
    /// One element for each batch normalisation so far.
    statistics: Vec<BatchStatistics>,
    /// The seed of the next dropout mask.
    seed: u64,
}

/// The mean and variance of a batch at one batch normalisation.
#[derive(Clone, Debug)]
pub struct BatchStatistics {
    /// The parameters of the running mean and variance that they update.
    pub(crate) running: [ParamId; 2],
    /// Mean and unbiased variance of the batch, `[channels]` each, without a gradient.
    pub(crate) values: [Tensor<1>; 2],
}

impl ForwardContext {
    /// Train mode: layers normalise by batch statistics and record them, and dropout masks follow from
    /// `seed`.
    pub fn train(seed: u64) -> Self {
        let training = Some(Training { statistics: Vec::new(), seed });
        Self { training, ..Self::default() }
    }

    /// Eval mode, recording every intermediate.
    pub fn traced() -> Self {
        Self { trace: Trace::on(), ..Self::default() }
    }

    /// Eval mode, in which networks with attention return its weights.
    pub fn with_attention() -> Self {
        Self { wants_attention: true, ..Self::default() }
    }

    /// The batch statistics recorded so far, to which a layer appends its own; None in eval mode.
    pub(crate) fn batch_statistics(&mut self) -> Option<&mut Vec<BatchStatistics>> {
        self.training.as_mut().map(|training| &mut training.statistics)
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
    pub fn into_batch_statistics(self) -> Vec<BatchStatistics> {
        self.training.map(|training| training.statistics).unwrap_or_default()
    }
}

/// Updates the running statistics of `module` by the batch statistics of a training step, in order:
/// `running = 0.9 running + 0.1 batch` for each.
#[must_use]
pub fn update_running_statistics<M: Module>(module: M, statistics: &[BatchStatistics]) -> M {
    struct Update<'a>(&'a [BatchStatistics]);
    impl MapParam for Update<'_> {
        fn map<const D: usize>(&mut self, _: &str, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let (id, dims) = (param.id, param.lazy_shape());
            param.map(|mut running| {
                for batch in self.0 {
                    let values = batch.running.iter().zip(&batch.values);
                    for (_, values) in values.filter(|(param, _)| **param == id) {
                        running = running_average(running, values.clone().reshape(dims.clone()));
                    }
                }
                running
            })
        }
    }
    if statistics.is_empty() { module } else { map_params(module, &mut Update(statistics)) }
}

/// The weight of a new batch in the running statistics (PyTorch's `momentum`).
const MOMENTUM: f64 = 0.1;

/// The running statistic after one more batch.
pub(crate) fn running_average<const D: usize>(running: Tensor<D>, batch: Tensor<D>) -> Tensor<D> {
    running.mul_scalar(1.0 - MOMENTUM) + batch.mul_scalar(MOMENTUM)
}
