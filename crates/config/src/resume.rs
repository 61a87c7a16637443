//! The settings that a resumed run may change.

use toml::Value;

use crate::config::Config;
use crate::paths::means_same;
use crate::raw::RawConfig;
use crate::syntax::diagnostic::{Diagnostic, Diagnostics};

impl RawConfig {
    /// Checks that `config`, made from these settings, can resume a run that was trained as `stored`. Any difference
    /// but in the settings that a resumed run may change is an error.
    pub fn check_resume(&self, config: &Config, stored: &Config) -> Result<(), Diagnostics> {
        let mut config = config.clone();
        if let (None, Some(task)) = (config.task, stored.task) {
            config.decide_task(task.kind)?;
        }
        let (new, old) = (config.flatten(), stored.flatten());
        let paths: Vec<_> = config.paths().into_iter().chain(stored.paths()).collect();
        let is_path = |key: &str| paths.iter().any(|(path, _)| *path == key);
        let keys = new.keys().chain(old.keys().filter(|key| !new.contains_key(*key)));
        let diagnostics: Vec<_> = keys
            .filter(|key| {
                let (new, old) = (new.get(*key), old.get(*key));
                new != old && !(is_path(key) && (key.starts_with("data.") || are_same(new, old)))
            })
            .filter(|key| {
                !RESUME_MAY_CHANGE
                    .iter()
                    .any(|free| key == free || key.starts_with(&format!("{free}.")))
            })
            .map(|key| {
                let show = |value: Option<&Value>| value.map_or("absent".into(), Value::to_string);
                let message = format!(
                    "a resumed run cannot change `{key}` from {} to {}",
                    show(old.get(key)),
                    show(new.get(key)),
                );
                Diagnostic::new(message)
                    .at(Some(&self.location_of(key)))
                    .help(
                        "keep the run's value, or train a new run; train.epochs or train.length, intervals and paths \
                         may change",
                    )
            })
            .collect();
        if diagnostics.is_empty() { Ok(()) } else { Err(Diagnostics(diagnostics)) }
    }
}

/// True if two settings are paths of the same file.
fn are_same(new: Option<&Value>, old: Option<&Value>) -> bool {
    match (new, old) {
        (Some(Value::String(new)), Some(Value::String(old))) => means_same(old, new),
        _ => false,
    }
}

/// The settings that a resumed run may change, besides the paths of its data. Data and feature classifiers may have
/// moved: their checksums identify them.
const RESUME_MAY_CHANGE: [&str; 11] = [
    "train.epochs",
    "train.length",
    "train.evaluate_every",
    "train.checkpoint_every",
    "train.log_every",
    "train.keep_last",
    "train.early_stop",
    "run.threads",
    "run.precision",
    "run.report",
    "evaluate.classifier",
];
