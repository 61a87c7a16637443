//! The classifier of an evaluator: a run named in the config, or a small one trained once beside the run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hearth_config::{CommandLine, Config, EvaluateConfig};
use hearth_data::{Images, Labels, Splits, Subset};
use hearth_store::{RunDir, read_metrics};
use hearth_train::backend::Backend;
use hearth_train::error::TrainError;
use hearth_train::event::Event;
use hearth_train::run::loaded::{CheckpointSelector, LoadedRun};
use hearth_train::train_on;
use hearth_train::{Job, RunTarget, StopReason};

use super::FeatureEvaluator;
use crate::classify;
use crate::classify::predict::ImagePredictor;
use crate::predictor::open_run;

/// The reason that nothing evaluates fake images, and the remedy.
const NO_CLASSIFIER: &str = "that takes a classifier, which needs two classes or more with images in each; \
                        evaluate.classifier names the run of one that is trained already";

/// The evaluator of a generator that a job trains. Unless the config names a classifier's run, a small classifier is
/// trained first, once for each dataset and folder of runs.
///
/// None where the config names no classifier and none can be trained: without a folder of runs
/// ([`RunTarget::Nowhere`]), or on data without two classes that have images. With early stopping, which needs the
/// distance, the latter is an error.
pub(crate) fn evaluator_for_job(
    job: &Job<'_>,
    Images { dataset, splits }: &Images,
    observe: &mut dyn FnMut(Event<'_>),
) -> Result<Option<FeatureEvaluator>, TrainError> {
    let checksums = &dataset.checksums;
    let named = settings(job.config).classifier.is_some();
    let path = match &job.target {
        RunTarget::Nowhere => PathBuf::new(),
        RunTarget::Numbered(parent) => classifier_path_in(parent, checksums),
        RunTarget::Fresh(run) | RunTarget::Resume(run) | RunTarget::Import(run, _) => {
            classifier_path_beside(run, checksums)
        }
    };
    let is_nowhere = matches!(job.target, RunTarget::Nowhere);
    let is_trained = named || !is_nowhere && has_test_results(&path)?;
    let images = Subset::all(dataset.train.clone());
    if !is_trained && !has_classes(&images, dataset.classes.len()) {
        if job.config.train.early_stop.is_some() {
            return Err(TrainError::Settings(format!(
                "early stopping watches the distance, and nothing measures it: {NO_CLASSIFIER}"
            )));
        }
        observe(Event::Note(format!(
            "distance, precision and recall are not measured: {NO_CLASSIFIER}"
        )));
        return Ok(None);
    }
    if !is_trained && is_nowhere {
        return Ok(None);
    }
    if !is_trained {
        let config = job.config.feature_classifier();
        observe(Event::Note(format!(
            "training a small classifier to judge pictures by, once: {}",
            path.display()
        )));
        let target = RunTarget::Resume(path.clone());
        let job = Job { config: &config, target, deadline: None, ..*job };
        // The generator's job has reported the notes on this data already.
        let reported: Vec<_> = dataset.notes.iter().chain(&dataset.warnings).collect();
        let mut observe = |event: Event<'_>| match &event {
            Event::Note(text) if reported.iter().any(|note| text.ends_with(*note)) => {}
            _ => observe(event),
        };
        let outcome = train_on(&job, |_| classify::ENTRY.hooks, Labels::Unused, &mut observe)?;
        if outcome.is_some_and(|outcome| outcome.ended == StopReason::Interrupted) {
            return Err(TrainError::Interrupted(
                "its judge is half trained, and the same command goes on",
            ));
        }
    }
    open(job.config, &path, splits, job.backend).map(Some)
}

/// The evaluator of a finished run: the one of its training. A classifier that is missing is an error.
pub(crate) fn evaluator_for_run(
    trained: &LoadedRun,
    splits: &Splits,
    backend: Backend,
) -> Result<FeatureEvaluator, TrainError> {
    let path = classifier_path_beside(&trained.run, &trained.info.dataset.checksums);
    if settings(&trained.config).classifier.is_none() && !has_test_results(&path)? {
        let resume = CommandLine::new("train").arg("--run").path(&trained.run).arg("--resume");
        let train = Subset::all(splits.train.source.clone());
        if !has_classes(&train, trained.info.dataset.classes.len()) {
            let resume = resume.placeholder("evaluate.classifier=RUN");
            return Err(TrainError::Settings(format!(
                "{} is not measured: {NO_CLASSIFIER}, as in `{resume}`",
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

/// The evaluator with the classifier that `config` names, or else the one trained at `path`.
pub(crate) fn open(
    config: &Config,
    path: &Path,
    splits: &Splits,
    backend: Backend,
) -> Result<FeatureEvaluator, TrainError> {
    let evaluate = settings(config);
    let path = evaluate.classifier.as_ref().map_or(path, Path::new);
    let trained = open_run::<ImagePredictor>(path, CheckpointSelector::Best, backend)?;
    FeatureEvaluator::new(trained, splits, evaluate.samples)
}

/// The `[evaluate]` section of a generator's config.
pub(crate) fn settings(config: &Config) -> &EvaluateConfig {
    config.evaluate.as_ref().expect("a checked config of a generator has [evaluate]")
}

/// The path of the classifier trained for a run: beside it, one for each dataset.
pub(crate) fn classifier_path_beside(run: &Path, checksums: &BTreeMap<String, String>) -> PathBuf {
    let run = std::path::absolute(run).unwrap_or_else(|_| run.to_owned());
    classifier_path_in(run.parent().unwrap_or(Path::new(".")), checksums)
}

/// The path of the classifier for a dataset in a folder of runs.
pub(crate) fn classifier_path_in(runs: &Path, checksums: &BTreeMap<String, String>) -> PathBuf {
    // Two folders of images may have one name and different files.
    let files: Vec<_> = checksums.iter().map(|(file, sum)| format!("{file} {sum}")).collect();
    runs.join(format!("judge-{}", &hearth_store::checksum(files.join("\n").as_bytes())[..12]))
}

/// True if the run at `path` was trained to its end: its log then has test results.
pub(crate) fn has_test_results(path: &Path) -> Result<bool, TrainError> {
    let Ok(run) = RunDir::open(path) else { return Ok(false) };
    Ok(read_metrics(run.metrics())?.iter().any(|line| line["kind"] == "test"))
}

/// True if a classifier can be trained on the whole training set: two classes or more, each with images.
fn has_classes(train: &Subset, num_classes: usize) -> bool {
    num_classes > 1 && train.class_counts(num_classes).iter().all(|count| *count > 0)
}
