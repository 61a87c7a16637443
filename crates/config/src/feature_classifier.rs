//! The settings of the classifier whose features generated images are compared by.

use crate::config::Config;
use crate::data::BatchConfig;
use crate::raw::RawConfig;

/// LeNet: small, and trained in a minute.
const SETTINGS: &str = r#"
format = 2
[run]
name = "judge"
seed = 42
[data]
kind = "fashion-mnist"
[model]
kind = "lenet"
[optimizer]
kind = "adamw"
learning_rate = 0.003
weight_decay = 0.05
[schedule]
kind = "one-cycle"
[train]
epochs = 10
"#;

impl Config {
    /// The settings that train a small classifier of the same images, whose features a generator's images are
    /// compared by. It learns from all training images, so that every run on this data has the same features.
    #[must_use]
    pub fn feature_classifier(&self) -> Self {
        let raw = RawConfig::parse("judge.toml", SETTINGS.to_owned());
        let mut config = raw.and_then(|raw| raw.check()).expect("a test reads it");
        config.origin = self.origin.clone();
        config.data_mut().batches =
            BatchConfig { batch_size: 64, valid_samples: 0, ..BatchConfig::default() };
        config.run.threads = self.run.threads;
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_classifier_has_the_same_images_and_settings_of_its_own() {
        let config = RawConfig::parse("judge.toml", SETTINGS.replace("fashion-mnist", "mnist"))
            .and_then(|raw| raw.with_overrides(&["run.seed=7", "data.batch_size=3"])?.check())
            .expect("good");
        let classifier = config.feature_classifier();
        assert_eq!(classifier.data().source, config.data().source);
        assert_eq!((classifier.run.seed, classifier.data().batches.batch_size), (42, 64));
        assert_eq!(classifier.feature_classifier(), classifier);
    }
}
