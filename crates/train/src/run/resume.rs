//! Where a stopped run goes on.

use hearth_config::{Metric, Standing};
use hearth_store::{RunDir, StateDict, StoreError, Value, read_metrics};

use crate::error::TrainError;
use crate::event::Event;
use crate::record::recorder::Kept;
use crate::trainer::progress::{best_of, standing_state};

/// The state to go on from.
pub struct Resumed {
    /// That of the newest whole checkpoint.
    pub state: StateDict,
    /// The checkpoints that are there, the newest last, each with a best one that is there too.
    pub kept: Vec<Kept>,
}

/// Finds the newest whole checkpoint; nothing when the run had none yet. Damaged ones among the
/// newest, and a damaged best one, are moved aside and named. When the remembered best is gone, the
/// best of what is left takes its place.
pub fn newest(
    run: &RunDir,
    metric: Metric,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Resumed>, TrainError> {
    let checkpoints = run.checkpoints();
    let Some(recovered) = checkpoints.load_newest()? else {
        // It is written after the first one.
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
    let remembered = best_of(&mut state)?;
    let losses = Losses::of(run, metric, &kept);
    kept.iter_mut().filter_map(|kept| kept.best.as_mut()).for_each(|best| losses.complete(best));
    losses.complete_reference(&mut state)?;

    let is_own = |kept: &Kept| kept.best.filter(|best| best.step == kept.step);
    let left: Vec<Standing> = kept.iter().filter_map(is_own).collect();
    for kept in &mut kept {
        let is_left = |best: &Standing| left.iter().any(|left| left.step == best.step);
        kept.best = kept.best.filter(is_left).or_else(|| best_before(&left, kept.step, metric));
    }
    let best = kept.last().and_then(|kept| kept.best);
    let step = |score: Option<Standing>| score.map(|score| score.step);
    if step(best) != step(remembered) {
        note("the best checkpoint is gone; the best of those that are left takes its place".into());
    }
    if let Some(best) = best {
        state.insert_all("trainer.best", standing_state(best)?)?;
    }
    note(format!("resuming after step {}", recovered.step));
    Ok(Some(Resumed { state, kept }))
}

/// The best among `left` that is not later than `step`.
fn best_before(left: &[Standing], step: u64, metric: Metric) -> Option<Standing> {
    let before = left.iter().copied().filter(|score| score.step <= step);
    before.min_by(|left, right| metric.compare(left, right))
}

/// The validation losses in the log of a run whose checkpoints were kept without them, as earlier versions
/// did; none where the checkpoints have them, or have no need of them.
struct Losses(Vec<Standing>);

impl Losses {
    fn of(run: &RunDir, metric: Metric, kept: &[Kept]) -> Self {
        let lacks = kept.iter().filter_map(|kept| kept.best).any(|best| best.loss.is_none());
        if !lacks || metric == Metric::Distance {
            return Self(Vec::new());
        }
        // What is wrong with the log is told when it is opened to be written.
        let lines = read_metrics(run.metrics()).unwrap_or_default();
        let evaluations = lines.iter().filter(|line| line["kind"] == "valid");
        let scores = evaluations.filter_map(|line| {
            Some(metric.standing(line["step"].as_u64()?, |name| line[name].as_f64()))
        });
        Self(scores.collect())
    }

    fn complete(&self, best: &mut Standing) {
        if best.loss.is_none() {
            best.loss = self.0.iter().find(|score| score.step == best.step).and_then(|s| s.loss);
        }
    }

    /// That of early stopping was the first of its value.
    fn complete_reference(&self, state: &mut StateDict) -> Result<(), StoreError> {
        const LOSS: &str = "trainer.reference_loss";
        let Some(Value::Float(value)) =
            state.get("trainer.reference").filter(|_| state.get(LOSS).is_none())
        else {
            return Ok(());
        };
        let found = self.0.iter().find(|score| score.value.to_bits() == value.to_bits());
        match found.and_then(|score| score.loss) {
            Some(loss) => state.insert(LOSS, loss),
            None => Ok(()),
        }
    }
}
