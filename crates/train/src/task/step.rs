//! One step: the settings that all steps share, the context in which a task computes it, and the doors through which
//! weights and gradients pass.

use std::borrow::Cow;

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use hearth_config::Config;
use hearth_config::seed::{Purpose, Stream};
use hearth_model::BatchStatistics;

use crate::backend::scalar::{Readback, Scalar};
use crate::error::TrainError;
use crate::learner::Update;
use crate::learner::gradients::{clip_scale, norm};
use crate::learner::precision::Arithmetic;

/// The settings that all steps of a run share.
#[derive(Clone, Copy, Debug)]
pub struct StepSettings {
    seed: u64,
    arithmetic: Arithmetic,
    clip_norm: Option<f64>,
}

impl StepSettings {
    /// The settings of a config. A device without the config's precision is an error.
    pub fn new(config: &Config, device: &Device) -> Result<Self, TrainError> {
        Ok(Self {
            seed: config.run.seed,
            arithmetic: Arithmetic::new(config.run.precision, device)?,
            clip_norm: config.train.clip_norm,
        })
    }
}

/// The context in which a task computes a step.
#[derive(Debug)]
pub struct StepContext<'a> {
    /// Finished steps.
    pub step: u64,
    /// The learning rate of the schedule.
    pub learning_rate: f64,
    settings: &'a StepSettings,
    reading: Readback,
    /// Of all gradients that were proposed.
    grad_norm_sq: Scalar,
    fault: Option<String>,
}

impl<'a> StepContext<'a> {
    /// Before anything is proposed.
    pub(crate) fn new(
        settings: &'a StepSettings,
        step: u64,
        learning_rate: f64,
        reading: Readback,
    ) -> Self {
        let grad_norm_sq = Scalar::Host(0.0);
        Self { step, learning_rate, settings, reading, grad_norm_sq, fault: None }
    }

    /// The square of the L2 norm of all gradients that were proposed, and the first number that was read and is not
    /// finite, such as `the gradient of layers.0.weight`.
    pub(crate) fn into_measures(self) -> (Scalar, Option<String>) {
        (self.grad_norm_sq, self.fault)
    }

    /// Random numbers of this step; `index` tells those of one purpose apart.
    pub fn random(&self, purpose: Purpose, index: usize) -> Stream {
        Stream::new(self.settings.seed, purpose, self.step, index as u64)
    }

    /// The network as it trains: itself, or a copy in 16 bits.
    pub fn weights<'m, M: Module>(&self, network: &'m M) -> Cow<'m, M> {
        self.settings.arithmetic.network(network)
    }

    /// A network's input in the precision of its weights.
    pub fn input<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        self.settings.arithmetic.input(input)
    }

    /// A network's output in 32 bits, for a loss.
    pub fn output<const D: usize>(&self, output: Tensor<D>) -> Tensor<D> {
        self.settings.arithmetic.output(output)
    }

    /// The gradients of a loss `[1]` by the weights of `network`, in 32 bits.
    pub fn backward<M: Module>(&self, loss: Tensor<1>, network: &M) -> GradientsParams {
        self.settings.arithmetic.gradients(loss, network)
    }

    /// The number of a tensor `[1]` without differentiation: read at once on a CPU, later on a GPU. `name` is its name
    /// where it is not finite.
    pub fn read(&mut self, name: &str, tensor: Tensor<1>) -> Scalar {
        let number = Scalar::of(tensor, self.reading);
        if number.on_host().is_some_and(|value| !value.is_finite()) {
            self.note_fault(|| format!("the {name}"));
        }
        number
    }

    /// The number of rows of logits `[batch, classes]`, without differentiation, that are largest at their label.
    pub fn num_correct(&self, logits: Tensor<2>, labels: &[u16]) -> Scalar {
        crate::task::outputs::hits(logits, labels, self.reading)
    }

    /// An update of `network` by these gradients and by the moments that its passes left: the one place where
    /// gradients are measured, clipped and guarded. `owner` names the network where there are several.
    pub fn propose<M: Module>(
        &mut self,
        network: &M,
        owner: Option<&str>,
        gradients: GradientsParams,
        moments: Vec<BatchStatistics>,
    ) -> Update {
        let norm = norm(network, &gradients, self.reading);
        if let Some(path) = &norm.non_finite {
            let of = owner.map_or_else(String::new, |owner| format!("the {owner}'s "));
            self.note_fault(|| format!("the gradient of {of}{path}"));
        }
        self.grad_norm_sq = self.grad_norm_sq.clone() + norm.square.clone();
        let scale = clip_scale(&norm.square, self.settings.clip_norm);
        Update { gradients, moments, scale }
    }

    /// The first fault is the cause of the later ones.
    fn note_fault(&mut self, what: impl FnOnce() -> String) {
        self.fault.get_or_insert_with(what);
    }
}
