//! Failures of commands: message and exit code.

use std::io;
use std::path::Path;

use hearth_config::{Diagnostic, Diagnostics, reason};
use hearth_data::DataError;
use hearth_store::StoreError;
use hearth_train::TrainError;

/// The reason why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// An error of the config or the command line.
    Config(Diagnostics),
    /// Any other error of the library.
    Error(TrainError),
    /// The graphics adapter failed during a computation.
    Adapter(String),
    /// The training data is missing or damaged.
    Data(String),
    /// An error outside of the library.
    Other(String),
    /// A stop on request, after a checkpoint.
    Interrupted,
}

impl Failure {
    /// An error of the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Config(Diagnostic::new(message).into())
    }

    /// An output file that could not be written.
    pub fn unwritten(path: &Path, error: &io::Error) -> Self {
        let remedy = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room, and try again",
            io::ErrorKind::NotFound => "make its folder first, or name another file",
            _ => "name another place",
        };
        Self::Other(format!("cannot write {}: {}; {remedy}", path.display(), reason(error)))
    }

    /// Adds to an adapter's failure in training that checkpoints are intact.
    pub fn with_checkpoint(self) -> Self {
        match self {
            Self::Adapter(cause) => Self::Adapter(format!(
                "{cause}. Checkpoints are intact: `--resume` continues from the last one, on this \
                 backend or another"
            )),
            other => other,
        }
    }

    /// The message, in a sentence.
    pub fn text(&self) -> String {
        match self {
            Self::Config(faults) => {
                faults.0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
            }
            Self::Error(error) => with_causes(error),
            Self::Adapter(cause) => {
                format!("the graphics adapter failed: {cause}. RUST_BACKTRACE=1 shows where")
            }
            Self::Data(message) | Self::Other(message) => message.clone(),
            Self::Interrupted => "interrupted".to_owned(),
        }
    }

    /// Exit code: 1 failed, 2 bad usage or config, 3 data missing or damaged, 130 interrupted.
    pub fn code(&self) -> u8 {
        match self {
            Self::Config(_) => 2,
            Self::Error(error) => match error {
                TrainError::Settings(_)
                | TrainError::Network(_)
                | TrainError::Data(DataError::Unknown { .. } | DataError::TooFew { .. }) => 2,
                TrainError::Data(_)
                | TrainError::DataChanged { .. }
                | TrainError::DataGone { .. }
                | TrainError::RunInfo { .. }
                | TrainError::Foreign(_)
                | TrainError::Config(_) => 3,
                TrainError::Interrupted(_) => 130,
                TrainError::NonFinite { .. }
                | TrainError::Spoilt { .. }
                | TrainError::Device(_)
                | TrainError::Export(_) => 1,
                TrainError::Store(error) => match error {
                    StoreError::RunExists { .. }
                    | StoreError::NotEmpty { .. }
                    | StoreError::NotARun { .. }
                    | StoreError::SweepExists { .. }
                    | StoreError::NotASweep { .. }
                    | StoreError::NoCheckpoint { .. } => 2,
                    error if error.is_damage() => 3,
                    _ => 1,
                },
            },
            Self::Data(_) => 3,
            Self::Adapter(_) | Self::Other(_) => 1,
            Self::Interrupted => 130,
        }
    }
}

/// The message of an error and of its causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // The message has the system's error already, reworded.
        if error.is::<std::io::Error>() {
            break;
        }
        let text = error.to_string();
        // Some messages end with their cause already.
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        cause = error.source();
    }
    message
}

impl From<Diagnostics> for Failure {
    fn from(faults: Diagnostics) -> Self {
        Self::Config(faults)
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        Self::Error(error)
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Self::Error(error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Error(error.into())
    }
}
