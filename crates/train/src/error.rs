//! What can go wrong between a checked config and a trained network.

use std::path::PathBuf;

use hearth_config::shown;
use hearth_data::DataError;
use hearth_store::StoreError;

/// Why training, evaluation or prediction stopped.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The data is missing or damaged.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Something that is kept could not be written, or is missing or damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The settings do not fit the data, or the stored run.
    #[error("{0}")]
    Settings(String),
    /// The network does not fit the pictures.
    #[error("{0}, and those of the data are not")]
    Network(#[from] hearth_model::ImageSizeError),
    /// There is no graphics adapter, or it cannot be opened.
    #[error("{0}")]
    Device(String),
    /// An artefact for other programs could not be written, or is not what it should be.
    #[error("{0}")]
    Export(String),
    /// A file of another program is missing, damaged or not what it should be.
    #[error("{0}")]
    Foreign(String),
    /// Someone asked to stop, and this is what came of it.
    #[error("interrupted: {0}")]
    Interrupted(&'static str),
    /// A stored config is not one that this version reads.
    #[error(transparent)]
    Config(#[from] hearth_config::Diagnostics),
    /// A file of the run is not what this program writes.
    #[error("{file} of this run is damaged: {fault}; put it back, or train anew")]
    RunInfo {
        /// The file's path.
        file: String,
        /// What is wrong.
        fault: String,
    },
    /// The data that a run was trained with is not where it was.
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
    /// The data is not what the run was trained with.
    #[error(
        "the data of {name} has changed since {run} was trained, or an earlier version read the folder otherwise: \
         {what} than run.json says"
    )]
    DataChanged {
        /// The dataset.
        name: String,
        /// The run's folder.
        run: String,
        /// What differs.
        what: &'static str,
    },
    /// An update that was finite took the weights out of the numbers.
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
        /// The newest checkpoint.
        saved: Option<u64>,
    },
    /// Training left the numbers.
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
        /// Places in the training set, shortened.
        samples: String,
    },
}
