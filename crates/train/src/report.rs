//! What an evaluation says, whatever was evaluated.

use serde::Serialize;

use crate::judge::GenerationReport;
use crate::metrics::ClassificationReport;
use crate::scalars::Scalars;

/// Results on one set.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Report {
    /// Of a network that names classes.
    Classification(ClassificationReport),
    /// Of a network that makes pictures.
    Generation(GenerationReport),
}

impl Report {
    /// `train`, `valid` or `test`.
    pub fn split(&self) -> &str {
        match self {
            Self::Classification(report) => &report.split,
            Self::Generation(report) => &report.split,
        }
    }

    /// The results that are logged and compared, by name.
    pub fn scalars(&self) -> Scalars {
        match self {
            Self::Classification(report) => {
                Scalars::new([("loss", report.loss), ("accuracy", report.accuracy)])
            }
            Self::Generation(report) => report.scalars(),
        }
    }
}
