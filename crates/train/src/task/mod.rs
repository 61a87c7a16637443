//! What the trainer asks of whatever it trains.

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
    /// The training set, in stored order and not augmented.
    Train,
    /// The part of the training set that was held out.
    Valid,
    /// The test set.
    Test,
}

impl Split {
    /// The name that reports and options use.
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

/// A step that a task computed: a change on copies, and the numbers that it is measured by.
#[derive(Debug)]
pub struct Proposed {
    /// The argument of [`Task::apply`].
    pub change: Opaque,
    /// The number of samples.
    pub samples: u64,
    /// Sums over them, by name.
    pub totals: Vec<(&'static str, Scalar)>,
}

/// The numbers that a step is measured by, which may still be on the device.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The number of samples.
    pub samples: u64,
    /// Sums over them, by name.
    pub totals: Vec<(&'static str, Scalar)>,
    /// The square of the L2 norm of all gradients together.
    pub grad_norm_sq: Scalar,
}

impl Measured {
    /// The mean of this name over the samples, where it was read.
    pub fn mean(&self, name: &str) -> Option<f64> {
        let (_, total) = self.totals.iter().find(|(found, _)| *found == name)?;
        Some(total.on_host()? / self.samples as f64)
    }

    /// The first sum that was read and is not finite.
    pub fn fault(&self) -> Option<String> {
        let spoilt = |number: &Scalar| number.on_host().is_some_and(|number| !number.is_finite());
        let (name, _) = self.totals.iter().find(|(_, total)| spoilt(total))?;
        Some(format!("the {}", name.replace('_', " ")))
    }
}

/// A step that was computed and has changed nothing yet.
#[derive(Debug)]
pub struct Computed {
    /// The argument of [`Task::apply`].
    pub change: Opaque,
    /// The step's numbers.
    pub measured: Measured,
    /// The first number that was read and is not finite.
    pub fault: Option<String>,
}

impl Computed {
    /// The step of a task that follows `step` finished ones.
    pub fn new(
        task: &mut dyn Task,
        settings: &StepSettings,
        (step, learning_rate): (u64, f64),
        reading: Readback,
    ) -> Result<Self, TrainError> {
        let mut context = StepContext::new(settings, step, learning_rate, reading);
        let Proposed { change, samples, totals } = task.compute(&mut context)?;
        let (grad_norm_sq, fault) = context.into_measures();
        let measured = Measured { samples, totals, grad_norm_sq };
        let fault = fault.or_else(|| measured.fault());
        Ok(Self { change, measured, fault })
    }
}

/// A picture of what was learned so far, worth keeping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// The folder of the run that pictures of this kind are kept in.
    pub folder: &'static str,
    /// The picture.
    pub picture: Bitmap,
}

/// A value of a task's own type, which the trainer holds for it.
pub type Opaque = Box<dyn Any>;

/// The value again.
///
/// # Panics
///
/// When it is of another type: a task gets back what it gave.
pub fn downcast<T: 'static>(value: Opaque) -> T {
    *value.downcast().expect("a task gets back what it gave")
}

/// Something that learns: what one step is, how good it is now, and all that it remembers.
pub trait Task {
    /// The folders of the run that its [`artifacts`](Task::artifacts) are kept in.
    fn artifact_folders(&self) -> &'static [&'static str] {
        &[]
    }

    /// The layers of its networks; none of a task without any.
    fn layers(&self) -> LayerTable {
        LayerTable::default()
    }

    /// Steps in one pass over the training set; none of a task without one.
    fn steps_per_epoch(&self) -> Option<u64>;

    /// Steps of an environment in one step; none of a task without one.
    fn frames_per_step(&self) -> Option<u64> {
        None
    }

    /// Computes a step, and changes nothing that is kept: all updates that follow from one set of fresh data, made on
    /// copies.
    fn compute(&mut self, context: &mut StepContext<'_>) -> Result<Proposed, TrainError>;

    /// The places in the training set of the samples that the step after `step` finished ones is computed from.
    fn sources(&self, _step: u64) -> Vec<u32> {
        Vec::new()
    }

    /// The numbers of each gradient of a step that was computed, by the path of its parameter.
    fn gradients(&self, change: &Opaque) -> Vec<(String, Vec<f32>)>;

    /// Makes the step.
    fn apply(&mut self, change: Opaque);

    /// Hears the results of each step that was made, in order, once they are read.
    fn on_scalars(&mut self, _results: &Sums) {}

    /// All that a step changes, as it is now: tensors are shared and not copied.
    fn snapshot(&self) -> Opaque;

    /// Goes back to a snapshot of this process.
    fn rollback(&mut self, snapshot: Opaque);

    /// Whether there is anything to look at while it trains: results or artifacts.
    fn validates(&self) -> bool;

    /// Results on one set; none where nothing can be measured.
    fn evaluate(&self, split: Split) -> Option<Report>;

    /// Warnings about the steps so far, in sentences.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Pictures of what was learned so far.
    fn artifacts(&self) -> Vec<Artifact> {
        Vec::new()
    }

    /// Everything that a later [`Task::restore`] needs: tensors under `model.` and `optimizer.`,
    /// and numbers under `task.` as well.
    fn state(&self) -> Result<StateDict, TrainError>;

    /// Takes the weights of a network from elsewhere, before the first step. A missing, extra or misshapen
    /// entry is an error; so is a task that takes none.
    fn start_from(&mut self, _weights: StateDict) -> Result<(), TrainError> {
        Err(TrainError::Settings("this task takes no weights from elsewhere".into()))
    }

    /// Goes back to a kept state. A missing, extra or misshapen entry is an error.
    fn restore(&mut self, state: StateDict) -> Result<(), TrainError>;
}
