//! Initial weights of a network from another run or another program.

use std::path::Path;

use hearth_config::{ClassifierConfig, Config, InitConfig, ModelConfig, shown};
use hearth_model::{Classifier, params};
use hearth_store::{RunDir, StateDict, Value};

use crate::error::TrainError;
use crate::learner::state::module_state;
use crate::run::job::RunTarget;
use crate::run::loaded::{CheckpointSelector, LoadedRun};

/// Initial weights of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// All weights of the network, by their paths in a checkpoint below `model`.
    pub state: StateDict,
    /// Their origin, in words: the run, its step, the layers taken and the checksum of its weights; or a file's name
    /// and checksum.
    pub source: String,
    /// Pairs of a tensor's name in the file of another program and its path in a checkpoint; empty for a run.
    pub names: Vec<[String; 2]>,
    /// Notes for the user, in sentences.
    pub notes: Vec<String>,
    /// Warnings about an import, in sentences.
    pub warnings: Vec<String>,
}

/// The checkpoint of another run that provides initial weights.
#[derive(Debug)]
pub struct SourceRun {
    trained: LoadedRun,
    /// The weights of its network.
    weights: StateDict,
    /// True if the weights of the head, the last layer, are taken as well.
    with_head: bool,
    /// True if the config of the source sets a normalisation and the new run has another.
    normalization_differs: bool,
}

impl SourceRun {
    /// Opens the best checkpoint of the run that `model.init` names; none if it names no run, or if the target has a
    /// checkpoint to resume from. A run of another task is an error; so is an import with `model.init`.
    pub fn open(config: &Config, target: &RunTarget) -> Result<Option<Self>, TrainError> {
        let ModelConfig::Classifier { init: InitConfig { init: Some(run), init_head }, .. } =
            &config.model
        else {
            return Ok(None);
        };
        match target {
            RunTarget::Import(..) => {
                return Err(TrainError::Settings(format!(
                    "an import brings its own weights, and model.init names those of {run}: leave it out"
                )));
            }
            RunTarget::Resume(path) if has_checkpoint(path)? => return Ok(None),
            _ => {}
        }
        let mut trained = LoadedRun::open(Path::new(run), CheckpointSelector::Best)?;
        if !matches!(trained.config.model, ModelConfig::Classifier { .. }) {
            return Err(trained.is_not("a network that names classes, which model.init takes"));
        }
        let weights = std::mem::take(&mut trained.state).take_under("model");
        let [ours, theirs] = [config, &trained.config].map(|config| {
            let batches = &config.data().batches;
            (batches.mean.clone(), batches.std.clone())
        });
        let normalization_differs = theirs.0.is_some() && ours != theirs;
        let with_head = init_head.unwrap_or(true);
        Ok(Some(Self { trained, weights, with_head, normalization_differs }))
    }

    /// The initial weights of a new `network` with this config and these classes; the head keeps its random weights if
    /// it is not taken. A missing, extra or misshapen tensor is an error.
    pub fn start(
        mut self,
        config: &ClassifierConfig,
        network: &Classifier,
        classes: &[String],
    ) -> Result<Start, TrainError> {
        let head = format!("{}.", network.head_path());
        self.check(network, &head)?;
        let mut state = StateDict::new();
        let mut fresh = module_state(network)?;
        for (path, _) in params::shapes(network) {
            let taken = self.with_head || !path.starts_with(&head);
            let from = if taken { &mut self.weights } else { &mut fresh };
            state.insert(path.clone(), from.take(&path)?)?;
        }
        let LoadedRun { run, step, checksum, .. } = &self.trained;
        let what = if self.with_head { "all layers" } else { "all but the head" };
        let mut notes = vec![format!("starts from {}, step {step} ({what})", shown(run))];
        notes.extend(self.differences(config, classes));
        let source = format!("{}, step {step} ({what}), BLAKE3 {checksum}", shown(run));
        Ok(Start { state, source, names: Vec::new(), notes, warnings: Vec::new() })
    }

    /// Checks that the weights fit the network, whose head has parameters with the prefix `head`. A missing, extra or
    /// misshapen tensor is an error.
    fn check(&self, network: &Classifier, head: &str) -> Result<(), TrainError> {
        let wanted = params::shapes(network);
        let mut misfits: Vec<(&str, String)> = Vec::new();
        for (path, shape) in &wanted {
            match self.weights.get(path) {
                Some(Value::Tensor(tensor)) if tensor.shape() == shape => {}
                Some(Value::Tensor(tensor)) => {
                    let found = tensor.shape();
                    misfits.push((path, format!("`{path}` must be {shape:?}, and is {found:?}")));
                }
                _ => misfits.push((path, format!("`{path}` must be {shape:?}, and is missing"))),
            }
        }
        for (path, value) in self.weights.iter() {
            if let Value::Tensor(tensor) = value
                && !wanted.iter().any(|(known, _)| known == path)
            {
                let found = tensor.shape();
                misfits.push((path, format!("`{path}`, {found:?}, has no place in this network")));
            }
        }
        let of_body = misfits.iter().find(|(path, _)| !path.starts_with(head));
        let (text, help) = match (of_body, misfits.first()) {
            (Some((_, text)), _) => (text, ""),
            (None, Some((_, text))) if self.with_head => (
                text,
                ". Only the head differs: `model.init_head = false` takes all layers but that one",
            ),
            _ => return Ok(()),
        };
        let run = shown(&self.trained.run);
        Err(TrainError::Settings(format!("the network of {run} does not fit: {text}{help}")))
    }

    /// Notes on differences in class names, normalisation, activation and pooling, which shapes do not reveal.
    fn differences(&self, config: &ClassifierConfig, classes: &[String]) -> Vec<String> {
        let run = shown(&self.trained.run);
        let mut notes = Vec::new();
        let theirs = &self.trained.info.dataset.classes;
        if theirs != classes && self.with_head {
            notes.push(format!(
                "the classes of {run} have other names than those of the data: {} and {}",
                theirs.join(", "),
                classes.join(", ")
            ));
        }
        if self.normalization_differs {
            let batches = &self.trained.config.data().batches;
            let [mean, std] =
                [&batches.mean, &batches.std].map(|it| it.clone().unwrap_or_default());
            notes.push(format!(
                "warning: {run} was trained with data.mean={mean:?} data.std={std:?}, and this run is not"
            ));
        }
        if let ModelConfig::Classifier { network, .. } = &self.trained.config.model {
            let keys = |network| serde_json::to_value(network).unwrap_or_default();
            let (theirs, ours) = (keys(network), keys(config));
            // Shapes are checked already, and the other keys affect training alone.
            for key in ["activation", "pooling"] {
                if theirs[key] != ours[key] {
                    notes.push(format!(
                        "warning: {run} was trained with model.{key} = {}, and this network has {}",
                        theirs[key], ours[key]
                    ));
                }
            }
        }
        notes
    }
}

/// True if the folder holds a run with a checkpoint.
fn has_checkpoint(path: &Path) -> Result<bool, TrainError> {
    match RunDir::open(path) {
        Ok(run) => Ok(!run.checkpoints().steps()?.is_empty()),
        // Its error is reported when it is opened for training.
        Err(_) => Ok(false),
    }
}
