//! The trainer's own state in a checkpoint.

use hearth_config::{Metric, Standing};
use hearth_store::{StateDict, StoreError};

use crate::task::scalars::Sums;

/// The trainer's own state: everything of a run that is not the task's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Finished steps.
    pub step: u64,
    /// Sums of results since the last line of the log.
    pub window: Sums,
    /// The best evaluation so far.
    pub best: Option<Standing>,
    /// The evaluation that early stopping measures improvements against.
    pub reference: Option<Standing>,
    /// Evaluations since the reference.
    pub stale: u64,
}

impl Progress {
    /// Takes in an evaluation: true if it is the best so far. Early stopping counts those that do not improve on the
    /// reference by at least `margin`.
    pub fn take_in(&mut self, standing: Standing, metric: Metric, margin: f64) -> bool {
        let better = |old: &Option<Standing>, margin| match old {
            Some(old) => metric.improves(&standing, old, margin),
            None => standing.value.is_finite(),
        };
        if better(&self.reference, margin) {
            (self.reference, self.stale) = (Some(standing), 0);
        } else {
            self.stale += 1;
        }
        let improved = better(&self.best, 0.0);
        if improved {
            self.best = Some(standing);
        }
        improved
    }

    /// The state as named numbers.
    pub fn state(&self) -> Result<StateDict, StoreError> {
        let mut state = StateDict::new();
        state.insert("step", self.step)?;
        state.insert("window.samples", self.window.samples)?;
        for (name, total) in self.window.totals.iter() {
            state.insert(format!("window.totals.{name}"), total)?;
        }
        state.insert("stale", self.stale)?;
        if let Some(best) = self.best {
            state.insert_all("best", standing_state(best)?)?;
        }
        if let Some(Standing { step, value, loss }) = self.reference {
            state.insert("reference", value)?;
            state.insert("reference_step", step)?;
            if let Some(loss) = loss {
                state.insert("reference_loss", loss)?;
            }
        }
        Ok(state)
    }

    /// The progress of a state. A missing or extra entry is an error.
    pub fn take(mut state: StateDict) -> Result<Self, StoreError> {
        let best = take_standing(state.take_under("best"))?;
        let mut totals = state.take_under("window.totals");
        let names: Vec<_> = totals.iter().map(|(name, _)| name.to_owned()).collect();
        let total = |name: String| totals.take_float(&name).map(|total| (name, total));
        let totals = names.into_iter().map(total).collect::<Result<_, _>>()?;
        let progress = Self {
            step: state.take_u64("step")?,
            window: Sums { samples: state.take_u64("window.samples")?, totals },
            best,
            reference: take_reference(&mut state)?,
            stale: state.take_u64("stale")?,
        };
        state.finish()?;
        Ok(progress)
    }
}

/// Takes the best evaluation out of the state of a checkpoint.
pub fn best_of(state: &mut StateDict) -> Result<Option<Standing>, StoreError> {
    take_standing(state.take_under("trainer.best"))
}

/// The state of an evaluation's standing, as named numbers.
pub fn standing_state(Standing { step, value, loss }: Standing) -> Result<StateDict, StoreError> {
    let mut state = StateDict::new();
    state.insert("step", step)?;
    state.insert("value", value)?;
    if let Some(loss) = loss {
        state.insert("loss", loss)?;
    }
    Ok(state)
}

/// The standing of a state; checkpoints of earlier versions have no loss.
fn take_standing(mut state: StateDict) -> Result<Option<Standing>, StoreError> {
    if state.is_empty() {
        return Ok(None);
    }
    let (step, value) = (state.take_u64("step")?, state.take_float("value")?);
    Ok(Some(Standing { step, value, loss: take_optional(&mut state, "loss")? }))
}

/// The reference of early stopping; checkpoints of earlier versions have only its value.
fn take_reference(state: &mut StateDict) -> Result<Option<Standing>, StoreError> {
    let Some(value) = take_optional(state, "reference")? else { return Ok(None) };
    let step = match state.get("reference_step") {
        Some(_) => state.take_u64("reference_step")?,
        None => 0,
    };
    Ok(Some(Standing { step, value, loss: take_optional(state, "reference_loss")? }))
}

fn take_optional(state: &mut StateDict, path: &str) -> Result<Option<f64>, StoreError> {
    state.get(path).is_some().then(|| state.take_float(path)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_gains_are_the_best_and_leave_the_reference() {
        let mut progress = Progress::default();
        let mut take_in = |step, value| {
            let standing = Standing { step, value, loss: None };
            let improved = progress.take_in(standing, Metric::Accuracy, 0.1);
            (improved, progress.reference.map(|standing| standing.step), progress.stale)
        };
        assert_eq!(take_in(1, f64::NAN), (false, None, 1));
        assert_eq!(take_in(2, 0.5), (true, Some(2), 0));
        assert_eq!(take_in(3, 0.55), (true, Some(2), 1));
        assert_eq!(take_in(4, 0.61), (true, Some(4), 0));
        assert_eq!(take_in(5, 0.6), (false, Some(4), 1));
    }

    #[test]
    fn standings_are_restored_from_this_and_earlier_versions() -> Result<(), StoreError> {
        let standing = |step, loss| Standing { step, value: 0.75, loss };
        let with = |best, reference| Progress { best, reference, stale: 2, ..Progress::default() };
        for loss in [None, Some(0.5)] {
            let progress = with(Some(standing(7, loss)), Some(standing(5, loss)));
            assert_eq!(Progress::take(progress.state()?)?, progress);
        }
        assert_eq!(Progress::take(with(None, None).state()?)?, with(None, None));

        let mut earlier = with(None, None).state()?;
        earlier.insert("best.step", 7_u64)?;
        earlier.insert("best.value", 0.75)?;
        earlier.insert("reference", 0.75)?;
        assert_eq!(
            Progress::take(earlier)?,
            with(Some(standing(7, None)), Some(standing(0, None)))
        );
        Ok(())
    }
}
