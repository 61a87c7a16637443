//! The settings of a transformer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::Checks;

/// `[model] kind = "transformer"`: an encoder and a decoder of self-attention (Vaswani et al. 2017), with
/// normalisation in front of each part (Xiong et al. 2020). Source, target and output share the embeddings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TransformerConfig {
    /// Dimension of a token's vector; a multiple of `heads`.
    #[schemars(range(min = 2, max = 4096))]
    pub width: usize,
    /// Attention heads of each layer.
    #[schemars(range(min = 1, max = 64))]
    pub heads: usize,
    /// Layers of the encoder, and of the decoder.
    #[schemars(range(min = 1, max = 24))]
    pub layers: usize,
    /// Hidden units of the feed-forward part of each layer; 4 times `width` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 16_384))]
    pub feed_forward: Option<usize>,
    /// Dropout probability of embeddings and of each part's output.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub dropout: f64,
}

impl Default for TransformerConfig {
    fn default() -> Self {
        Self { width: 128, heads: 4, layers: 2, feed_forward: None, dropout: 0.1 }
    }
}

impl TransformerConfig {
    /// Hidden units of the feed-forward part of each layer.
    pub fn feed_forward(&self) -> usize {
        self.feed_forward.unwrap_or(4 * self.width)
    }

    /// Reports values out of range.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        let Self { width, heads, layers, .. } = *self;
        checks.require("model.width", width, (2..=4096).contains(&width), "2 to 4096");
        checks.require("model.heads", heads, (1..=64).contains(&heads), "1 to 64");
        checks.require("model.layers", layers, (1..=24).contains(&layers), "1 to 24");
        let units = self.feed_forward();
        checks.require("model.feed_forward", units, (1..=16_384).contains(&units), "1 to 16384");
        checks.dropout(self.dropout);
        checks.contradiction(
            heads > 0 && width % heads != 0,
            "model.heads",
            &format!("`model.width` is {width}, which {heads} heads cannot share equally"),
        );
    }
}
