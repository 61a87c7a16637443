//! Description of a served network.

use std::path::Path;

use hearth_data::ImageShape;
use hearth_train::run::loaded::LoadedRun;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::columns::ModelColumn;

/// Description of the served network.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Model {
    /// Its task.
    pub task: ServedTask,
    /// `kind` in `[model]` of its config.
    pub kind: Option<String>,
    /// The run's folder, or the export's.
    pub source: String,
    /// The checkpoint's step.
    pub step: Option<u64>,
    /// The name of its training data; null for an export.
    pub dataset: Option<String>,
    /// The version of Hearth.
    pub hearth: &'static str,
    /// The classes, in the order of `index` in predictions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<String>>,
    /// The input columns, of a network for rows of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<ModelColumn>>,
    /// The predicted column, of a network for rows of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The size to which a classifier scales every image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<ImageSize>,
    /// The number of latent axes of a generator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latent: Option<usize>,
    /// The size of a generator's images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<ImageSize>,
}

/// The task of a served network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Task)]
#[serde(rename_all = "lowercase")]
pub enum ServedTask {
    /// Predicts the class of an image or a row.
    Classification,
    /// Predicts a number for a row.
    Regression,
    /// Generates images.
    Generation,
    /// Translates a text.
    Translation,
}

/// The size of an image, in pixels.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = Size)]
pub struct ImageSize {
    channels: usize,
    height: usize,
    width: usize,
}

impl From<ImageShape> for ImageSize {
    fn from(ImageShape { channels, height, width }: ImageShape) -> Self {
        Self { channels, height, width }
    }
}

impl Model {
    /// The description of a run, or else of an export.
    pub fn of(path: &Path, trained: Option<&LoadedRun>) -> Self {
        match trained {
            Some(trained) => Self::new(path, Some(trained)),
            None => Self::of_export(path),
        }
    }

    /// The description of an export, from its `config.json`.
    fn of_export(folder: &Path) -> Self {
        let text = std::fs::read(folder.join("config.json")).unwrap_or_default();
        let config: Value = serde_json::from_slice(&text).unwrap_or_default();
        Self {
            kind: config["architecture"]["kind"].as_str().map(str::to_owned),
            step: config["step"].as_u64(),
            ..Self::new(folder, None)
        }
    }

    /// The description of a run, or of a path alone.
    pub fn new(path: &Path, trained: Option<&LoadedRun>) -> Self {
        let kind = |trained: &LoadedRun| {
            let model = serde_json::to_value(&trained.config.model).ok()?;
            Some(model.get("kind")?.as_str()?.to_owned())
        };
        Self {
            task: ServedTask::Classification,
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
