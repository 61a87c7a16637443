//! The settings of a recurrent encoder and decoder.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::Checks;

/// `[model] kind = "seq2seq"`: a recurrent encoder of the source and a recurrent decoder of the target, of gated
/// recurrent units (Cho et al. 2014), with attention or without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Seq2seqConfig {
    /// Dimension of a token's embedding.
    #[schemars(range(min = 1, max = 4096))]
    pub embedding: usize,
    /// Units of each recurrent layer, in each direction.
    #[schemars(range(min = 1, max = 4096))]
    pub hidden: usize,
    /// Recurrent layers of the encoder, and of the decoder.
    #[schemars(range(min = 1, max = 8))]
    pub layers: usize,
    /// True if the encoder reads the source in both directions.
    pub bidirectional: bool,
    /// The decoder's access to the source.
    pub attention: AttentionKind,
    /// Dropout probability of embeddings, of recurrent layers' outputs but the last, and of the inputs of the last
    /// layer.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub dropout: f64,
}

/// The decoder's access to the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttentionKind {
    /// The encoder's final state alone, the same at each step (Cho et al. 2014; Sutskever et al. 2014).
    None,
    /// A weighted mean of the encoder's states, weighted by `v . tanh(W q + U k)`, which the recurrence takes in
    /// (Bahdanau, Cho and Bengio 2015).
    #[default]
    Additive,
    /// A weighted mean of the encoder's states, weighted by `q . W k`, behind the recurrence (Luong, Pham and Manning
    /// 2015).
    Dot,
}

impl Default for Seq2seqConfig {
    fn default() -> Self {
        Self {
            embedding: 128,
            hidden: 256,
            layers: 1,
            bidirectional: true,
            attention: AttentionKind::default(),
            dropout: 0.0,
        }
    }
}

impl Seq2seqConfig {
    /// Reports values out of range.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        for (key, width) in [("model.embedding", self.embedding), ("model.hidden", self.hidden)] {
            checks.require(key, width, (1..=4096).contains(&width), "1 to 4096");
        }
        checks.require("model.layers", self.layers, (1..=8).contains(&self.layers), "1 to 8");
        checks.dropout(self.dropout);
    }
}
