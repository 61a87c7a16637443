//! A recurrent encoder and decoder (Cho et al. 2014; Sutskever, Vinyals and Le 2014), without attention, with additive
//! attention (Bahdanau, Cho and Bengio 2015) or with that of dot products (Luong, Pham and Manning 2015).
//!
//! The encoder reads the source with gated recurrent units, in both directions if `bidirectional`. Its states at all
//! steps are the memory; those at its ends, side by side, are the summary, from which the decoder's initial state
//! follows. The decoder reads the target so far. At each step, it combines its state, a context and the token's
//! embedding to features, and these to the logits of the next token. With attention the context is a weighted mean of
//! the memory, and without it the summary.
//!
//! With a vocabulary of 30, `embedding = 8`, `hidden = 16` and additive attention, on sources of 5 and targets of 4
//! tokens, 7,798 parameters:
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | source: embedding | batch, 8, 5, 1 | 240 |
//! | encoder.0: GRU in both directions | batch, 32, 5, 1 | 2,496 |
//! | bridge: linear, tanh | batch, 16 | 528 |
//! | target: embedding | batch, 8, 4, 1 | 240 |
//! | decoder.first: GRU with attention | batch, 16, 4, 1 | 3,568 |
//! | readout: linear, tanh | batch, 8, 4, 1 | 456 |
//! | output: linear | batch, 30, 4, 1 | 270 |

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Tensor, activation};
use hearth_config::{AttentionKind, Seq2seqConfig};
use hearth_kernels::{Direction, FusedActivation, Lengths, Tokens};

use crate::ForwardContext;
use crate::init::ParamInit;
use crate::layers::{
    AdditiveGru, DotAttention, DropoutLayer, Embedding, Gru, Projection, linear, run_linear,
    run_sequence,
};
use crate::sequence::{Decoded, DecoderState, Encoding, Recurrent};

/// A recurrent encoder and decoder; see the [module](self).
#[derive(Module, Debug)]
pub struct Seq2seq {
    source: Embedding,
    encoder: Vec<EncoderLayer>,
    bridge: Linear,
    target: Embedding,
    decoder: Decoder,
    readout: Linear,
    output: Linear,
    dropout: DropoutLayer,
}

/// A layer of the encoder.
#[derive(Module, Debug)]
struct EncoderLayer {
    forward: Gru,
    backward: Option<Gru>,
}

/// The recurrent layers of the decoder.
#[derive(Module, Debug)]
struct Decoder {
    first: FirstLayer,
    rest: Vec<Gru>,
    attention: Option<DotAttention>,
}

/// The first recurrent layer of the decoder.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a network")]
#[derive(Module, Debug)]
enum FirstLayer {
    /// Units that take in the embedded token and the summary of the source.
    Summary(SummaryGru),
    /// Units that attend to the memory.
    Additive(AdditiveGru),
    /// Units that take in the embedded token.
    Plain(Gru),
}

/// Gated recurrent units that take in the summary at each step.
#[derive(Module, Debug)]
struct SummaryGru {
    gru: Gru,
    /// `[summary, 3 hidden]`.
    summary: Projection,
}

impl Seq2seq {
    /// A network for one vocabulary of sources and targets, with parameters made by `init`.
    pub(crate) fn new(config: &Seq2seqConfig, vocabulary: usize, init: &mut ParamInit<'_>) -> Self {
        let Seq2seqConfig { embedding, hidden, layers, bidirectional, .. } = *config;
        let memory = if bidirectional { 2 * hidden } else { hidden };
        let source = Embedding::new(vocabulary, embedding, 1.0, init);
        let encoder = (0..layers).map(|index| {
            let inputs = if index == 0 { embedding } else { memory };
            let forward = Gru::new(inputs, hidden, init);
            let backward = bidirectional.then(|| Gru::new(inputs, hidden, init));
            EncoderLayer { forward, backward }
        });
        Self {
            source,
            encoder: encoder.collect(),
            bridge: linear(memory, layers * hidden, init),
            target: Embedding::new(vocabulary, embedding, 1.0, init),
            decoder: Decoder::new(config, memory, init),
            readout: linear(hidden + memory + embedding, embedding, init),
            output: linear(embedding, vocabulary, init),
            dropout: DropoutLayer::new(config.dropout),
        }
    }

