//! The settings of a multilayer perceptron.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Activation, DropoutRates, Initializer, NetworkSettings};
use crate::checks::Checks;

/// `[model] kind = "mlp"`: a multilayer perceptron; softmax or linear regression without hidden layers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MlpConfig {
    /// Widths of the hidden layers; empty for softmax or linear regression.
    #[schemars(inner(range(min = 1)))]
    pub hidden: Vec<usize>,
    /// The activation function between linear layers.
    #[serde(default)]
    pub activation: Activation,
    /// Dropout probability of hidden units: one number for all hidden layers, or a list with one for each.
    #[serde(default)]
    pub dropout: DropoutRates,
    /// The distribution of the initial weights. Biases start at zero.
    #[serde(default)]
    pub initializer: Initializer,
    /// Dimension of the embedding of each category of a table; one-hot encoding when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4096))]
    pub embedding: Option<usize>,
}

impl NetworkSettings for MlpConfig {
    fn initializer(&self) -> Initializer {
        self.initializer
    }

    fn check(&self, checks: &mut Checks<'_>) {
        checks.hidden(&self.hidden);
        if let Some(width) = self.embedding {
            checks.require("model.embedding", width, (1..=4096).contains(&width), "1 to 4096");
        }
        for dropout in self.dropout.per_layer(1) {
            checks.require("model.dropout", dropout, (0.0..1.0).contains(&dropout), "0 to below 1");
        }
        if let DropoutRates::Each(each) = &self.dropout {
            let (wanted, found) = (self.hidden.len(), each.len());
            checks.contradiction(
                wanted != found,
                "model.dropout",
                &format!("`model.dropout` lists {found} layers, and `model.hidden` has {wanted}"),
            );
        }
        checks.contradiction(
            self.hidden.is_empty()
                && matches!(self.dropout, DropoutRates::Same(share) if share > 0.0),
            "model.dropout",
            "`model.dropout` drops hidden units, and `model.hidden` is empty",
        );
        checks.contradiction(
            self.hidden.is_empty()
                && self.activation != Activation::default()
                && self.activation != Activation::None,
            "model.activation",
            "`model.activation` follows hidden layers, and `model.hidden` is empty",
        );
    }
}
