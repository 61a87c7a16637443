//! Where a stopped run goes on.

use hearth_config::Metric;
use hearth_store::{RunDir, StateDict, StoreError};

use crate::error::TrainError;
use crate::event::Event;
use crate::keeper::Kept;
use crate::progress::best_of;

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
    let left: Vec<(u64, f64)> =
        kept.iter().filter_map(|kept| kept.best.filter(|(step, _)| *step == kept.step)).collect();
    for kept in &mut kept {
        let is_left = |best: &(u64, f64)| left.iter().any(|(step, _)| *step == best.0);
        kept.best = kept.best.filter(is_left).or_else(|| best_before(&left, kept.step, metric));
    }
    let mut state = recovered.state;
    let best = kept.last().and_then(|kept| kept.best);
    if best != best_of(&mut state)? {
        note("the best checkpoint is gone; the best of those that are left takes its place".into());
    }
    if let Some((step, value)) = best {
        state.insert("trainer.best.step", step)?;
        state.insert("trainer.best.value", value)?;
    }
    note(format!("resuming after step {}", recovered.step));
    Ok(Some(Resumed { state, kept }))
}

/// The best among `left` that is not later than `step`.
fn best_before(left: &[(u64, f64)], step: u64, metric: Metric) -> Option<(u64, f64)> {
    left.iter()
        .copied()
        .filter(|(at, _)| *at <= step)
        .reduce(|best, next| if metric.improves(next.1, best.1, 0.0) { next } else { best })
}
