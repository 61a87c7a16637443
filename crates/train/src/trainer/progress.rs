//! What the trainer itself remembers of a run.

use hearth_config::Standing;
use hearth_store::{StateDict, StoreError};

use crate::task::scalars::Sums;

/// What the trainer itself remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Finished steps.
    pub step: u64,
    /// Results since the last line of the log.
    pub window: Sums,
    /// The best evaluation so far.
    pub best: Option<Standing>,
    /// The one that early stopping measures gains against.
    pub reference: Option<Standing>,
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

    /// Back again. A missing or extra entry is an error.
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

/// Takes out of a checkpoint which one it remembers as the best.
pub fn best_of(state: &mut StateDict) -> Result<Option<Standing>, StoreError> {
    take_standing(state.take_under("trainer.best"))
}

/// A standing as named numbers.
pub fn standing_state(Standing { step, value, loss }: Standing) -> Result<StateDict, StoreError> {
    let mut state = StateDict::new();
    state.insert("step", step)?;
    state.insert("value", value)?;
    if let Some(loss) = loss {
        state.insert("loss", loss)?;
    }
    Ok(state)
}

/// Back again; checkpoints of earlier versions have no loss.
fn take_standing(mut state: StateDict) -> Result<Option<Standing>, StoreError> {
    if state.is_empty() {
        return Ok(None);
    }
    let (step, value) = (state.take_u64("step")?, state.take_float("value")?);
    Ok(Some(Standing { step, value, loss: take_if_there(&mut state, "loss")? }))
}

/// That of early stopping; checkpoints of earlier versions have its value alone.
fn take_reference(state: &mut StateDict) -> Result<Option<Standing>, StoreError> {
    let Some(value) = take_if_there(state, "reference")? else { return Ok(None) };
    let step = match state.get("reference_step") {
        Some(_) => state.take_u64("reference_step")?,
        None => 0,
    };
    Ok(Some(Standing { step, value, loss: take_if_there(state, "reference_loss")? }))
}

fn take_if_there(state: &mut StateDict, path: &str) -> Result<Option<f64>, StoreError> {
    state.get(path).is_some().then(|| state.take_float(path)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_read_back_and_those_of_earlier_versions_too() -> Result<(), StoreError> {
        let score = |step, loss| Standing { step, value: 0.75, loss };
        let with = |best, reference| Progress { best, reference, stale: 2, ..Progress::default() };
        for loss in [None, Some(0.5)] {
            let progress = with(Some(score(7, loss)), Some(score(5, loss)));
            assert_eq!(Progress::take(progress.state()?)?, progress);
        }
        assert_eq!(Progress::take(with(None, None).state()?)?, with(None, None));

        let mut before = with(None, None).state()?;
        before.insert("best.step", 7_u64)?;
        before.insert("best.value", 0.75)?;
        before.insert("reference", 0.75)?;
        assert_eq!(Progress::take(before)?, with(Some(score(7, None)), Some(score(0, None))));
        Ok(())
    }
}
