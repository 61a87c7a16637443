//! The served network and its description.

use std::path::Path;

use hearth_config::ModelConfig;
use hearth_report::{InputSchema, OutputSchema, Schema};
use hearth_store::RunDir;
use hearth_tasks::{Sampler, open_predictor};
use hearth_train::run::loaded::stored_config;
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
        let (predictor, trained) = open_predictor(path, which, backend)?;
        let model = Model::of(path, trained.as_ref());
        let (model, document) = described(predictor.schema(), model);
        Ok(Self { network: Box::new(predictor), model, document })
    }
}

/// The description of a predictor of this schema, and its document.
fn described(schema: &Schema, model: Model) -> (Model, OpenApi) {
    let (task, classes) = match &schema.output {
        OutputSchema::Classes(names) => (ServedTask::Classification, Some(names.clone())),
        OutputSchema::Number => (ServedTask::Regression, None),
        OutputSchema::Texts => (ServedTask::Translation, None),
    };
    let model = Model { task, classes, ..model };
    match &schema.input {
        InputSchema::Image(shape) => {
            (Model { input: Some((*shape).into()), ..model }, documents::images())
        }
        InputSchema::Row(coding) => {
            let columns = Some(coding.columns.iter().map(ModelColumn::from).collect());
            let target = Some(coding.target_column.clone());
            (Model { columns, target, ..model }, documents::rows())
        }
        InputSchema::Text => (model, documents::texts()),
    }
}
