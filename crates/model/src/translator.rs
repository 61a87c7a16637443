//! The translator: any of the networks from a sequence of tokens to another.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use hearth_config::TranslatorConfig;
use hearth_kernels::{Lengths, Tokens};

use crate::ForwardContext;
use crate::init::{Distribution, ParamInit};
use crate::networks::seq2seq::Seq2seq;
use crate::networks::transformer::{KeysAndValues, Transformer};

/// A network that encodes a source sequence, and decodes a target sequence.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a run")]
#[derive(Module, Debug)]
pub enum Translator {
    /// A recurrent encoder and decoder.
    Seq2seq(Seq2seq),
    /// An encoder and a decoder of self-attention.
    Transformer(Transformer),
}

/// An encoded source.
#[derive(Clone, Debug)]
pub enum Encoding {
    /// The states of a recurrent encoder.
    Recurrent(Box<Recurrent>),
    /// The keys and values for each layer of a transformer's decoder, and the number of tokens of each source.
    Attended(Vec<KeysAndValues>, Lengths),
}

/// The states of a recurrent encoder.
#[derive(Clone, Debug)]
pub struct Recurrent {
    /// A vector for each token, `[batch, sources, memory]`.
    pub(crate) memory: Tensor<3>,
    /// The keys of an attention, `[batch, sources, hidden]`.
    pub(crate) keys: Option<Tensor<3>>,
    /// A vector for the whole sequence, `[batch, memory]`.
    pub(crate) summary: Tensor<2>,
    /// The number of tokens of each source.
    pub(crate) lengths: Lengths,
}

/// The state of a decoder between two tokens.
#[derive(Clone, Debug)]
pub enum DecoderState {
    /// The state of each recurrent layer, `[batch, hidden]`.
    Recurrent(Vec<Tensor<2>>),
    /// Keys and values of the tokens so far, for each layer of a transformer; empty before the first token.
    Attended(Vec<KeysAndValues>),
}

/// Decoded tokens.
#[derive(Debug)]
pub struct Decoded {
    /// The logits of the token behind each one, `[batch * targets, vocabulary]`.
    pub logits: Tensor<2>,
    /// The weights of the attention, `[batch, targets, sources]`, without a gradient; none without
    /// attention, and where the context does not ask for them.
    pub attention: Option<Tensor<3>>,
    /// The state behind the last token.
    pub state: DecoderState,
}

impl Translator {
    /// The network that `config` describes, for a vocabulary of this size. Its initial weights follow from `seed`, and
    /// are the same on every device.
    pub fn new(config: &TranslatorConfig, vocabulary: usize, seed: u64, device: &Device) -> Self {
        let mut init = ParamInit::new(Distribution::Xavier, seed, device);
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

impl Encoding {
    /// The encodings of some rows of the batch, in this order, which may name one twice.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let of = |lengths: &Lengths| {
            let lengths = lengths.as_slice();
            Lengths::new(rows.iter().map(|row| lengths[*row]).collect::<Vec<_>>())
        };
        match self {
            Self::Recurrent(recurrent) => {
                let Recurrent { memory, keys, summary, lengths } = &**recurrent;
                Self::Recurrent(Box::new(Recurrent {
                    memory: select(memory, rows),
                    keys: keys.as_ref().map(|keys| select(keys, rows)),
                    summary: select(summary, rows),
                    lengths: of(lengths),
                }))
            }
            Self::Attended(layers, lengths) => {
                Self::Attended(select_layers(layers, rows), of(lengths))
            }
        }
    }
}

impl DecoderState {
    /// The states of some rows of the batch, in this order, which may name one twice.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        match self {
            Self::Recurrent(layers) => {
                Self::Recurrent(layers.iter().map(|state| select(state, rows)).collect())
            }
            Self::Attended(layers) => Self::Attended(select_layers(layers, rows)),
        }
    }
}

fn select_layers(layers: &[KeysAndValues], rows: &[usize]) -> Vec<KeysAndValues> {
    let select = |KeysAndValues(pair): &KeysAndValues| {
        KeysAndValues(pair.each_ref().map(|part| select(part, rows)))
    };
    layers.iter().map(select).collect()
}

/// The slices of some indices of the first axis.
fn select<const D: usize>(x: &Tensor<D>, rows: &[usize]) -> Tensor<D> {
    let rows: Vec<i64> =
        rows.iter().map(|row| i64::try_from(*row).expect("a row of a batch")).collect();
    x.clone().select(0, Tensor::<1, Int>::from_data(rows.as_slice(), &x.device()))
}
