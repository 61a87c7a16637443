//! Notes about the samples that the limits of `[data]` leave, where they may surprise the user.

use hearth_config::{BatchConfig, Config, DataConfig, Origin};
use hearth_data::{DataCard, Labels};

use crate::error::TrainError;

/// The largest number of classes that a note names.
const MAX_NAMED: usize = 10;

/// Notes and warnings for the user about the splits, in sentences. Early stopping without a validation set is an error.
pub(crate) fn notes(
    config: &Config,
    labels: Labels,
    data: &DataCard,
) -> Result<Vec<String>, TrainError> {
    let Origin::Data(DataConfig { batches, .. }) = &config.origin else { return Ok(Vec::new()) };
    let mut notes = Vec::new();
    let is_default = [0, BatchConfig::default().valid_samples].contains(&batches.valid_samples);
    if let Some(valid) = data.layout.as_ref().and_then(|layout| layout.valid.as_ref())
        && !is_default
    {
        notes.push(format!(
            "data.valid_samples = {} is not used: {} is the validation set",
            batches.valid_samples,
            valid.display()
        ));
    }
    if labels == Labels::Needed {
        if config.train.early_stop.is_some() && data.samples[1] == 0 {
            return Err(TrainError::Settings(
                "early stopping watches the validation set, and there is none: set data.valid_samples, or add \
                 a folder valid/"
                    .into(),
            ));
        }
        notes.extend(untrained(batches, data));
    }
    Ok(notes)
}

/// A warning about classes without training samples, if there are any.
fn untrained(batches: &BatchConfig, data: &DataCard) -> Option<String> {
    let classes = data.classes.iter().zip(&data.class_counts);
    let lacking = classes.filter(|(_, [train, ..])| *train == 0);
    let lacking: Vec<&str> = lacking.map(|(class, _)| class.as_str()).collect();
    if lacking.is_empty() {
        return None;
    }
    let key = match batches {
        BatchConfig { overfit_batches: Some(_), .. } => "overfit_batches",
        BatchConfig { limit_train: Some(_), .. } => "limit_train",
        _ => "valid_samples",
    };
    let named = lacking[..lacking.len().min(MAX_NAMED)].join(", ");
    let more = match lacking.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let unit = if data.dims.is_some() { "image" } else { "row" };
    Some(format!(
        "warning: {} of {} classes have no training {unit}, for data.{key} leaves {} {unit}s: {named}{more}",
        lacking.len(),
        data.classes.len(),
        data.samples[0]
    ))
}
