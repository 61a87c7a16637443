//! `tokenizer.json`: the tokenizer of a run on texts.

use std::io;

use hearth_data::text::Tokenizer;
use hearth_store::{RunDir, StoreError};

use super::info::RunInfo;
use crate::error::TrainError;

/// The file of a run's tokenizer.
const TOKENIZER: &str = "tokenizer.json";

impl RunInfo {
    /// Writes the tokenizer of a run.
    pub fn write_tokenizer(run: &RunDir, tokenizer: &Tokenizer) -> Result<(), TrainError> {
        Ok(run.write_text(TOKENIZER, &tokenizer.to_json())?)
    }

    /// Reads the tokenizer of the run of this record. A run on other samples, and an absent, damaged or exchanged file are
    /// errors.
    pub fn tokenizer(&self, run: &RunDir) -> Result<Tokenizer, TrainError> {
        let checksum = self.tokenizer.as_ref().ok_or_else(|| {
            let name = &self.dataset.name;
            TrainError::Settings(format!("this takes texts, and the run is on {name}"))
        })?;
        let fault = |fault: String| {
            let file = run.path().join(TOKENIZER).display().to_string();
            TrainError::RunInfo { file, fault }
        };
        let text = match run.read_text(TOKENIZER) {
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Err(fault("it is gone".to_owned()));
            }
            text => text?,
        };
        let tokenizer = Tokenizer::from_json(&text).map_err(|error| fault(error.to_string()))?;
        if tokenizer.checksum() != *checksum {
            return Err(fault("it is not the tokenizer that the run was trained with".into()));
        }
        Ok(tokenizer)
    }
}
