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
    /// The positions that are added to the embeddings.
    pub positions: PositionKind,
    /// Vectors of the table of learned positions; 256 when absent. A training text with its special token is at most as
    /// long; in other texts, all later tokens share the last vector. Not for sinusoidal positions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 16_384))]
    pub max_positions: Option<usize>,
    /// Dropout probability of embeddings and of each part's output.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub dropout: f64,
}

/// The positions of tokens, which are added to their embeddings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PositionKind {
    /// Fixed sines and cosines of the position (Vaswani et al. 2017, section 3.5).
    #[default]
    Sinusoidal,
    /// A learned vector for each position, the same for source and target (Gehring et al. 2017).
    Learned,
}

/// Vectors of the table of learned positions.
const MAX_POSITIONS: usize = 256;

impl Default for TransformerConfig {
    fn default() -> Self {
        Self {
            width: 128,
            heads: 4,
            layers: 2,
            feed_forward: None,
            positions: PositionKind::default(),
            max_positions: None,
            dropout: 0.1,
        }
    }
}

impl TransformerConfig {
    /// Hidden units of the feed-forward part of each layer.
    pub fn feed_forward(&self) -> usize {
        self.feed_forward.unwrap_or(4 * self.width)
    }

    /// Vectors of the table of learned positions; none for sinusoidal positions.
    pub fn learned_positions(&self) -> Option<usize> {
        (self.positions == PositionKind::Learned)
            .then(|| self.max_positions.unwrap_or(MAX_POSITIONS))
    }

    /// Reports values out of range.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        let Self { width, heads, layers, .. } = *self;
        checks.require("model.width", width, (2..=4096).contains(&width), "2 to 4096");
        checks.require("model.heads", heads, (1..=64).contains(&heads), "1 to 64");
        checks.require("model.layers", layers, (1..=24).contains(&layers), "1 to 24");
        let units = self.feed_forward();
        checks.require("model.feed_forward", units, (1..=16_384).contains(&units), "1 to 16384");
        if let Some(most) = self.max_positions {
            let key = "model.max_positions";
            checks.require(key, most, (2..=16_384).contains(&most), "2 to 16384");
            checks.contradiction(
                self.positions == PositionKind::Sinusoidal,
                key,
                "`model.max_positions` is for learned positions, and `model.positions` is \"sinusoidal\"",
            );
        }
        checks.dropout(self.dropout);
        checks.contradiction(
            heads > 0 && width % heads != 0,
            "model.heads",
            &format!("`model.width` is {width}, which {heads} heads cannot share equally"),
        );
    }
}
