//! The network that is served, and its description.

use std::path::Path;

use hearth_config::ModelConfig;
use hearth_data::PictureShape;
use hearth_data::tables::Target;
use hearth_store::RunDir;
use hearth_tasks::is_on_table;
use hearth_tasks::rows::predict::RowPredictor;
use hearth_tasks::{Predictor, Sampler};
use hearth_train::run::trained::{Trained, stored_config};
use hearth_train::{Backend, Which};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::columns::ModelColumn;
use super::service::Network;
use crate::failure::Failure;

/// A network, and its description.
#[derive(Debug)]
pub struct Served {
    /// What computes the answers.
    pub network: Box<dyn Network>,
    /// What `/v1/model` says.
    pub model: Model,
}

/// What is served.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Model {
    /// What it does.
    pub task: Task,
    /// `kind` in `[model]` of its config.
    pub kind: Option<String>,
    /// The run's folder, or the export's.
    pub source: String,
    /// The checkpoint's step.
    pub step: Option<u64>,
    /// What it was trained on; none of an export.
    pub dataset: Option<String>,
    /// The version of Hearth that serves it.
    pub hearth: &'static str,
    /// The classes, in the order of `index` in predictions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
    /// The columns of a table that it takes rows of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<ModelColumn>>,
    /// The column that it predicts, of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What a classifier makes of every picture before it looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Size>,
    /// How many random numbers a generator makes a picture from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latent: Option<usize>,
    /// The pictures that a generator makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Size>,
}

/// What a network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// It names the class of a picture or of a row.
    Classification,
    /// It predicts a number for a row.
    Regression,
    /// It makes pictures.
    Generation,
}

/// The size of a picture, in pixels.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Size {
    channels: usize,
    height: usize,
    width: usize,
}

impl From<PictureShape> for Size {
    fn from(PictureShape { channels, height, width }: PictureShape) -> Self {
        Self { channels, height, width }
    }
}

impl Served {
    /// Loads a run's checkpoint, or an export.
    pub fn open(path: &Path, which: Which, backend: Backend) -> Result<Self, Failure> {
        if is_on_table(path) {
            return Self::rows(path, which, backend);
        }
        let config = RunDir::open(path).ok().map(|run| stored_config(&run)).transpose()?;
        if config.is_some_and(|config| matches!(config.model, ModelConfig::Gan(_))) {
            let sampler = Sampler::open(path, which, backend)?;
            let model = Model {
                task: Task::Generation,
                latent: Some(sampler.latent_size()),
                output: Some(sampler.shape().into()),
                ..Model::new(path, Some(sampler.trained()))
            };
            return Ok(Self { network: Box::new(sampler), model });
        }
        let (predictor, trained) = Predictor::of(path, which, backend)?;
        let model = Model {
            classes: Some(predictor.classes().to_vec()),
            input: Some(predictor.shape().into()),
            ..Model::of(path, trained.as_ref())
        };
        Ok(Self { network: Box::new(predictor), model })
    }

    fn rows(path: &Path, which: Which, backend: Backend) -> Result<Self, Failure> {
        let (predictor, trained) = RowPredictor::of(path, which, backend)?;
        let coding = predictor.coding();
        let (task, classes) = match &coding.target {
            Target::Classes { names } => (Task::Classification, Some(names.clone())),
            Target::Number { .. } => (Task::Regression, None),
        };
        let model = Model {
            task,
            classes,
            columns: Some(coding.columns.iter().map(ModelColumn::from).collect()),
            target: Some(coding.target_column.clone()),
            ..Model::of(path, trained.as_ref())
        };
        Ok(Self { network: Box::new(predictor), model })
    }
}

impl Model {
    /// Of a run, or else of an export.
    fn of(path: &Path, trained: Option<&Trained>) -> Self {
        match trained {
            Some(trained) => Self::new(path, Some(trained)),
            None => Self::of_export(path),
        }
    }

    /// As far as an export's `config.json` says it.
    fn of_export(folder: &Path) -> Self {
        let text = std::fs::read(folder.join("config.json")).unwrap_or_default();
        let said: Value = serde_json::from_slice(&text).unwrap_or_default();
        Self {
            kind: said["architecture"]["kind"].as_str().map(str::to_owned),
            step: said["step"].as_u64(),
            ..Self::new(folder, None)
        }
    }

    fn new(path: &Path, trained: Option<&Trained>) -> Self {
        let kind = |trained: &Trained| {
            let model = serde_json::to_value(&trained.config.model).ok()?;
            Some(model.get("kind")?.as_str()?.to_owned())
        };
        Self {
            task: Task::Classification,
            kind: trained.and_then(kind),
            source: path.display().to_string(),
            step: trained.map(|trained| trained.step),
            dataset: trained.map(|trained| trained.info.dataset.name.clone()),
            hearth: env!("CARGO_PKG_VERSION"),
            classes: None,
            columns: None,
            target: None,
            input: None,
            latent: None,
            output: None,
        }
    }
}
