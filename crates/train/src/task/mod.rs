//! The contract between the trainer and a task.
//!
//! A step goes from the task to the trainer and back:
//!
//! ```text
//! Task::compute -> Proposed -> checked by compute_step -> Computed -> Task::apply
//!                  (a change, sums)                        (change, Measured, fault)
//!
//! Measured -> read back -> Results -> Task::on_scalars, log
//!             (at once on a CPU, many steps at a time on a graphics card)
//! ```
//!
//! A step is proposed before it is applied so that a non-finite number leaves the weights as they were, and so that a
//! process killed at any instant has finished a step or not begun it, and resumes exactly.

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
    /// A second test set, of samples that are longer than those of training.
    Longer,
}

impl Split {
    /// Its name in reports and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
            Self::Longer => "longer",
        }
    }

    /// Its samples; None if there is no such split.
    pub fn of<S>(self, splits: &Splits<S>) -> Option<&Subset<S>> {
        match self {
            Self::Train => Some(&splits.train),
            Self::Valid => Some(&splits.valid),
            Self::Test => Some(&splits.test),
            Self::Longer => None,
        }
    }

    /// Its samples for an evaluation, `found`. An absent or empty split is an error.
    pub fn filled<S>(self, found: Option<&Subset<S>>) -> Result<&Subset<S>, TrainError> {
        found.filter(|subset| !subset.is_empty()).ok_or_else(|| self.empty())
    }

    /// The error of a split without samples.
    pub fn empty(self) -> TrainError {
        TrainError::Settings(format!("the {} set is empty", self.name()))
    }
}

impl std::str::FromStr for Split {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::Train, Self::Valid, Self::Test, Self::Longer]
            .into_iter()
            .find(|split| split.name() == name)
            .ok_or_else(|| "it is train, valid, test or longer".to_owned())
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

/// Computes step `step` of a task, counted from 0, at a learning rate. An error of the task is returned; a scalar that is
/// not finite is no error, and is named in [`Computed::fault`].
pub fn compute_step(
    task: &mut dyn Task,
    settings: &StepSettings,
    (step, learning_rate): (u64, f64),
    readback: Readback,
) -> Result<Computed, TrainError> {
    let mut context = StepContext::new(settings, step, learning_rate, readback);
    let Proposed { change, samples, totals } = task.compute(&mut context)?;
    let (grad_norm_sq, fault) = context.into_norm_and_fault();
    let measured = Measured { samples, totals, grad_norm_sq };
    let fault = fault.or_else(|| measured.fault());
    Ok(Computed { change, measured, fault })
}

/// An image of the current state of training, such as samples of a generator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The folder of the run that keeps images of this kind.
    pub folder: &'static str,
    /// The image.
    pub picture: Bitmap,
}

/// A value of a type that only the task knows; the trainer holds it and passes it back.
pub type Opaque = Box<dyn Any>;

/// The value of an [`Opaque`].
///
/// # Panics
///
/// When it is of another type: the trainer passes back the task's own values.
pub fn downcast<T: 'static>(value: Opaque) -> T {
    *value.downcast().expect("a task gets back what it gave")
}

/// A learning task: its step, its evaluation and its state. It never writes files, logs or loops; the trainer does, and
/// calls it in this order:
///
/// 1. [`restore`](Task::restore) on a resume, or [`start_from`](Task::start_from) with the weights of another run, or
///    neither.
/// 2. For each step [`compute`](Task::compute), which proposes a change, and [`apply`](Task::apply), which makes it,
///    once the trainer has checked the scalars that are on the host. On a CPU that is all of them: a non-finite one
///    ends the run before anything has changed. [`on_scalars`](Task::on_scalars) receives the sums of each applied
///    step.
/// 3. On a graphics card scalars stay there for several steps, which are applied unchecked: the trainer takes a
///    [`snapshot`](Task::snapshot) before the first of them and reads all their scalars back at once. If one is not
///    finite, [`rollback`](Task::rollback) returns to the snapshot, and the same steps are computed again with each
///    scalar checked.
/// 4. At intervals [`evaluate`](Task::evaluate), [`warnings`](Task::warnings), [`artifacts`](Task::artifacts), and
///    [`state`](Task::state) for a checkpoint.
///
/// A computed step follows from the state, the step's number and the run's seed, so that a resumed run, or a step that
/// is computed again, has the same bits.
pub trait Task {
    /// The folders of the run that keep its [`artifacts`](Task::artifacts).
    fn artifact_folders(&self) -> &'static [&'static str] {
        &[]
    }

    /// The layers of its networks; an empty table without networks.
    fn layers(&self) -> LayerTable {
        LayerTable::default()
    }

    /// Steps in one epoch; None without a training set.
    fn steps_per_epoch(&self) -> Option<u64>;

    /// Environment steps in one training step; None without an environment.
    fn frames_per_step(&self) -> Option<u64> {
        None
    }

    /// Computes a step on copies and leaves the state as it is: all updates that follow from one set of fresh data.
    /// Weights and gradients pass through the `context`. `&mut self` is for prefetching only: what is computed must not
    /// depend on earlier calls.
    fn compute(&mut self, context: &mut StepContext<'_>) -> Result<Proposed, TrainError>;

    /// Indices into the training set of the samples of step `step`, counted from 0.
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

    /// Results on one split, as data that every output renders; None where nothing can be measured.
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
