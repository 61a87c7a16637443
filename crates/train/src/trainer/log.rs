//! The log of a training: lines, notes, and events for an observer.

use std::time::{Duration, Instant};

use hearth_report::Report;
use hearth_store::StoreError;

use super::Trainer;
use crate::error::TrainError;
use crate::event::{Event, StepDone};
use crate::record::lines::{NoteLine, ReportLine, TrainLine};
use crate::task::Split;
use crate::task::scalars::Sums;

/// A measure of the samples per second between two lines of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speed {
    /// The samples of this process at the last line.
    samples: u64,
    /// The time of the last line, later by all that was not training since.
    begun: Instant,
}

impl Speed {
    /// A measure from this time on, before the first sample.
    pub(super) fn starting(now: Instant) -> Self {
        Self { samples: 0, begun: now }
    }

    /// Leaves time out that was not training, such as an evaluation.
    pub(super) fn leave_out(&mut self, pause: Duration) {
        self.begun += pause;
    }

    /// The samples per second since the last line, of a process that has made `samples` so far; the next measure
    /// begins.
    fn take(&mut self, samples: u64, now: Instant) -> f64 {
        let last = std::mem::replace(self, Self { samples, begun: now });
        (samples - last.samples) as f64 / now.duration_since(last.begun).as_secs_f64()
    }
}

impl Trainer<'_> {
    /// Reports a finished step to the observer.
    pub(super) fn emit(&mut self, sums: Sums, learning_rate: f64) {
        (self.observe)(Event::Step(StepDone {
            step: self.progress.step,
            total_steps: self.plan.total_steps,
            steps_per_epoch: self.plan.units.steps_per_epoch.unwrap_or(self.plan.total_steps),
            sums,
            learning_rate,
        }));
    }

    /// Writes a line about the steps since the last one to the log when it is due.
    pub(super) fn log(&mut self, learning_rate: f64) -> Result<(), TrainError> {
        if !self.plan.due(self.progress.step, self.plan.log_every) {
            return Ok(());
        }
        let window = std::mem::take(&mut self.progress.window);
        let samples_per_second = self.speed.take(self.num_samples, Instant::now());
        Ok(self.recorder.log(&TrainLine {
            kind: Split::Train.name(),
            step: self.progress.step,
            epoch: self.plan.epochs(self.progress.step),
            results: window.means(),
            learning_rate,
            gradient_norm: self.gradient_norm,
            samples_per_second,
            seconds: self.started.elapsed().as_secs_f64(),
        })?)
    }

    /// Sends a note to the observer and writes it to the log.
    pub fn note(&mut self, text: String) -> Result<(), StoreError> {
        self.recorder.log(&NoteLine { kind: "note", step: self.progress.step, text: &text })?;
        self.emit_note(text);
        Ok(())
    }

    /// Sends a note to the observer.
    pub fn emit_note(&mut self, text: String) {
        (self.observe)(Event::Note(text));
    }

    /// Adds a line with the results on a split to the log, of the weights after `step` steps; without results where
    /// nothing can be measured.
    pub fn log_report(
        &mut self,
        split: Split,
        report: Option<&Report>,
        step: u64,
    ) -> Result<(), StoreError> {
        self.recorder.log(&ReportLine {
            kind: split.name(),
            step,
            epoch: self.plan.epochs(step),
            results: report.map(|report| report.scores().collect()).unwrap_or_default(),
            logged: report.map(|report| report.logged.clone()).unwrap_or_default(),
            seconds: self.started.elapsed().as_secs_f64(),
        })
    }

    /// Shows the results on a split after `step` steps on the page and in the event file. Faults of these are warnings,
    /// and training continues.
    pub fn show(&mut self, split: Split, report: Option<&Report>, step: u64) {
        for fault in self.recorder.show(step, split, report) {
            self.emit_note(format!("warning: {fault}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evaluations_and_steps_of_an_earlier_process_do_not_count_as_speed() {
        let begun = Instant::now();
        let second = Duration::from_secs(1);
        let mut speed = Speed::starting(begun);
        assert!((speed.take(100, begun + second) - 100.0).abs() < 1e-9);
        // Two seconds, one of which was an evaluation.
        speed.leave_out(second);
        assert!((speed.take(300, begun + second * 3) - 200.0).abs() < 1e-9);
    }
}
