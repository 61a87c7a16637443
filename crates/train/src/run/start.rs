//! Weights that a network starts from: those of another run, or of another program.

use std::path::Path;

use hearth_config::{ClassifierConfig, Config, InitConfig, ModelConfig, shown};
use hearth_model::{Classifier, params};
use hearth_store::{RunDir, StateDict, Value};

use crate::error::TrainError;
use crate::learner::state::module_state;
use crate::run::job::RunTarget;
use crate::run::trained::{CheckpointSelector, Trained};

/// Weights that a network starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// All of its weights, by their paths in a checkpoint.
    pub state: StateDict,
    /// Their origin: the run, its step, the checksum of its weights and the layers that are taken; or a file's name and
    /// checksum.
    pub source: String,
    /// The name of each tensor in the file of another program, and its path in a checkpoint.
    pub names: Vec<[String; 2]>,
    /// Notes and warnings for the user, in sentences.
    pub notes: Vec<String>,
}

/// The checkpoint of another run, from which a network starts.
#[derive(Debug)]
pub struct SourceRun {
    trained: Trained,
    /// Its network's weights.
    weights: StateDict,
    /// Whether the last layer is taken as well.
    with_head: bool,
    /// The new run normalises its images in another way than the config of that one says.
    is_normalized_anew: bool,
}

impl SourceRun {
    /// Opens the run that `model.init` names; nothing when it names none, and when the target has a
    /// checkpoint already, which holds all that is needed to go on.
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
        let mut trained = Trained::open(Path::new(run), CheckpointSelector::Best)?;
        if !matches!(trained.config.model, ModelConfig::Classifier { .. }) {
            let help = "it makes pictures, and model.init takes a classifier";
            return Err(trained.is_not("a network that names classes", help));
        }
        let weights = std::mem::take(&mut trained.state).take_under("model");
        let [ours, theirs] = [config, &trained.config].map(|config| {
            let batches = &config.data.batches;
            (batches.mean.clone(), batches.std.clone())
        });
        let is_normalized_anew = theirs.0.is_some() && ours != theirs;
        let with_head = init_head.unwrap_or(true);
        Ok(Some(Self { trained, weights, with_head, is_normalized_anew }))
    }

    /// The weights for a new `network` of this config, which names these classes; those of its head are
    /// its own where they are not taken. A missing, extra or misshapen tensor is an error.
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
        let Trained { run, step, checksum, .. } = &self.trained;
        let what = if self.with_head { "all layers" } else { "all but the head" };
        let mut notes = vec![format!("starts from {}, step {step} ({what})", shown(run))];
        notes.extend(self.differences(config, classes));
        let source = format!("{}, step {step} ({what}), BLAKE3 {checksum}", shown(run));
        Ok(Start { state, source, names: Vec::new(), notes })
    }

    /// Refuses weights that do not fit the network, whose head's parameters begin with `head`.
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

    /// What fits by its shape, and may not be meant all the same.
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
        if self.is_normalized_anew {
            let batches = &self.trained.config.data.batches;
            let [mean, std] =
                [&batches.mean, &batches.std].map(|it| it.clone().unwrap_or_default());
            notes.push(format!(
                "warning: {run} was trained with data.mean={mean:?} data.std={std:?}, and this run is not"
            ));
        }
        if let ModelConfig::Classifier { network, .. } = &self.trained.config.model {
            let keys = |network| serde_json::to_value(network).unwrap_or_default();
            let (theirs, ours) = (keys(network), keys(config));
            // Shapes are compared already, and these two concern training alone.
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

/// Whether a run is there, and has something to go on from.
fn has_checkpoint(path: &Path) -> Result<bool, TrainError> {
    match RunDir::open(path) {
        Ok(run) => Ok(!run.checkpoints().steps()?.is_empty()),
        // What is wrong with it is told when it is opened to be trained.
        Err(_) => Ok(false),
    }
}
