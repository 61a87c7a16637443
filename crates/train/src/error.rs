//! Errors of training, evaluation and prediction.

use std::path::PathBuf;

use hearth_config::shown;
use hearth_data::DataError;
use hearth_store::StoreError;

/// An error of training, evaluation or prediction.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The data is missing or damaged.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file of a run cannot be written, or is missing or damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The settings do not fit the data, the machine or the stored run.
    #[error("{0}")]
    Settings(String),
    /// The network does not fit the size of the images.
    #[error("{0}, and those of the data are not")]
    Network(#[from] hearth_model::ImageSizeError),
    /// The machine has no graphics adapter, or it cannot be opened.
    #[error("{0}")]
    Device(String),
    /// An export for other programs cannot be written, or is invalid.
    #[error("{0}")]
    Export(String),
    /// A file of another program is missing, damaged or of the wrong kind.
    #[error("{0}")]
    Foreign(String),
    /// The user asked to stop; the text describes the result.
    #[error("interrupted: {0}")]
    Interrupted(&'static str),
    /// A stored config is not valid for this version.
    #[error(transparent)]
    Config(#[from] hearth_config::Diagnostics),
    /// A file of the run is missing or invalid.
    #[error("{file} of this run is damaged: {fault}; put it back, or train anew")]
    RunInfo {
        /// The file's path.
        file: String,
        /// The defect.
        fault: String,
    },
    /// The data of a run is no longer at its path.
    #[error(
        "`{key}` of the run leads to nothing:\n{}\nput the data back, or say in {} where it is now",
        path.display(),
        shown(config)
    )]
    DataGone {
        /// The setting that names it.
        key: &'static str,
        /// The absolute path.
        path: PathBuf,
        /// The run's config.
        config: PathBuf,
    },
    /// The data has changed since the run was trained.
    #[error(
        "the data of {name} has changed since {run} was trained, or an earlier version read the folder otherwise: \
         {what} than run.json says"
    )]
    DataChanged {
        /// The dataset.
        name: String,
        /// The run's folder.
        run: String,
        /// The difference.
        what: &'static str,
    },
    /// An update with finite gradients overflowed f32, and the weights are not finite.
    #[error(
        "{path} is not finite after step {step}, and was not saved; {}. A smaller \
         optimizer.learning_rate, or train.clip_norm, may help",
        saved.map_or("there is no checkpoint yet".to_owned(), |saved| {
            format!("checkpoint {saved} holds the last good state")
        })
    )]
    Spoilt {
        /// The tensor.
        path: String,
        /// The number of finished steps.
        step: u64,
        /// The step of the newest checkpoint.
        saved: Option<u64>,
    },
    /// The loss or a gradient of a step is not finite; the step was not applied.
    #[error(
        "{what} is not finite at step {step}; nothing was changed by that step, and checkpoint \
         {checkpoint} holds the last good state. It was computed from the training samples {samples}. \
         A smaller optimizer.learning_rate, or train.clip_norm, may help"
    )]
    NonFinite {
        /// The loss, or a parameter's gradient.
        what: String,
        /// The step that was refused.
        step: u64,
        /// The number of finished steps.
        checkpoint: u64,
        /// Indices into the training set of the samples of the step; a long list is shortened.
        samples: String,
    },
}
