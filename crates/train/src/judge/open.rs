//! Where a judge comes from: a run that is named, or one that was trained beside its first user.

use std::path::{Path, PathBuf};

use hearth_config::{Config, EvaluateConfig};
use hearth_data::Splits;
use hearth_store::{RunDir, read_metrics};

use super::Judge;
use crate::backend::Backend;
use crate::error::TrainError;
use crate::predict::Predictor;
use crate::trained::{Trained, Which};

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
pub(crate) fn open(
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

/// How the pictures are judged.
pub(crate) fn settings(config: &Config) -> &EvaluateConfig {
    config.evaluate.as_ref().expect("a checked config of a generator says how it is judged")
}

/// Where the judge of a run on this dataset is kept when none is named.
pub(crate) fn beside(run: &Path, dataset: &str) -> PathBuf {
    run.parent().unwrap_or(Path::new(".")).join(name(dataset))
}

/// The folder's name.
pub(crate) fn name(dataset: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    format!("judge-{}", dataset.chars().map(plain).collect::<String>())
}

/// Whether the run at `path` was trained to its end: then its test results are in its log.
pub(crate) fn is_done(path: &Path) -> Result<bool, TrainError> {
    let Ok(run) = RunDir::open(path) else { return Ok(false) };
    Ok(read_metrics(run.metrics())?.iter().any(|line| line["kind"] == "test"))
}
