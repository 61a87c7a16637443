//! Where a judge comes from: a run that is named, or a small one that is trained on first use.

use std::path::{Path, PathBuf};

use hearth_config::{Config, EvaluateConfig};
use hearth_data::Splits;
use hearth_store::{RunDir, read_metrics};

use super::Judge;
use crate::backend::Backend;
use crate::error::TrainError;
use crate::event::Event;
use crate::predict::Predictor;
use crate::run::{Data, Job, Target, train};
use crate::trained::{Trained, Which};
use crate::trainer::Ended;

/// The judge of what a job trains; none when nothing is trained, or when it was interrupted before
/// the judge was there.
pub(crate) fn of_job(
    job: &Job<'_>,
    data: &Data,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Judge>, TrainError> {
    let path = match &job.target {
        Target::Nowhere => return Ok(None),
        Target::Numbered(parent) => parent.join(name(&data.dataset.name)),
        Target::Fresh(run) | Target::Resume(run) => beside(run, &data.dataset.name),
    };
    if settings(job.config).classifier.is_none() && !is_done(&path)? {
        let config = job.config.judge();
        observe(Event::Note(format!(
            "training a small classifier to judge pictures by, once: {}",
            path.display()
        )));
        let job = Job { config: &config, target: Target::Resume(path.clone()), ..*job };
        let outcome = train(&job, observe)?;
        if outcome.is_some_and(|outcome| outcome.ended == Ended::Interrupted) {
            return Ok(None);
        }
    }
    open(job.config, &path, &data.splits, job.backend).map(Some)
}

/// The judge of a finished run: that of its training.
pub(crate) fn of_run(
    trained: &Trained,
    splits: &Splits,
    backend: Backend,
) -> Result<Judge, TrainError> {
    let path = beside(&trained.run, &trained.info.dataset.name);
    open(&trained.config, &path, splits, backend)
}

/// The judge that `config` names, or else the one that was trained at `path`.
fn open(
    config: &Config,
    path: &Path,
    splits: &Splits,
    backend: Backend,
) -> Result<Judge, TrainError> {
    let evaluate = settings(config);
    let path = evaluate.classifier.as_ref().map_or(path, Path::new);
    let predictor = Predictor::open(path, Which::Best, backend)?;
    Judge::new(predictor, splits, evaluate.samples)
}

fn settings(config: &Config) -> &EvaluateConfig {
    config.evaluate.as_ref().expect("a checked config of a generator says how it is judged")
}

/// Where the judge of a run on this dataset is kept when none is named.
fn beside(run: &Path, dataset: &str) -> PathBuf {
    run.parent().unwrap_or(Path::new(".")).join(name(dataset))
}

fn name(dataset: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    format!("judge-{}", dataset.chars().map(plain).collect::<String>())
}

/// Whether the run at `path` was trained to its end: then its test results are in its log.
fn is_done(path: &Path) -> Result<bool, TrainError> {
    let Ok(run) = RunDir::open(path) else { return Ok(false) };
    Ok(read_metrics(run.metrics())?.iter().any(|line| line["kind"] == "test"))
}
