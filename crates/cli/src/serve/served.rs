//! The served network and its description.

use std::path::Path;

use hearth_config::ModelConfig;
use hearth_data::tables::Target;
use hearth_store::RunDir;
use hearth_tasks::{ImagePredictor, RowPredictor, Sampler, is_on_table};
use hearth_train::run::trained::stored_config;
use hearth_train::{Backend, CheckpointSelector};
use utoipa::openapi::OpenApi;

use super::columns::ModelColumn;
use super::documents;
use super::model::{Model, ServedTask};
use super::service::Servable;
use crate::failure::Failure;

/// A served network and its description.
pub struct Served {
    /// The network.
    pub network: Box<dyn Servable>,
    /// Its description, for `/v1/model`.
    pub model: Model,
    /// Its `OpenAPI` document.
    pub document: OpenApi,
}

impl Served {
    /// Loads a run's checkpoint, or an export.
    ///
    /// # Errors
    /// When it cannot be read, or the backend cannot be opened.
    pub fn open(path: &Path, which: CheckpointSelector, backend: Backend) -> Result<Self, Failure> {
        if is_on_table(path) {
            return Self::rows(path, which, backend);
        }
        let config = RunDir::open(path).ok().map(|run| stored_config(&run)).transpose()?;
        if config.is_some_and(|config| matches!(config.model, ModelConfig::Gan(_))) {
            let sampler = Sampler::open(path, which, backend)?;
            let model = Model {
                task: ServedTask::Generation,
                latent: Some(sampler.latent_size()),
                output: Some(sampler.shape().into()),
                ..Model::new(path, Some(sampler.trained()))
            };
            return Ok(Self { network: Box::new(sampler), model, document: documents::images() });
        }
        let (predictor, trained) = ImagePredictor::of(path, which, backend)?;
        let model = Model {
            classes: Some(predictor.classes().to_vec()),
            input: Some(predictor.shape().into()),
            ..Model::of(path, trained.as_ref())
        };
        Ok(Self { network: Box::new(predictor), model, document: documents::images() })
    }

    fn rows(path: &Path, which: CheckpointSelector, backend: Backend) -> Result<Self, Failure> {
        let (predictor, trained) = RowPredictor::of(path, which, backend)?;
        let coding = predictor.coding();
        let (task, classes) = match &coding.target {
            Target::Classes { names } => (ServedTask::Classification, Some(names.clone())),
            Target::Number { .. } => (ServedTask::Regression, None),
        };
        let model = Model {
            task,
            classes,
            columns: Some(coding.columns.iter().map(ModelColumn::from).collect()),
            target: Some(coding.target_column.clone()),
            ..Model::of(path, trained.as_ref())
        };
        Ok(Self { network: Box::new(predictor), model, document: documents::rows() })
    }
}
