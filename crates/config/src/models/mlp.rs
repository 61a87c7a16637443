//! The multilayer perceptron.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Activation, Dropout, Initializer, Network};
use crate::checks::Checks;

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
    /// Width of the learned vector of each category of a table; one-hot codes without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4096))]
    pub embedding: Option<usize>,
}

impl Network for MlpConfig {
    fn initializer(&self) -> Initializer {
        self.initializer
    }

    fn check(&self, checks: &mut Checks<'_>) {
        checks.hidden(&self.hidden);
        if let Some(width) = self.embedding {
            checks.that("model.embedding", width, (1..=4096).contains(&width), "1 to 4096");
        }
        for dropout in self.dropout.per_layer(1) {
            checks.that("model.dropout", dropout, (0.0..1.0).contains(&dropout), "0 to below 1");
        }
        if let Dropout::Each(each) = &self.dropout {
            let (wanted, found) = (self.hidden.len(), each.len());
            checks.contradiction(
                wanted != found,
                "model.dropout",
                &format!("`model.dropout` lists {found} layers, and `model.hidden` has {wanted}"),
            );
        }
        checks.contradiction(
            self.hidden.is_empty() && matches!(self.dropout, Dropout::Same(share) if share > 0.0),
            "model.dropout",
            "`model.dropout` drops hidden units, and `model.hidden` is empty",
        );
        checks.contradiction(
            self.hidden.is_empty()
                && self.activation != Activation::default()
                && self.activation != Activation::None,
            "model.activation",
            "`model.activation` stands behind hidden layers, and `model.hidden` is empty",
        );
    }
}
