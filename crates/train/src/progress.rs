//! What the trainer itself remembers of a run.

use hearth_store::{StateDict, StoreError};

use crate::scalars::Sums;

/// What the trainer itself remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Finished steps.
    pub step: u64,
    /// Results since the last line of the log.
    pub window: Sums,
    /// The best evaluation so far: its step and value.
    pub best: Option<(u64, f64)>,
    /// The value that early stopping measures gains against.
    pub reference: Option<f64>,
    /// Evaluations since that one.
    pub stale: u64,
}

impl Progress {
    /// As named numbers.
    pub fn state(&self) -> Result<StateDict, StoreError> {
        let mut state = StateDict::new();
        state.insert("step", self.step)?;
        state.insert("window.samples", self.window.samples)?;
        for (name, total) in self.window.totals.iter() {
            state.insert(format!("window.totals.{name}"), total)?;
        }
        state.insert("stale", self.stale)?;
        if let Some((step, value)) = self.best {
            state.insert("best.step", step)?;
            state.insert("best.value", value)?;
        }
        if let Some(value) = self.reference {
            state.insert("reference", value)?;
        }
        Ok(state)
    }

    /// Back again. A missing or extra entry is an error.
    pub fn take(mut state: StateDict) -> Result<Self, StoreError> {
        let best = take_best(state.take_under("best"))?;
        let mut totals = state.take_under("window.totals");
        let names: Vec<_> = totals.iter().map(|(name, _)| name.to_owned()).collect();
        let total = |name: String| totals.take_float(&name).map(|total| (name, total));
        let totals = names.into_iter().map(total).collect::<Result<_, _>>()?;
        let progress = Self {
            step: state.take_u64("step")?,
            window: Sums { samples: state.take_u64("window.samples")?, totals },
            best,
            reference: match state.get("reference") {
                Some(_) => Some(state.take_float("reference")?),
                None => None,
            },
            stale: state.take_u64("stale")?,
        };
        state.finish()?;
        Ok(progress)
    }
}

/// Takes out of a checkpoint which one it remembers as the best, and its value.
pub fn best_of(state: &mut StateDict) -> Result<Option<(u64, f64)>, StoreError> {
    take_best(state.take_under("trainer.best"))
}

fn take_best(mut best: StateDict) -> Result<Option<(u64, f64)>, StoreError> {
    if best.is_empty() {
        return Ok(None);
    }
    Ok(Some((best.take_u64("step")?, best.take_float("value")?)))
}
