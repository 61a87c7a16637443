//! Intervals and lengths of a run, in epochs, steps or frames.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
