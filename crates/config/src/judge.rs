//! The classifier that made pictures are judged by.

use crate::config::Config;
use crate::raw::RawConfig;
use crate::sections::BatchConfig;

/// LeNet: small, and trained in a minute.
const JUDGE: &str = r#"
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
    /// The settings that train a small classifier of the same pictures, whatever else these settings
    /// are: it learns from all training pictures, so that every run on this data has the same judge.
    #[must_use]
    pub fn judge(&self) -> Self {
        let judge = RawConfig::parse("judge.toml", JUDGE.to_owned()).and_then(|raw| raw.check());
        let mut judge = judge.expect("a test reads it");
        judge.data = self.data.clone();
        judge.data.batches =
            BatchConfig { batch_size: 64, valid_samples: 0, ..BatchConfig::default() };
        judge.run.threads = self.run.threads;
        judge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_has_the_same_pictures_and_settings_of_its_own() {
        let judged = RawConfig::parse("judge.toml", JUDGE.replace("fashion-mnist", "mnist"))
            .and_then(|raw| raw.with_overrides(&["run.seed=7", "data.batch_size=3"])?.check())
            .expect("good");
        let judge = judged.judge();
        assert_eq!(judge.data.source, judged.data.source);
        assert_eq!((judge.run.seed, judge.data.batches.batch_size), (42, 64));
        assert_eq!(judge.judge(), judge);
    }
}
