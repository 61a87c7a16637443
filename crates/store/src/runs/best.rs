//! `best.json`: the best checkpoint.

use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::{RunDir, StoreError, disk::Context};

const NAME: &str = "best.json";

/// The best checkpoint and its validation results. It follows from the metrics, and is rebuilt from them when it is
/// absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// The checkpoint's step.
    pub step: u64,
    /// The metric that selected it: `accuracy`, `loss`, ...
    pub metric: String,
    /// The value of that metric, which is finite.
    pub value: f64,
    /// The loss that breaks ties, where there is one; earlier versions did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
}

impl RunDir {
    /// Writes `best.json`. A value that is not finite is an error: no checkpoint is best by it.
    pub fn write_best(&self, best: &Best) -> Result<(), StoreError> {
        let fault = |fault: String| StoreError::Encode { what: NAME, fault };
        if !best.value.is_finite() {
            return Err(fault(format!("its {} is {}", best.metric, best.value)));
        }
        let text = serde_json::to_string_pretty(best).map_err(|error| fault(error.to_string()))?;
        self.write_text(NAME, &format!("{text}\n"))
    }

    /// Reads `best.json`; none when it is absent.
    pub fn read_best(&self) -> Result<Option<Best>, StoreError> {
        let file = self.path().join(NAME);
        let bytes = match fs::read(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes.context("read", &file)?,
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| StoreError::Unreadable {
            file,
            fault: format!("{error}. Remove it: it is rebuilt from the metrics"),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn the_best_is_read_back_exactly() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let run = RunDir::create(folder.path())?;
        assert_eq!(run.read_best()?, None);
        let best =
            Best { step: 2350, metric: "accuracy".to_owned(), value: 0.1 + 0.2, loss: Some(0.3) };
        run.write_best(&best)?;
        assert_eq!(run.read_best()?, Some(best.clone()));
        run.write_text(NAME, r#"{"step": 3, "metric": "valid accuracy", "value": 0.5}"#)?;
        assert_eq!(run.read_best()?.and_then(|best| best.loss), None, "of an earlier version");
        run.write_best(&best)?;

        let error = run.write_best(&Best { value: f64::NAN, ..best.clone() });
        assert!(matches!(error, Err(StoreError::Encode { .. })));
        assert_eq!(run.read_best()?, Some(best), "an error changes nothing");

        run.write_text(NAME, "{\"step\": 1")?;
        assert!(run.read_best().expect_err("it is torn").to_string().contains("Remove it"));
        Ok(())
    }
}
