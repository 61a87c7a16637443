//! Intervals and lengths of a run, in epochs, steps or frames.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An interval or a length: `"5 epochs"`, `"200 steps"`, `"100000 frames"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Passes over the training set.
    Epochs(u64),
    /// Training steps.
    Steps(u64),
    /// Steps of an environment.
    Frames(u64),
}

/// The units of time of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeUnits {
    /// Steps in an epoch; None without a training set.
    pub steps_per_epoch: Option<u64>,
    /// Environment steps in a training step; None without an environment.
    pub frames_per_step: Option<u64>,
}

impl Cadence {
    /// The number in front of the unit.
    pub fn count(self) -> u64 {
        let (Self::Epochs(count) | Self::Steps(count) | Self::Frames(count)) = self;
        count
    }

    /// The interval in steps, rounded up; none for a unit that the task does not have.
    pub fn steps(self, units: TimeUnits) -> Option<u64> {
        match self {
            Self::Epochs(epochs) => Some(epochs.saturating_mul(units.steps_per_epoch?)),
            Self::Steps(steps) => Some(steps),
            Self::Frames(frames) => Some(frames.div_ceil(units.frames_per_step?.max(1))),
        }
    }

    /// A tenth of it, and at least one.
    #[must_use]
    pub fn tenth(self) -> Self {
        let tenth = |count: u64| count.div_ceil(10);
        match self {
            Self::Epochs(count) => Self::Epochs(tenth(count)),
            Self::Steps(count) => Self::Steps(tenth(count)),
            Self::Frames(count) => Self::Frames(tenth(count)),
        }
    }

    /// The unit, in the plural.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Epochs(_) => "epochs",
            Self::Steps(_) => "steps",
            Self::Frames(_) => "frames",
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
        let unit = if self.count() == 1 { self.unit().trim_end_matches('s') } else { self.unit() };
        write!(f, "{} {unit}", self.count())
    }
}

impl FromStr for Cadence {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || {
            format!(
                "{text} is not a number with a unit, like \"10 epochs\", \"2000 steps\" or \"100000 frames\""
            )
        };
        let (count, unit) = text.split_once(' ').ok_or_else(fault)?;
        let count = count.parse().ok().filter(|count| *count > 0).ok_or_else(fault)?;
        match unit.trim() {
            "epoch" | "epochs" => Ok(Self::Epochs(count)),
            "step" | "steps" => Ok(Self::Steps(count)),
            "frame" | "frames" => Ok(Self::Frames(count)),
            _ => Err(fault()),
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
        // A value of another type is parsed by its TOML, so that the error shows it.
        let value = toml::Value::deserialize(deserializer)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Cadence {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cadence".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An interval or a length: \"1 epoch\", \"200 steps\", \"100000 frames\".",
            "pattern": "^[1-9][0-9]* (epochs?|steps?|frames?)$",
        })
    }
}
