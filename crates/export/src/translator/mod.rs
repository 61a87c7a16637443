//! Translators: their parameters and their code in PyTorch.

use hearth_config::{AttentionKind, Seq2seqConfig, TransformerConfig, TranslatorConfig};
use hearth_model::outline::{Parameter, translator_parameters};

/// A network from a sequence of tokens to another.
#[derive(Clone, Debug, PartialEq)]
pub struct TranslatorOutline {
    /// Its settings.
    pub config: TranslatorConfig,
    /// The number of tokens.
    pub vocabulary: usize,
}

impl TranslatorOutline {
    /// Its parameters in PyTorch.
    pub fn parameters(&self) -> Vec<Parameter> {
        translator_parameters(&self.config, self.vocabulary)
    }

    /// Python that makes it, as a PyTorch module called `network`.
    pub fn pytorch(&self) -> String {
        let vocabulary = self.vocabulary;
        match &self.config {
            TranslatorConfig::Seq2seq(config) => {
                let Seq2seqConfig { embedding, hidden, layers, .. } = *config;
                let bidirectional = if config.bidirectional { "True" } else { "False" };
                let attention = match config.attention {
                    AttentionKind::None => "none",
                    AttentionKind::Additive => "additive",
                    AttentionKind::Dot => "dot",
                };
                format!(
                    "{}\n\nnetwork = Seq2seq({vocabulary}, {embedding}, {hidden}, {layers}, {bidirectional}, \
                     \"{attention}\")\n",
                    include_str!("seq2seq.py")
                )
            }
            TranslatorConfig::Transformer(config) => {
                let TransformerConfig { width, heads, layers, .. } = *config;
                format!(
                    "{}\n\nnetwork = Transformer({vocabulary}, {width}, {heads}, {layers}, {})\n",
                    include_str!("transformer.py"),
                    config.feed_forward()
                )
            }
        }
    }

    /// Python that translates a text by `network` and the tokenizer in this file, greedily.
    pub fn translate(tokenizer: &str) -> String {
        format!(
            "from tokenizers import Tokenizer\n\ntokenizer = Tokenizer.from_file(\"{tokenizer}\")\n\n\n{}",
            include_str!("translate.py")
        )
    }
}
