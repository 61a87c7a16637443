//! Checked settings, and their TOML.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use toml::Value;

use crate::data::{AugmentConfig, DataConfig};
use crate::environments::EnvironmentConfig;
use crate::models::ModelConfig;
use crate::sections::{OptimizerConfig, RunConfig, ScheduleConfig, TrainConfig};
use crate::syntax::text::{one_line, toml_key};
use crate::tasks::{AdversarialConfig, AlgorithmConfig, AlgorithmKind, EvaluateConfig, TaskConfig};

/// The newest version of the config format: the one that is written. Earlier ones are read as well.
pub const FORMAT: u32 = 2;

/// The settings of a run: a TOML config, checked.
///
/// [`RawConfig::check`](crate::RawConfig::check) makes one, and [`Config::feature_classifier`] another of it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false), description = "The settings of a run.")]
#[non_exhaustive]
pub struct Config {
    /// The version of the config format: 2, or 1 in configs of earlier releases.
    #[schemars(range(min = 1, max = 2))]
    pub format: u32,
    /// The run's name, seed, threads, precision and report.
    pub run: RunConfig,
    /// The origin of the samples: `[data]` or `[environment]`.
    #[serde(flatten)]
    pub origin: Origin,
    /// Random augmentation of the training images; none when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub augment: Option<AugmentConfig>,
    /// The task. When absent, it follows from the model's kind; for a table, from the type of the target column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskConfig>,
    /// The network to train.
    pub model: ModelConfig,
    /// The algorithm of reinforcement learning, for an agent in an environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<AlgorithmConfig>,
    /// Adversarial training of a generator and a discriminator: for `model.kind` `"dcgan"` and `"mlp-gan"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adversarial: Option<AdversarialConfig>,
    /// The optimiser and its hyperparameters.
    pub optimizer: OptimizerConfig,
    /// The learning rate schedule; constant when absent.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// The loss, the length of the run, and the intervals of logs, evaluations and checkpoints.
    pub train: TrainConfig,
    /// Evaluation of generated images: for `model.kind` `"dcgan"` and `"mlp-gan"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluate: Option<EvaluateConfig>,
}

/// The origin of the samples: a data set or a simulated environment.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "a process has few of them")]
pub enum Origin {
    /// The data set, its split and its batches.
    Data(DataConfig),
    /// The environments that an agent learns in.
    Environment(EnvironmentConfig),
}

const NO_DATA: &str = "an agent in an environment has no data set";

impl Config {
    /// The data set of a task that learns from one.
    ///
    /// # Panics
    ///
    /// For an agent, which learns in an environment.
    pub fn data(&self) -> &DataConfig {
        match &self.origin {
            Origin::Data(data) => data,
            Origin::Environment(_) => panic!("{NO_DATA}"),
        }
    }

    /// The data set of a task that learns from one, to change.
    ///
    /// # Panics
    ///
    /// For an agent, which learns in an environment.
    pub fn data_mut(&mut self) -> &mut DataConfig {
        match &mut self.origin {
            Origin::Data(data) => data,
            Origin::Environment(_) => panic!("{NO_DATA}"),
        }
    }

    /// The samples of a batch.
    pub fn batch_size(&self) -> usize {
        match (&self.origin, &self.algorithm) {
            (Origin::Data(data), _) => data.batches.batch_size,
            (Origin::Environment(_), Some(algorithm)) => {
                let AlgorithmKind::Ppo(ppo) = &algorithm.kind;
                ppo.batch_size
            }
            (Origin::Environment(_), None) => unreachable!("an agent has an algorithm"),
        }
    }

    /// The settings as TOML, which reads as the same settings.
    pub fn to_toml(&self) -> String {
        self.to_text(|_| None)
    }

    /// The settings by their dotted paths.
    pub(crate) fn flatten(&self) -> BTreeMap<String, Value> {
        let mut flat = BTreeMap::new();
        let mut open = vec![(String::new(), self.to_value())];
        while let Some((path, value)) = open.pop() {
            match value {
                Value::Table(table) => {
                    open.extend(table.into_iter().map(|(key, value)| (join(&path, &key), value)));
                }
                leaf => drop(flat.insert(path, leaf)),
            }
        }
        flat
    }

    /// The settings in which configs differ: dotted path to each config's value as TOML, or to none where a config has
    /// no such setting. `run.name` is left out.
    pub fn differences(configs: &[&Self]) -> BTreeMap<String, Vec<Option<String>>> {
        let flat: Vec<_> = configs.iter().map(|config| config.flatten()).collect();
        let paths: BTreeSet<&String> = flat.iter().flat_map(BTreeMap::keys).collect();
        let values = paths.into_iter().filter(|path| *path != "run.name").map(|path| {
            let values = flat.iter().map(|flat| flat.get(path).map(Value::to_string));
            (path.clone(), values.collect::<Vec<_>>())
        });
        values.filter(|(_, values)| values.windows(2).any(|pair| pair[0] != pair[1])).collect()
    }

    fn to_value(&self) -> Value {
        Value::try_from(self).expect("settings are strings, numbers, lists and tables")
    }

    /// TOML in the order of the structs, each line with the comment that `comment` returns for its dotted path.
    pub(crate) fn to_text(&self, comment: impl Fn(&str) -> Option<String>) -> String {
        let mut text = String::new();
        let Value::Table(root) = self.to_value() else { return text };
        write_table(&mut text, "", &root, &comment);
        text
    }
}

fn write_table(
    text: &mut String,
    path: &str,
    table: &toml::Table,
    comment: &impl Fn(&str) -> Option<String>,
) {
    for (key, value) in table.iter().filter(|(_, value)| !value.is_table()) {
        let line = format!("{} = {value}", toml_key(key));
        // Writing to a string cannot fail.
        let _ = match comment(&join(path, key)) {
            Some(comment) => writeln!(text, "{line:<32} # {}", one_line(&comment)),
            None => writeln!(text, "{line}"),
        };
    }
    for (key, value) in table {
        if let Value::Table(members) = value {
            let path = join(path, key);
            let _ = writeln!(text, "\n[{path}]");
            write_table(text, &path, members, comment);
        }
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.into() } else { format!("{path}.{key}") }
}

/// The JSON Schema of a config, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Config).to_value()
}

#[cfg(test)]
mod tests {
    use crate::{Config, RawConfig};

    #[test]
    fn only_what_differs_is_told() {
        let with = |overrides: &[&str]| {
            let raw = RawConfig::read("../../configs/mlp.toml".as_ref()).expect("it is there");
            raw.with_overrides(overrides).expect("TOML").check().expect("good")
        };
        let first = with(&["run.name=a"]);
        let second = with(&["run.name=b", "model.hidden=[3]", "schedule.kind=constant"]);
        assert!(Config::differences(&[&first, &first]).is_empty());
        let found = Config::differences(&[&first, &second]);
        let value = |text: &str| Some(text.to_owned());
        assert_eq!(found["model.hidden"], [value("[256]"), value("[3]")]);
        assert_eq!(found["schedule.kind"], [value("\"cosine\""), value("\"constant\"")]);
        assert_eq!(found["schedule.final_ratio"], [value("0.0"), None]);
        assert_eq!(found.len(), 3, "{found:?}");
    }
}
