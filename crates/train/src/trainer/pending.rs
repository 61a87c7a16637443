//! Steps that were made before anyone looked at their numbers.

use crate::backend::scalar::read;
use crate::task::scalars::Sums;
use crate::task::{Measured, Opaque};

/// Pending steps: they count once all their scalars are read and finite.
#[derive(Debug)]
pub struct PendingSteps {
    /// Finished steps before them.
    begun: u64,
    /// What the task was then; none of a step that was looked at before it was made.
    before: Option<Opaque>,
    measured: Vec<Measured>,
}

/// The results of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// Sums over its pictures.
    pub sums: Sums,
    /// The L2 norm of all gradients together.
    pub gradient_norm: f64,
}

impl PendingSteps {
    /// Of the steps that follow `begun` finished ones, when the task was `before`.
    pub fn new(begun: u64, before: Option<Opaque>) -> Self {
        Self { begun, before, measured: Vec::new() }
    }

    /// One more step.
    pub fn add(&mut self, measured: Measured) {
        self.measured.push(measured);
    }

    /// Whether there is nothing to find out.
    pub fn is_certain(&self) -> bool {
        self.before.is_none()
    }

    /// The results of each step, read in one transfer; or where to go back to.
    pub fn results(self) -> Result<Vec<Results>, (u64, Opaque)> {
        let numbers = self.measured.iter().flat_map(|step| {
            step.totals.iter().map(|(_, total)| total.clone()).chain([step.grad_norm_sq.clone()])
        });
        let numbers = read(numbers.collect());
        let spoilt = !numbers.iter().all(|number| number.is_finite());
        if let (true, Some(before)) = (spoilt, self.before) {
            return Err((self.begun, before));
        }
        let mut numbers = numbers.into_iter();
        let mut next = || numbers.next().expect("one for each number that was asked for");
        let steps = self.measured.into_iter().map(|step| {
            let totals = step.totals.iter().map(|(name, _)| ((*name).to_owned(), next()));
            let sums = Sums { samples: step.samples, totals: totals.collect() };
            Results { sums, gradient_norm: next().sqrt() }
        });
        Ok(steps.collect())
    }
}
