//! The contract between the trainer and a task.

pub mod batches;
pub mod bitmap;
pub mod layer_table;
pub mod outputs;
pub mod scalars;
pub mod step;

use std::any::Any;

use hearth_data::{Splits, Subset};
use hearth_report::Report;
use hearth_store::StateDict;

use crate::backend::scalar::{Readback, Scalar};
use crate::error::TrainError;
use crate::task::bitmap::Bitmap;
use crate::task::layer_table::LayerTable;
use crate::task::scalars::Sums;
use crate::task::step::{StepContext, StepSettings};

/// A part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// The training set, in stored order and without augmentation.
    Train,
    /// The validation set.
    Valid,
    /// The test set.
    Test,
}

impl Split {
    /// Its name in reports and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }

    /// Its samples.
    pub fn of<S>(self, splits: &Splits<S>) -> &Subset<S> {
        match self {
            Self::Train => &splits.train,
            Self::Valid => &splits.valid,
            Self::Test => &splits.test,
        }
    }
}

impl std::str::FromStr for Split {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::Train, Self::Valid, Self::Test]
            .into_iter()
            .find(|split| split.name() == name)
            .ok_or_else(|| "it is train, valid or test".to_owned())
    }
}

/// A step that a task has computed and not applied: the change, and its scalars.
#[derive(Debug)]
pub struct Proposed {
    /// The argument of [`Task::apply`].
    pub change: Opaque,
    /// The number of samples.
    pub samples: u64,
    /// Sums over the samples, by name.
    pub totals: Vec<(&'static str, Scalar)>,
}

/// The scalars of a step, on the host or still on the device.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The number of samples.
    pub samples: u64,
    /// Sums over the samples, by name.
    pub totals: Vec<(&'static str, Scalar)>,
    /// The square of the L2 norm of all gradients together, before clipping.
    pub grad_norm_sq: Scalar,
}

impl Measured {
    /// The mean of this name over the samples, if it is on the host.
    pub fn mean(&self, name: &str) -> Option<f64> {
        let (_, total) = self.totals.iter().find(|(found, _)| *found == name)?;
        Some(total.on_host()? / self.samples as f64)
    }

    /// The first sum on the host that is not finite, such as `the loss`.
    pub fn fault(&self) -> Option<String> {
        let non_finite =
            |number: &Scalar| number.on_host().is_some_and(|number| !number.is_finite());
        let (name, _) = self.totals.iter().find(|(_, total)| non_finite(total))?;
        Some(format!("the {}", name.replace('_', " ")))
    }
}

/// A step that is computed and not applied.
#[derive(Debug)]
pub struct Computed {
    /// The argument of [`Task::apply`].
    pub change: Opaque,
    /// Its scalars.
    pub measured: Measured,
    /// The first scalar on the host that is not finite, such as `the gradient of layers.0.weight`.
    pub fault: Option<String>,
}

impl Computed {
    /// Computes the step of a task after `step` finished ones, at a learning rate. An error of the task is returned; a
    /// scalar that is not finite is none, and is named in [`Computed::fault`].
    pub fn new(
        task: &mut dyn Task,
        settings: &StepSettings,
        (step, learning_rate): (u64, f64),
        readback: Readback,
    ) -> Result<Self, TrainError> {
        let mut context = StepContext::new(settings, step, learning_rate, readback);
        let Proposed { change, samples, totals } = task.compute(&mut context)?;
        let (grad_norm_sq, fault) = context.into_norm_and_fault();
        let measured = Measured { samples, totals, grad_norm_sq };
        let fault = fault.or_else(|| measured.fault());
        Ok(Self { change, measured, fault })
    }
}

/// An image of the current state of training, such as samples of a generator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The folder of the run that keeps images of this kind.
    pub folder: &'static str,
    /// The image.
    pub picture: Bitmap,
}

/// A value of a type that the task alone knows; the trainer holds it and passes it back.
pub type Opaque = Box<dyn Any>;

/// The value of an [`Opaque`].
///
/// # Panics
///
/// When it is of another type: the trainer passes back the task's own values.
pub fn downcast<T: 'static>(value: Opaque) -> T {
    *value.downcast().expect("a task gets back what it gave")
}

/// A learning task: its step, its evaluation and its state.
///
/// A step has three parts: [`compute`](Task::compute) proposes a change, the trainer checks its scalars, and
/// [`apply`](Task::apply) makes it.
pub trait Task {
    /// The folders of the run that keep its [`artifacts`](Task::artifacts).
    fn artifact_folders(&self) -> &'static [&'static str] {
        &[]
    }

    /// The layers of its networks; none of a task without any.
    fn layers(&self) -> LayerTable {
        LayerTable::default()
    }

    /// Steps in one epoch; none of a task without a training set.
    fn steps_per_epoch(&self) -> Option<u64>;

    /// Environment steps in one training step; none of a task without an environment.
    fn frames_per_step(&self) -> Option<u64> {
        None
    }

    /// Computes a step on copies and leaves the state as it is: all updates that follow from one set of fresh data.
    fn compute(&mut self, context: &mut StepContext<'_>) -> Result<Proposed, TrainError>;

    /// Indices into the training set of the samples of the step after `step` finished ones.
    fn sources(&self, _step: u64) -> Vec<u32> {
        Vec::new()
    }

    /// The elements of each gradient of a computed step, flat, by the path of its parameter.
    fn gradients(&self, change: &Opaque) -> Vec<(String, Vec<f32>)>;

    /// Applies the change of a computed step.
    fn apply(&mut self, change: Opaque);

    /// Receives the sums of each applied step, in order, once they are on the host.
    fn on_scalars(&mut self, _results: &Sums) {}

    /// Everything that a step changes, as it is now; tensors are shared and not copied.
    fn snapshot(&self) -> Opaque;

    /// Returns to a snapshot that this process took.
    fn rollback(&mut self, snapshot: Opaque);

    /// True if there is anything to evaluate during training: results or artifacts.
    fn validates(&self) -> bool;

    /// Results on one split; none where nothing can be measured.
    fn evaluate(&self, split: Split) -> Option<Report>;

    /// Warnings about the steps so far, in sentences.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Images of the current state of training.
    fn artifacts(&self) -> Vec<Artifact> {
        Vec::new()
    }

    /// The state of a checkpoint, which [`Task::restore`] takes: tensors under `model.` and `optimizer.`, tensors and
    /// numbers under `task.`.
    fn state(&self) -> Result<StateDict, TrainError>;

    /// Initialises the network with the weights of another run or program, before the first step. A missing, extra or
    /// misshapen entry is an error; so is a task that takes none.
    fn start_from(&mut self, _weights: StateDict) -> Result<(), TrainError> {
        Err(TrainError::Settings("this task takes no weights from elsewhere".into()))
    }

    /// Restores the state of a checkpoint. A missing, extra or misshapen entry is an error.
    fn restore(&mut self, state: StateDict) -> Result<(), TrainError>;
}