    /// Encodes sources `[batch, sources]` of these lengths.
    pub(crate) fn encode(
        &self,
        tokens: &Tokens,
        lengths: &Lengths,
        context: &mut ForwardContext,
    ) -> (Encoding, DecoderState) {
        let mut memory = self.source.forward(tokens);
        context.trace.keep_sequence(|| "source".into(), &memory);
        memory = self.dropout.forward_sequence(memory, context);
        for (index, layer) in self.encoder.iter().enumerate() {
            if index > 0 {
                memory = self.dropout.forward_sequence(memory, context);
            }
            memory = layer.forward(&memory, lengths);
            context.trace.keep_sequence(|| format!("encoder.{index}"), &memory);
        }
        let last = self.encoder.last().expect("at least one layer");
        let summary = last.ends(&memory);
        let state = run_linear(&self.bridge, summary.clone(), FusedActivation::Tanh);
        context.trace.keep_flat(|| "bridge".into(), &state);
        let keys = self.decoder.keys(&memory);
        let state = DecoderState::Recurrent(state.chunk(self.encoder.len(), 1));
        let lengths = lengths.clone();
        (Encoding::Recurrent(Box::new(Recurrent { memory, keys, summary, lengths })), state)
    }

    /// Decodes the targets' tokens `[batch, targets]` from a state.
    pub(crate) fn decode(
        &self,
        encoding: &Encoding,
        state: DecoderState,
        tokens: &Tokens,
        context: &mut ForwardContext,
    ) -> Decoded {
        let (Encoding::Recurrent(encoding), DecoderState::Recurrent(state)) = (encoding, state)
        else {
            panic!("the encoding and the state of a recurrent network")
        };
        let [batch, steps] = tokens.dims();
        let embedded = self.target.forward(tokens);
        context.trace.keep_sequence(|| "target".into(), &embedded);
        let embedded = self.dropout.forward_sequence(embedded, context);
        let inputs = (embedded.clone(), state);
        let recurred = self.decoder.forward(inputs, encoding, &self.dropout, context);
        let parts = vec![recurred.states, recurred.contexts, embedded];
        let features = activation::tanh(run_sequence(&self.readout, Tensor::cat(parts, 2)));
        context.trace.keep_sequence(|| "readout".into(), &features);
        let features = self.dropout.forward_sequence(features, context);
        let logits = run_sequence(&self.output, features);
        context.trace.keep_sequence(|| "output".into(), &logits);
        let [_, _, vocabulary] = logits.dims();
        Decoded {
            logits: logits.reshape([batch * steps, vocabulary]),
            attention: recurred.weights,
            state: DecoderState::Recurrent(recurred.last),
        }
    }
}

impl EncoderLayer {
    /// Inputs `[batch, steps, inputs]` to the states of both directions side by side, `[batch, steps, memory]`.
    fn forward(&self, inputs: &Tensor<3>, lengths: &Lengths) -> Tensor<3> {
        let [batch, ..] = inputs.dims();
        let run = |gru: &Gru, direction| {
            let [hidden, _] = gru.recurrence.weight.dims();
            let initial = Tensor::zeros([batch, hidden], &inputs.device());
            gru.forward(inputs.clone(), initial, lengths, direction)
        };
        let forward = run(&self.forward, Direction::Forward);
        match &self.backward {
            Some(gru) => Tensor::cat(vec![forward, run(gru, Direction::Backward)], 2),
            None => forward,
        }
    }

    /// The state of each direction behind its last token, side by side: `[batch, memory]` of `[batch, steps, memory]`.
    fn ends(&self, memory: &Tensor<3>) -> Tensor<2> {
        let [_, steps, width] = memory.dims();
        let [hidden, _] = self.forward.recurrence.weight.dims();
        let at = |step, first| {
            memory.clone().narrow(1, step, 1).narrow(2, first, hidden).squeeze_dim::<2>(1)
        };
        let forward = at(steps - 1, 0);
        if width == hidden { forward } else { Tensor::cat(vec![forward, at(0, hidden)], 1) }
    }
}

