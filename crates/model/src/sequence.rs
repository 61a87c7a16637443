//! Encoded sources and decoder states of a translator, whatever its network.

use burn::tensor::{Int, Tensor};
use hearth_kernels::Lengths;

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

/// Keys and values of the tokens so far, `[batch, heads, tokens, width / heads]`.
#[derive(Clone, Debug)]
pub struct KeysAndValues(pub(crate) [Tensor<4>; 2]);

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
