//! Classification: the weights of the classes in the loss, `train.class_weights`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::{Metric, TaskRow};
use crate::checks::Checks;
use crate::syntax::diagnostic::Diagnostic;

/// The task in the table of tasks.
pub(super) const ROW: TaskRow =
    TaskRow { name: "classify", metrics: &[Metric::Accuracy, Metric::Loss] };

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

impl ClassWeights {
    /// Reports values out of range.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        let good = |weight: f64| weight >= 0.0 && weight.is_finite();
        match self {
            Self::Named(_) => {}
            Self::Each(weights) => checks.require(
                "train.class_weights",
                format!("{weights:?}"),
                weights.iter().all(|weight| good(*weight)) && weights.iter().any(|w| *w > 0.0),
                "numbers of 0 or more, not all 0",
            ),
            Self::ByName(weights) => {
                for (class, weight) in weights.iter().filter(|(_, weight)| !good(**weight)) {
                    let location = checks.root.location_of_member("train.class_weights", class);
                    let diagnostic =
                        Diagnostic::new(format!("the weight of class `{class}` is {weight}"));
                    checks
                        .diagnostics
                        .push(diagnostic.at(Some(&location)).help("allowed: 0 or more"));
                }
            }
        }
    }
}