/// The outputs of the decoder's recurrent layers.
struct Recurred {
    /// The states of the last layer, `[batch, targets, hidden]`.
    states: Tensor<3>,
    /// `[batch, targets, memory]`.
    contexts: Tensor<3>,
    /// The weights of the attention, `[batch, targets, sources]`.
    weights: Option<Tensor<3>>,
    /// The last state of each layer, `[batch, hidden]`.
    last: Vec<Tensor<2>>,
}

impl Decoder {
    fn new(config: &Seq2seqConfig, memory: usize, init: &mut ParamInit<'_>) -> Self {
        let Seq2seqConfig { embedding, hidden, layers, attention, .. } = *config;
        let first = match attention {
            AttentionKind::None => FirstLayer::Summary(SummaryGru {
                gru: Gru::new(embedding, hidden, init),
                summary: Projection::new(memory, 3 * hidden, init),
            }),
            AttentionKind::Additive => {
                FirstLayer::Additive(AdditiveGru::new(embedding, memory, hidden, init))
            }
            AttentionKind::Dot => FirstLayer::Plain(Gru::new(embedding, hidden, init)),
        };
        let rest = (1..layers).map(|_| Gru::new(hidden, hidden, init)).collect();
        let dot = attention == AttentionKind::Dot;
        Self { first, rest, attention: dot.then(|| DotAttention::new(memory, hidden, init)) }
    }

    /// The keys of a memory, `[batch, sources, hidden]`; none without attention.
    fn keys(&self, memory: &Tensor<3>) -> Option<Tensor<3>> {
        let key = match (&self.first, &self.attention) {
            (FirstLayer::Additive(gru), _) => &gru.key,
            (_, Some(attention)) => &attention.key,
            _ => return None,
        };
        Some(key.forward(memory.clone()))
    }

    /// Embedded tokens `[batch, targets, embedding]` and the state of each layer to states and contexts.
    fn forward(
        &self,
        (embedded, state): (Tensor<3>, Vec<Tensor<2>>),
        encoding: &Recurrent,
        dropout: &DropoutLayer,
        context: &mut ForwardContext,
    ) -> Recurred {
        let [batch, steps, _] = embedded.dims();
        let all = Lengths::full(batch, steps);
        let Recurrent { memory, keys, summary, lengths } = encoding;
        let mut initial = state.into_iter();
        let mut next = || initial.next().expect("a state for each layer");
        let answers = keys.as_ref().map(|keys| (memory.clone(), keys.clone()));
        let summaries = || summary.clone().unsqueeze_dim::<3>(1).repeat_dim(1, steps);
        let (mut states, mut answered) = match &self.first {
            FirstLayer::Summary(SummaryGru { gru, summary }) => {
                let projected = run_sequence(&gru.input, embedded);
                let of_summary = summary.forward(encoding.summary.clone().unsqueeze_dim(1));
                let projected = projected + of_summary;
                let states = gru.recur(projected, next(), &all, Direction::Forward);
                (states, Some((summaries(), None)))
            }
            FirstLayer::Additive(gru) => {
                let answers = answers.clone().expect("keys of the memory");
                let [states, contexts, weights] = gru.forward(embedded, next(), answers, lengths);
                (states, Some((contexts, Some(weights))))
            }
            FirstLayer::Plain(gru) => {
                (gru.forward(embedded, next(), &all, Direction::Forward), None)
            }
        };
        context.trace.keep_sequence(|| "decoder.first".into(), &states);
        let end = |states: &Tensor<3>| states.clone().narrow(1, steps - 1, 1).squeeze_dim::<2>(1);
        let mut last = vec![end(&states)];
        for (index, gru) in self.rest.iter().enumerate() {
            states = dropout.forward_sequence(states, context);
            states = gru.forward(states, next(), &all, Direction::Forward);
            context.trace.keep_sequence(|| format!("decoder.rest.{index}"), &states);
            last.push(end(&states));
        }
        let (contexts, weights) = answered.take().unwrap_or_else(|| {
            let answers = answers.expect("keys of the memory");
            let wanted = context.wants_attention;
            DotAttention::forward(states.clone(), answers, lengths, wanted)
        });
        Recurred { states, contexts, weights, last }
    }
}
