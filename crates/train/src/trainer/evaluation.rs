//! Evaluations on the validation set, which choose the best checkpoint and stop a run early.

use std::time::Instant;

use super::Trainer;
use crate::error::TrainError;
use crate::event::Event;
use crate::task::Split;

impl Trainer<'_> {
    /// Evaluates on the validation set when that is due; true if the result is the best so far.
    pub(super) fn evaluate(&mut self) -> Result<bool, TrainError> {
        if self.plan.evaluates(self.progress.step) { self.evaluate_now() } else { Ok(false) }
    }

    /// Evaluates on the validation set, keeps the task's artifacts, and updates the best result and early stopping;
    /// true if the result is the best so far.
    pub(super) fn evaluate_now(&mut self) -> Result<bool, TrainError> {
        let begun = Instant::now();
        let report = self.task.evaluate(Split::Valid);
        let (metric, step) = (self.plan.best_by, self.progress.step);
        let standing = report.as_ref().map(|report| report.standing(metric, step));
        let standing = standing.transpose().map_err(TrainError::Settings)?;
        if let Some(report) = &report {
            self.log_report(Split::Valid, Some(report), step)?;
            (self.observe)(Event::Evaluated(report));
        }
        let report_warnings = report.iter().flat_map(|report| report.warnings.clone());
        for warning in self.task.warnings().into_iter().chain(report_warnings) {
            (self.observe)(Event::Note(format!("warning: {warning}")));
        }
        for artifact in self.task.artifacts() {
            self.recorder.keep(step, &artifact, |kept| self.plan.keeps_image(kept, step))?;
        }
        self.show(Split::Valid, report.as_ref(), step);
        self.speed.leave_out(begun.elapsed());
        // The reference moves by gains of at least `min_delta` alone, so that small gains add up against it.
        let margin = self.plan.early_stop.as_ref().map_or(0.0, |stop| stop.min_delta);
        Ok(standing.is_some_and(|standing| self.progress.take_in(standing, metric, margin)))
    }
}
