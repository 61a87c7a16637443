//! `[train]`: the loss, the length of the run, and its intervals.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Metric, RegressionLoss};

/// `[train]`: the loss, the length of the run, and the intervals of logs, evaluations and checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// The length of the run in epochs, passes over the training set: the short form of `length`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub epochs: Option<u64>,
    /// The length of the run: `"10 epochs"`, `"2000 steps"`, or `"100000 frames"` (steps of an environment), rounded
    /// up to whole steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Length>,
    /// The loss of a regression; `"squared"` when absent. Not for other tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<RegressionLoss>,
    /// Label smoothing: the probability mass of the target that is spread evenly over all classes (Szegedy et al.
    /// 2016).
    #[serde(default)]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub label_smoothing: f64,
    /// The weights of the classes in the loss: `"balanced"`, a table by class name, or a list in the order of the
    /// classes; all 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<ClassWeights>,
    /// The maximum L2 norm of a network's gradient; larger gradients are scaled down to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub clip_norm: Option<f64>,
    /// Gradient accumulation: batches in one step. Equivalent to a batch that many times as large, except for batch
    /// normalisation, whose statistics are those of a single batch.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub accumulate: usize,
    /// The interval of evaluations on the validation set.
    #[serde(default)]
    pub evaluate_every: Cadence,
    /// The interval of checkpoints; each new best and the last are saved as well.
    #[serde(default)]
    pub checkpoint_every: Cadence,
    /// Steps between two training lines of metrics.jsonl.
    #[serde(default = "default_log_every")]
    #[schemars(range(min = 1))]
    pub log_every: u64,
    /// The number of newest checkpoints to keep, besides the best.
    #[serde(default = "default_keep_last")]
    #[schemars(range(min = 2))]
    pub keep_last: usize,
    /// The metric that selects the best checkpoint: `"accuracy"` or `"loss"` for classification, `"rmse"`, `"mae"`,
    /// `"r2"` or `"loss"` for regression, `"distance"` for a generator; the first of these when absent. Ties go to the
    /// lower loss, then to the earlier step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_by: Option<Metric>,
    /// Early stopping on the validation set; none when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<EarlyStop>,
}

impl TrainConfig {
    /// The length of the run.
    pub fn length(&self) -> Length {
        match (self.length, self.epochs) {
            (Some(length), _) => length,
            (None, epochs) => Length::Every(Cadence::Epochs(epochs.unwrap_or(1))),
        }
    }

    /// The metric that selects the best checkpoint; the default metric as long as the task is undecided.
    pub fn best_by(&self) -> Metric {
        self.best_by.unwrap_or_default()
    }
}

fn one() -> usize {
    1
}

fn default_log_every() -> u64 {
    50
}

fn default_keep_last() -> usize {
    2
}

/// `[train.early_stop]`: early stopping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EarlyStop {
    /// Training stops after this many evaluations in a row without an improvement.
    #[schemars(range(min = 1))]
    pub patience: u64,
    /// The minimum improvement of `best_by`; at 0, an equal result with a lower loss is an improvement, too.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub min_delta: f64,
}

/// An interval: `"1 epoch"`, `"5 epochs"`, `"200 steps"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Passes over the training set.
    Epochs(u64),
    /// Updates of the weights.
    Steps(u64),
}

impl Cadence {
    /// The interval in steps; none for epochs in a task without them.
    pub fn steps(self, steps_per_epoch: Option<u64>) -> Option<u64> {
        match self {
            Self::Epochs(epochs) => Some(epochs.saturating_mul(steps_per_epoch?)),
            Self::Steps(steps) => Some(steps),
        }
    }
}

impl Default for Cadence {
    fn default() -> Self {
        Self::Epochs(1)
    }
}

impl fmt::Display for Cadence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = match self {
            Self::Epochs(count) => (count, "epoch"),
            Self::Steps(count) => (count, "step"),
        };
        write!(f, "{count} {unit}{}", if *count == 1 { "" } else { "s" })
    }
}

impl FromStr for Cadence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let diagnostic = || format!("{text} is not an interval like \"1 epoch\" or \"200 steps\"");
        let (count, unit) = text.split_once(' ').ok_or_else(diagnostic)?;
        let count = count.parse().ok().filter(|count| *count > 0).ok_or_else(diagnostic)?;
        match unit.trim() {
            "epoch" | "epochs" => Ok(Self::Epochs(count)),
            "step" | "steps" => Ok(Self::Steps(count)),
            _ => Err(diagnostic()),
        }
    }
}

impl Serialize for Cadence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cadence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

/// The length of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Epochs or steps.
    Every(Cadence),
    /// Steps of an environment.
    Frames(u64),
}

impl Length {
    /// The number in front of the unit.
    pub fn count(self) -> u64 {
        match self {
            Self::Every(Cadence::Epochs(count) | Cadence::Steps(count)) | Self::Frames(count) => {
                count
            }
        }
    }

    /// The length in steps, rounded up; none for a unit that the task does not have.
    pub fn steps(self, steps_per_epoch: Option<u64>, frames_per_step: Option<u64>) -> Option<u64> {
        match self {
            Self::Every(cadence) => cadence.steps(steps_per_epoch),
            Self::Frames(frames) => Some(frames.div_ceil(frames_per_step?.max(1))),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(cadence) => cadence.fmt(f),
            Self::Frames(1) => f.write_str("1 frame"),
            Self::Frames(count) => write!(f, "{count} frames"),
        }
    }
}

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let frames =
            text.split_once(' ').filter(|(_, unit)| ["frame", "frames"].contains(&unit.trim()));
        let frames = frames.and_then(|(count, _)| count.parse().ok()).filter(|count| *count > 0);
        match frames {
            Some(count) => Ok(Self::Frames(count)),
            None => text.parse().map(Self::Every).map_err(|_: String| {
                format!(
                    "{text} is not a length like \"10 epochs\", \"2000 steps\" or \"100000 frames\""
                )
            }),
        }
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

/// Parses a value from its text. A value of another type is parsed by its TOML, so that the error shows it.
fn parsed<'de, T: FromStr<Err = String>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = toml::Value::deserialize(deserializer)?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().map_err(D::Error::custom)
}

impl JsonSchema for Length {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Length".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A length: \"10 epochs\", \"2000 steps\", \"100000 frames\".",
            "pattern": "^[1-9][0-9]* (epochs?|steps?|frames?)$",
        })
    }
}

impl JsonSchema for Cadence {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cadence".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An interval: \"1 epoch\", \"5 epochs\", \"200 steps\".",
            "pattern": "^[1-9][0-9]* (epochs?|steps?)$",
        })
    }
}

/// The weights of the classes in the loss.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ClassWeights {
    /// `"balanced"`: inversely proportional to the class's share of the training set, 1 on average.
    Named(Balanced),
    /// One weight for each class, in the order that the training prints at its start: folders by name, IDX files by
    /// label.
    Each(Vec<f64>),
    /// Weights by class name; 1 for every other class.
    ByName(BTreeMap<String, f64>),
}

/// The word `"balanced"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Balanced {
    /// Inversely proportional to the class's share of the training set.
    Balanced,
}

impl<'de> Deserialize<'de> for ClassWeights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        match value {
            toml::Value::Table(_) => BTreeMap::deserialize(value).map(Self::ByName),
            toml::Value::Array(_) => Vec::deserialize(value).map(Self::Each),
            _ => Balanced::deserialize(value).map(Self::Named),
        }
        .map_err(|_| {
            D::Error::custom(
                "expected \"balanced\", a table with a number for each class, or a list of numbers",
            )
        })
    }
}
