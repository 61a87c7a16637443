//! The checkpoint that a stopped run resumes from.

use hearth_config::{Metric, Standing};
use hearth_store::{RunDir, StateDict, StoreError, Value, read_metrics};

use crate::error::TrainError;
use crate::event::Event;
use crate::record::recorder::Kept;
use crate::trainer::progress::{best_of, standing_state};

/// The state to resume from.
pub struct Resumed {
    /// The state of the newest undamaged checkpoint.
    pub state: StateDict,
    /// The checkpoints of the run, the newest last, each with a best evaluation whose checkpoint exists too.
    pub kept: Vec<Kept>,
}

/// Loads the newest undamaged checkpoint; none if the run has no checkpoint yet. Damaged checkpoints are moved aside
/// and named in a note. If the best checkpoint is gone, the best of the others replaces it. It is an error if all
/// checkpoints of a run that had some are gone.
pub fn newest(
    run: &RunDir,
    metric: Metric,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Resumed>, TrainError> {
    let checkpoints = run.checkpoints();
    let Some(recovered) = checkpoints.load_newest()? else {
        // best.json is written after the first checkpoint.
        return match run.read_best()? {
            Some(_) => Err(StoreError::AllGone { folder: checkpoints.folder().to_owned() }.into()),
            None => Ok(None),
        };
    };
    let mut note = |text| observe(Event::Note(text));
    for (path, fault) in &recovered.moved_aside {
        note(format!("moved aside to {}: {fault}", path.display()));
    }
    let mut kept = Vec::new();
    for step in checkpoints.steps()? {
        match checkpoints.load(step) {
            Ok(mut state) => kept.push(Kept { step, best: best_of(&mut state)? }),
            Err(fault @ StoreError::Damaged { .. }) => {
                if let Some(path) = checkpoints.set_aside(step)? {
                    note(format!("moved aside to {}: {fault}", path.display()));
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut state = recovered.state;
    let stored_best = best_of(&mut state)?;
    let losses = Losses::of(run, metric, &kept);
    kept.iter_mut().filter_map(|kept| kept.best.as_mut()).for_each(|best| losses.complete(best));
    losses.complete_reference(&mut state)?;

    let own_best = |kept: &Kept| kept.best.filter(|best| best.step == kept.step);
    let existing: Vec<Standing> = kept.iter().filter_map(own_best).collect();
    for kept in &mut kept {
        let exists = |best: &Standing| existing.iter().any(|other| other.step == best.step);
        kept.best = kept.best.filter(exists).or_else(|| best_until(&existing, kept.step, metric));
    }
    let best = kept.last().and_then(|kept| kept.best);
    let step = |standing: Option<Standing>| standing.map(|standing| standing.step);
    if step(best) != step(stored_best) {
        note("the best checkpoint is gone; the best of those that are left takes its place".into());
    }
    if let Some(best) = best {
        state.insert_all("trainer.best", standing_state(best)?)?;
    }
    note(format!("resuming after step {}", recovered.step));
    Ok(Some(Resumed { state, kept }))
}

/// The best of these standings up to step `step`.
fn best_until(standings: &[Standing], step: u64, metric: Metric) -> Option<Standing> {
    let until = standings.iter().copied().filter(|standing| standing.step <= step);
    until.min_by(|left, right| metric.compare(left, right))
}

/// The validation results in the log, which complete checkpoints of earlier versions that lack the loss; empty if no
/// checkpoint lacks it.
struct Losses(Vec<Standing>);

impl Losses {
    /// Reads the log of a run, if a checkpoint lacks the loss of its best evaluation.
    fn of(run: &RunDir, metric: Metric, kept: &[Kept]) -> Self {
        let lacks = kept.iter().filter_map(|kept| kept.best).any(|best| best.loss.is_none());
        if !lacks || metric == Metric::Distance {
            return Self(Vec::new());
        }
        // Faults of the log are reported when it is opened for writing.
        let lines = read_metrics(run.metrics()).unwrap_or_default();
        let evaluations = lines.iter().filter(|line| line["kind"] == "valid");
        let standings = evaluations.filter_map(|line| {
            Some(metric.standing(line["step"].as_u64()?, |name| line[name].as_f64()))
        });
        Self(standings.collect())
    }

    /// Adds the loss to a best evaluation that lacks it.
    fn complete(&self, best: &mut Standing) {
        if best.loss.is_none() {
            best.loss =
                self.0.iter().find(|standing| standing.step == best.step).and_then(|s| s.loss);
        }
    }

    /// Adds the loss to the reference of early stopping: it was the first evaluation of its value.
    fn complete_reference(&self, state: &mut StateDict) -> Result<(), StoreError> {
        const LOSS: &str = "trainer.reference_loss";
        let Some(Value::Float(value)) =
            state.get("trainer.reference").filter(|_| state.get(LOSS).is_none())
        else {
            return Ok(());
        };
        let found = self.0.iter().find(|standing| standing.value.to_bits() == value.to_bits());
        match found.and_then(|standing| standing.loss) {
            Some(loss) => state.insert(LOSS, loss),
            None => Ok(()),
        }
    }
}
