//! The translator: any of the networks from a sequence of tokens to another.

use burn::module::Module;
use burn::tensor::Device;
use hearth_config::TranslatorConfig;
use hearth_kernels::{Lengths, Tokens};

use crate::ForwardContext;
use crate::init::{Distribution, ParamInit};
use crate::networks::seq2seq::Seq2seq;
use crate::networks::transformer::Transformer;
use crate::outline::{Parameter, translator_parameters};
use crate::sequence::{Decoded, DecoderState, Encoding};

/// A network that encodes a source sequence, and decodes a target sequence.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
#[derive(Module, Debug)]
pub enum Translator {
    /// A recurrent encoder and decoder.
    Seq2seq(Seq2seq),
    /// An encoder and a decoder of self-attention.
    Transformer(Transformer),
}

impl Translator {
    /// The network that `config` describes, for a vocabulary of this size. Its initial weights follow from `seed`, and
    /// are the same on every device.
    pub fn new(config: &TranslatorConfig, vocabulary: usize, seed: u64, device: &Device) -> Self {
        let mut init = ParamInit::new(Distribution::LeCun, seed, device);
        let network = match config {
            TranslatorConfig::Seq2seq(config) => {
                Self::Seq2seq(Seq2seq::new(config, vocabulary, &mut init))
            }
            TranslatorConfig::Transformer(config) => {
                Self::Transformer(Transformer::new(config, vocabulary, &mut init))
            }
        };
        init.finish(network)
    }

    /// The parameters of the network that `config` describes by their names in PyTorch, for exports.
    pub fn parameters(config: &TranslatorConfig, vocabulary: usize) -> Vec<Parameter> {
        translator_parameters(config, vocabulary)
    }

    /// Encodes sources `[batch, sources]` of these lengths: the encoding, and the decoder's state before the first
    /// token.
    pub fn encode(
        &self,
        tokens: &Tokens,
        lengths: &Lengths,
        context: &mut ForwardContext,
    ) -> (Encoding, DecoderState) {
        match self {
            Self::Seq2seq(network) => network.encode(tokens, lengths, context),
            Self::Transformer(network) => network.encode(tokens, lengths, context),
        }
    }

    /// Decodes the next tokens `[batch, targets]` from a state: several before the first step, or one more. The logits of
    /// a token depend on it and those before it only.
    ///
    /// # Panics
    ///
    /// If encoding or state are of another network.
    pub fn decode(
        &self,
        encoding: &Encoding,
        state: DecoderState,
        tokens: &Tokens,
        context: &mut ForwardContext,
    ) -> Decoded {
        match self {
            Self::Seq2seq(network) => network.decode(encoding, state, tokens, context),
            Self::Transformer(network) => network.decode(encoding, state, tokens, context),
        }
    }
}

#[cfg(test)]
mod tests {
    use hearth_config::{PositionKind, Seq2seqConfig, TransformerConfig};

    use super::*;
    use crate::networks::{Stage, assert_documented, assert_stages};

    /// Asserts that the network of a vocabulary of 30 has the stages of its file's table, on three sources of 5 and
    /// targets of 4 tokens.
    fn assert_table(source: &str, config: &TranslatorConfig, stages: &[Stage], parameters: usize) {
        assert_documented(source, 0, stages, parameters);
        let network = Translator::new(config, 30, 1, &Device::flex());
        let mut context = ForwardContext::traced();
        let tokens = |count| Tokens::new(vec![4; 3 * count], [3, count]);
        let (encoding, state) = network.encode(&tokens(5), &Lengths::full(3, 5), &mut context);
        network.decode(&encoding, state, &tokens(4), &mut context);
        assert_stages(&network, context, stages, parameters);
    }

    #[test]
    fn a_recurrent_network_has_the_stages_of_its_table() {
        let config = Seq2seqConfig { embedding: 8, hidden: 16, ..Seq2seqConfig::default() };
        let stages: [Stage; 7] = [
            ("source", [3, 8, 5, 1], 240),
            ("encoder.0", [3, 32, 5, 1], 2496),
            ("bridge", [3, 16, 1, 1], 528),
            ("target", [3, 8, 4, 1], 240),
            ("decoder.first", [3, 16, 4, 1], 3568),
            ("readout", [3, 8, 4, 1], 456),
            ("output", [3, 30, 4, 1], 270),
        ];
        let source = include_str!("networks/seq2seq.rs");
        assert_table(source, &TranslatorConfig::Seq2seq(config), &stages, 7798);
    }

    #[test]
    fn a_transformer_has_the_stages_of_its_table() {
        let sizes = TransformerConfig { width: 8, heads: 2, layers: 1, ..Default::default() };
        let config = TransformerConfig { feed_forward: Some(16), ..sizes };
        let stages: [Stage; 5] = [
            ("embedding", [3, 8, 5, 1], 240),
            ("encoder.0", [3, 8, 5, 1], 600),
            ("encoder_norm", [3, 8, 5, 1], 16),
            ("decoder.0", [3, 8, 4, 1], 904),
            ("decoder_norm", [3, 8, 4, 1], 16),
        ];
        let source = include_str!("networks/transformer.rs");
        assert_table(source, &TranslatorConfig::Transformer(config), &stages, 1776);
    }

    #[test]
    fn learned_positions_are_a_table_of_their_own() {
        let sizes = TransformerConfig { width: 8, heads: 2, layers: 1, ..Default::default() };
        let sizes = TransformerConfig { feed_forward: Some(16), ..sizes };
        let learned = TransformerConfig {
            positions: PositionKind::Learned,
            max_positions: Some(6),
            ..sizes.clone()
        };
        let shapes = |config| {
            let config = TranslatorConfig::Transformer(config);
            crate::params::shapes(&Translator::new(&config, 30, 1, &Device::flex()))
        };
        let (sinusoidal, mut learned) = (shapes(sizes), shapes(learned));
        learned.retain(|(path, shape)| path != "positions.weight" || shape[..] != [6, 8]);
        assert_eq!(learned, sinusoidal);
    }
}
