//! `[model]`: the network.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// `[model]`: the network, by `kind`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[schemars(extend("unevaluatedProperties" = false))]
pub enum ModelConfig {
    /// A multilayer perceptron; softmax regression when `hidden` is empty.
    Mlp(MlpConfig),
}

/// `[model] kind = "mlp"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MlpConfig {
    /// Widths of the hidden layers; empty for softmax regression.
    #[schemars(inner(range(min = 1)))]
    pub hidden: Vec<usize>,
    /// What stands between the linear layers.
    #[serde(default)]
    pub activation: Activation,
    /// The share of hidden units that a training step drops: one number, or one for each hidden layer.
    #[serde(default)]
    pub dropout: Dropout,
    /// The distribution of the initial weights. Biases start at zero.
    #[serde(default)]
    pub initializer: Initializer,
}

/// The non-linear function between two linear layers.
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
    /// Nothing: the network is one linear map, however deep.
    None,
}

/// The distribution of the initial weights of a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Initializer {
    /// Normal with variance `2 / inputs` (He et al. 2015), for ReLU.
    #[default]
    He,
    /// Uniform with variance `2 / (inputs + outputs)` (Glorot and Bengio 2010), for sigmoid and tanh.
    Xavier,
    /// Normal with standard deviation 0.01, as in *Dive into Deep Learning*.
    Normal,
}

/// Dropout probabilities of the hidden layers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Dropout {
    /// The same for every hidden layer.
    Same(f64),
    /// One for each hidden layer.
    Each(Vec<f64>),
}

impl Default for Dropout {
    fn default() -> Self {
        Self::Same(0.0)
    }
}

impl Dropout {
    /// One probability for each of `layers` hidden layers.
    pub fn per_layer(&self, layers: usize) -> Vec<f64> {
        match self {
            Self::Same(probability) => vec![*probability; layers],
            Self::Each(probabilities) => probabilities.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Dropout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        f64::deserialize(value.clone())
            .map(Self::Same)
            .or_else(|_| Vec::deserialize(value).map(Self::Each))
            .map_err(|_| D::Error::custom("expected a number or a list of numbers"))
    }
}
