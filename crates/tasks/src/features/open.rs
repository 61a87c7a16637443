//! Where a judge comes from: a run that is named, or one that was trained beside its first user.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hearth_config::{CommandLine, Config, EvaluateConfig};
use hearth_data::{Images, Labels, Splits, Subset};
use hearth_store::{RunDir, read_metrics};

use super::FeatureEvaluator;
use crate::classify;
use crate::classify::predict::Predictor;
use hearth_train::backend::Backend;
use hearth_train::error::TrainError;
use hearth_train::event::Event;
use hearth_train::run::trained::{CheckpointSelector, Trained};
use hearth_train::train_on;
use hearth_train::{Job, RunTarget, StopReason};

/// Why fake images are not judged, and what to do.
const NO_JUDGE: &str = "that takes a classifier, which needs two classes or more with images in each; \
                        evaluate.classifier names the run of one that is trained already";

/// The judge of what a job trains; none when none is named, and nothing is trained or its classifier cannot be
/// trained on this data.
pub(crate) fn for_job(
    job: &Job<'_>,
    Images { dataset, splits }: &Images,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<FeatureEvaluator>, TrainError> {
    let checksums = &dataset.checksums;
    let named = settings(job.config).classifier.is_some();
    let path = match &job.target {
        RunTarget::Nowhere => PathBuf::new(),
        RunTarget::Numbered(parent) => within(parent, checksums),
        RunTarget::Fresh(run) | RunTarget::Resume(run) | RunTarget::Import(run, _) => {
            beside(run, checksums)
        }
    };
    let is_nowhere = matches!(job.target, RunTarget::Nowhere);
    let is_there = named || !is_nowhere && is_done(&path)?;
    let images = Subset::all(dataset.train.clone());
    if !is_there && !has_classes(&images, dataset.classes.len()) {
        if job.config.train.early_stop.is_some() {
            return Err(TrainError::Settings(format!(
                "early stopping watches the distance, and nothing measures it: {NO_JUDGE}"
            )));
        }
        observe(Event::Note(format!(
            "distance, precision and recall are not measured: {NO_JUDGE}"
        )));
        return Ok(None);
    }
    if !is_there && is_nowhere {
        return Ok(None);
    }
    if !is_there {
        let config = job.config.feature_classifier();
        observe(Event::Note(format!(
            "training a small classifier to judge pictures by, once: {}",
            path.display()
        )));
        let target = RunTarget::Resume(path.clone());
        let job = Job { config: &config, target, deadline: None, ..*job };
        // Each class has training images, and how well it knows those of the test set is not asked.
        // Its data is told once.
        let said: Vec<_> = dataset.notes.iter().chain(&dataset.warnings).collect();
        let mut observe = |event: Event<'_>| match &event {
            Event::Note(text) if said.iter().any(|said| text.ends_with(*said)) => {}
            _ => observe(event),
        };
        let outcome = train_on(&job, |_| classify::KIND.training, Labels::Unused, &mut observe)?;
        if outcome.is_some_and(|outcome| outcome.ended == StopReason::Interrupted) {
            return Err(TrainError::Interrupted(
                "its judge is half trained, and the same command goes on",
            ));
        }
    }
    open(job.config, &path, splits, job.backend).map(Some)
}

/// The judge of a finished run: that of its training.
pub(crate) fn of_run(
    trained: &Trained,
    splits: &Splits,
    backend: Backend,
) -> Result<FeatureEvaluator, TrainError> {
    let path = beside(&trained.run, &trained.info.dataset.checksums);
    if settings(&trained.config).classifier.is_none() && !is_done(&path)? {
        let resume = CommandLine::new("train").arg("--run").path(&trained.run).arg("--resume");
        let train = Subset::all(splits.train.source.clone());
        if !has_classes(&train, trained.info.dataset.classes.len()) {
            let resume = resume.placeholder("evaluate.classifier=RUN");
            return Err(TrainError::Settings(format!(
                "{} is not measured: {NO_JUDGE}, as in `{resume}`",
                trained.run.display()
            )));
        }
        return Err(TrainError::Settings(format!(
            "the classifier that judged {} is not at {}: `{resume}` trains it again",
            trained.run.display(),
            path.display()
        )));
    }
    open(&trained.config, &path, splits, backend)
}

/// The judge that `config` names, or else the one that was trained at `path`.
pub(crate) fn open(
    config: &Config,
    path: &Path,
    splits: &Splits,
    backend: Backend,
) -> Result<FeatureEvaluator, TrainError> {
    let evaluate = settings(config);
    let path = evaluate.classifier.as_ref().map_or(path, Path::new);
    let trained = Predictor::of_run(path, CheckpointSelector::Best, backend)?;
    FeatureEvaluator::new(trained, splits, evaluate.samples)
}

/// How the pictures are judged.
pub(crate) fn settings(config: &Config) -> &EvaluateConfig {
    config.evaluate.as_ref().expect("a checked config of a generator says how it is judged")
}

/// Where the judge of a run is kept when none is named: beside it, one for each dataset.
pub(crate) fn beside(run: &Path, checksums: &BTreeMap<String, String>) -> PathBuf {
    let run = std::path::absolute(run).unwrap_or_else(|_| run.to_owned());
    within(run.parent().unwrap_or(Path::new(".")), checksums)
}

/// The same in a folder of runs.
pub(crate) fn within(runs: &Path, checksums: &BTreeMap<String, String>) -> PathBuf {
    // Two folders of pictures have one name, and other files.
    let files: Vec<_> = checksums.iter().map(|(file, sum)| format!("{file} {sum}")).collect();
    runs.join(format!("judge-{}", &hearth_store::checksum(files.join("\n").as_bytes())[..12]))
}

/// Whether the run at `path` was trained to its end: then its test results are in its log.
pub(crate) fn is_done(path: &Path) -> Result<bool, TrainError> {
    let Ok(run) = RunDir::open(path) else { return Ok(false) };
    Ok(read_metrics(run.metrics())?.iter().any(|line| line["kind"] == "test"))
}

/// True if a classifier can be trained on the whole training set: two classes or more, each with images.
fn has_classes(train: &Subset, num_classes: usize) -> bool {
    num_classes > 1 && train.class_counts(num_classes).iter().all(|count| *count > 0)
}
