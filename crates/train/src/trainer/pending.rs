//! Steps that are applied before their scalars are read back.

use crate::backend::scalar::read;
use crate::task::scalars::Sums;
use crate::task::{Measured, Opaque};

/// Applied steps whose scalars are not read back: they hold once all scalars are known to be finite.
#[derive(Debug)]
pub struct PendingSteps {
    /// Finished steps before them.
    first: u64,
    /// The task before them; None if each step was checked before it was applied.
    snapshot: Option<Opaque>,
    measured: Vec<Measured>,
}

/// The results of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// Sums over its samples.
    pub sums: Sums,
    /// The L2 norm of all gradients together, before clipping.
    pub gradient_norm: f64,
}

impl PendingSteps {
    /// Steps from step `first`, counted from 0; `snapshot` is the task before them.
    pub fn new(first: u64, snapshot: Option<Opaque>) -> Self {
        Self { first, snapshot, measured: Vec::new() }
    }

    /// Adds a step.
    pub fn add(&mut self, measured: Measured) {
        self.measured.push(measured);
    }

    /// True if the steps were checked before they were applied.
    pub fn is_checked(&self) -> bool {
        self.snapshot.is_none()
    }

    /// The results of each step, read back in one transfer. A non-finite scalar is an error: the number of finished
    /// steps and the snapshot to roll back to.
    pub fn results(self) -> Result<Vec<Results>, (u64, Opaque)> {
        let numbers = self.measured.iter().flat_map(|step| {
            step.totals.iter().map(|(_, total)| total.clone()).chain([step.grad_norm_sq.clone()])
        });
        let numbers = read(numbers.collect());
        let all_finite = numbers.iter().all(|number| number.is_finite());
        if let (false, Some(snapshot)) = (all_finite, self.snapshot) {
            return Err((self.first, snapshot));
        }
        let mut numbers = numbers.into_iter();
        let mut next = || numbers.next().expect("one number for each scalar");
        let steps = self.measured.into_iter().map(|step| {
            let totals = step.totals.iter().map(|(name, _)| ((*name).to_owned(), next()));
            let sums = Sums { samples: step.samples, totals: totals.collect() };
            Results { sums, gradient_norm: next().sqrt() }
        });
        Ok(steps.collect())
    }
}
