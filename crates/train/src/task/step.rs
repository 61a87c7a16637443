//! One step: the settings that all steps share, and the context in which a task computes it, with mixed precision,
//! gradient clipping and the check for non-finite numbers.

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

/// The context in which a task computes a step. [`StepContext::propose`] measures, clips and checks the gradients of
/// every network; [`StepContext::read`] and [`StepContext::num_correct`] give the scalars that a step reports, read
/// back at once on a CPU and later on a graphics card.
#[derive(Debug)]
pub struct StepContext<'a> {
    /// The step, counted from 0: the number of finished steps.
    pub step: u64,
    /// The learning rate of the schedule.
    pub learning_rate: f64,
    settings: &'a StepSettings,
    readback: Readback,
    /// The square of the L2 norm of all gradients proposed so far.
    grad_norm_sq: Scalar,
    /// The first scalar on the host that is not finite.
    fault: Option<String>,
}

impl<'a> StepContext<'a> {
    /// The context of step `step`, counted from 0, with no gradients proposed.
    pub(crate) fn new(
        settings: &'a StepSettings,
        step: u64,
        learning_rate: f64,
        readback: Readback,
    ) -> Self {
        let grad_norm_sq = Scalar::Host(0.0);
        Self { step, learning_rate, settings, readback, grad_norm_sq, fault: None }
    }

    /// The square of the L2 norm of all proposed gradients, and the first scalar on the host that is not finite, such
    /// as `the gradient of layers.0.weight`.
    pub(crate) fn into_norm_and_fault(self) -> (Scalar, Option<String>) {
        (self.grad_norm_sq, self.fault)
    }

    /// The random stream of this step for a purpose; `index` separates several streams of one purpose.
    pub fn random(&self, purpose: Purpose, index: usize) -> Stream {
        Stream::new(self.settings.seed, purpose, self.step, index as u64)
    }

    /// The network in the precision of the forward pass: itself in f32, or a copy in 16 bits.
    pub fn weights<'m, M: Module>(&self, network: &'m M) -> Cow<'m, M> {
        self.settings.arithmetic.network(network)
    }

    /// A network's input in the precision of the forward pass.
    pub fn input<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        self.settings.arithmetic.input(input)
    }

    /// A network's output in f32, for a loss.
    pub fn output<const D: usize>(&self, output: Tensor<D>) -> Tensor<D> {
        self.settings.arithmetic.output(output)
    }

    /// The gradients of a loss `[1]` with respect to the weights of `network`, in f32 and without the loss scale.
    pub fn backward<M: Module>(&self, loss: Tensor<1>, network: &M) -> GradientsParams {
        self.settings.arithmetic.gradients(loss, network)
    }

    /// The scalar of a tensor `[1]` without differentiation: read back at once on a CPU, deferred on a GPU. `name` is
    /// its name in the error about a non-finite number.
    pub fn read(&mut self, name: &str, tensor: Tensor<1>) -> Scalar {
        let number = Scalar::of(tensor, self.readback);
        if number.on_host().is_some_and(|value| !value.is_finite()) {
            self.note_fault(|| format!("the {name}"));
        }
        number
    }

    /// The number of correct predictions: rows of logits `[batch, classes]`, without differentiation, whose argmax is
    /// their label.
    pub fn num_correct(&self, logits: Tensor<2>, labels: &[u16]) -> Scalar {
        crate::task::outputs::num_correct(logits, labels, self.readback)
    }

    /// An update of `network` by these gradients, and by the batch statistics of its forward passes: the one place
    /// where gradients are measured, clipped by their global norm (Pascanu et al. 2013) and checked. `owner` names the
    /// network where there are several.
    pub fn propose<M: Module>(
        &mut self,
        network: &M,
        owner: Option<&str>,
        gradients: GradientsParams,
        moments: Vec<BatchStatistics>,
    ) -> Update {
        let norm = norm(network, &gradients, self.readback);
        if let Some(path) = &norm.non_finite {
            let of = owner.map_or_else(String::new, |owner| format!("the {owner}'s "));
            self.note_fault(|| format!("the gradient of {of}{path}"));
        }
        self.grad_norm_sq = self.grad_norm_sq.clone() + norm.grad_norm_sq.clone();
        let scale = clip_scale(&norm.grad_norm_sq, self.settings.clip_norm);
        Update { gradients, moments, scale }
    }

    /// Keeps the first non-finite scalar, which is the cause of the later ones.
    fn note_fault(&mut self, what: impl FnOnce() -> String) {
        self.fault.get_or_insert_with(what);
    }
}
