//! Settings of layers, which networks share.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// The pooling of a window of pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Max pooling.
    #[default]
    Max,
    /// Average pooling.
    Average,
}

/// The activation function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(0, x)`.
    #[default]
    Relu,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// `x Phi(x)` (Hendrycks and Gimpel 2016), with the error function.
    Gelu,
    /// The identity: a network of linear layers is one linear map, however deep.
    None,
}

/// The distribution of the initial weights of a layer.
///
/// `fan_in` and `fan_out` of a convolution are its input and output channels times the area of its kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Initializer {
    /// Normal with variance `2 / fan_in` (He et al. 2015), for ReLU.
    #[default]
    He,
    /// Uniform with variance `2 / (fan_in + fan_out)` (Glorot and Bengio 2010), for sigmoid and tanh.
    Xavier,
    /// Normal with standard deviation 0.01, as in *Dive into Deep Learning*.
    Normal,
}

/// Dropout probabilities of the hidden layers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Dropout")]
pub enum DropoutRates {
    /// One probability for all hidden layers.
    Same(f64),
    /// One probability for each hidden layer.
    Each(Vec<f64>),
}

impl Default for DropoutRates {
    fn default() -> Self {
        Self::Same(0.0)
    }
}

impl DropoutRates {
    /// One probability for each of `layers` hidden layers.
    pub fn per_layer(&self, layers: usize) -> Vec<f64> {
        match self {
            Self::Same(probability) => vec![*probability; layers],
            Self::Each(probabilities) => probabilities.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for DropoutRates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        f64::deserialize(value.clone())
            .map(Self::Same)
            .or_else(|_| Vec::deserialize(value).map(Self::Each))
            .map_err(|_| D::Error::custom("expected a number or a list of numbers"))
    }
}
