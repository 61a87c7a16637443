//! Checkpoints of a training.

use hearth_store::{StateDict, Value};

use super::progress::Progress;
use super::{COMPUTED_ON, METRICS_LENGTH, Trainer};
use crate::error::TrainError;
use crate::record::recorder::Kept;

impl Trainer<'_> {
    /// Writes a checkpoint of the current step, unless there is one. Non-finite weights are an error.
    pub(super) fn save(&mut self) -> Result<(), TrainError> {
        if self.recorder.saved() == Some(self.progress.step) {
            return Ok(());
        }
        let Progress { step, best, .. } = self.progress;
        let mut state = self.task.state()?;
        if let Some(path) = first_non_finite(&state) {
            // The scalars of the step were finite: its update overflowed f32.
            return Err(TrainError::Spoilt { path, step, saved: self.recorder.saved() });
        }
        state.insert_all("trainer", self.progress.state()?)?;
        state.insert(METRICS_LENGTH, self.recorder.metrics_length())?;
        state.insert(COMPUTED_ON, self.computing.on.as_str())?;
        Ok(self.recorder.save(&state, Kept { step, best })?)
    }
}

/// The path of the first tensor with a NaN or an infinity, other than the task's own.
fn first_non_finite(state: &StateDict) -> Option<String> {
    let has_non_finite = |value: &Value| match value {
        Value::Tensor(tensor) => {
            tensor.to_vec::<f32>().is_ok_and(|values| !values.iter().all(|value| value.is_finite()))
        }
        _ => false,
    };
    // A task's own tensors may hold any value.
    let mut learned = state.iter().filter(|(path, _)| !path.starts_with("task."));
    learned.find(|(_, value)| has_non_finite(value)).map(|(path, _)| path.to_owned())
}
