//! The transformer: an encoder and a decoder of attention and feed-forward parts (Vaswani et al. 2017), each with a
//! shortcut and with layer normalisation in front of it (Xiong et al. 2020). Source, target and output share one table of
//! embeddings (Press and Wolf 2017). Positions are sinusoidal, or learned vectors that source and target share (Gehring et
//! al. 2017); behind the last of these, all tokens share it.
//!
//! With a vocabulary of 30, `width = 8`, `heads = 2`, `layers = 1` and `feed_forward = 16`, on sources of 5 and targets
//! of 4 tokens, 1,776 parameters:
//!
//! | layer | output | parameters |
//! | --- | --- | --- |
//! | embedding: embedding and positions of the source | batch, 8, 5, 1 | 240 |
//! | encoder.0: self-attention, feed-forward | batch, 8, 5, 1 | 600 |
//! | encoder_norm: layer normalisation | batch, 8, 5, 1 | 16 |
//! | decoder.0: self-attention, attention to the source, feed-forward | batch, 8, 4, 1 | 904 |
//! | decoder_norm: layer normalisation | batch, 8, 4, 1 | 16 |

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData};
use hearth_config::TransformerConfig;
use hearth_kernels::{AttentionMask, FusedActivation, Lengths, Tokens};

use crate::ForwardContext;
use crate::init::ParamInit;
use crate::layers::{DropoutLayer, Embedding, LayerNorm, MultiHead, linear, run_linear};
use crate::sequence::{Decoded, DecoderState, Encoding, KeysAndValues};

/// The base of the positions' wavelengths (Vaswani et al. 2017, section 3.5).
pub const WAVELENGTHS: f64 = 10_000.0;

/// A transformer; see the [module](self).
#[derive(Module, Debug)]
pub struct Transformer {
    embedding: Embedding,
    /// The learned positions, if they are not sinusoidal.
    positions: Option<Embedding>,
    encoder: Vec<EncoderLayer>,
    encoder_norm: LayerNorm,
    decoder: Vec<DecoderLayer>,
    decoder_norm: LayerNorm,
    dropout: DropoutLayer,
}

/// Two linear layers with ReLU between them.
#[derive(Module, Debug)]
struct FeedForward {
    hidden: Linear,
    output: Linear,
}

/// A layer of the encoder.
#[derive(Module, Debug)]
struct EncoderLayer {
    attention_norm: LayerNorm,
    attention: MultiHead,
    feed_forward_norm: LayerNorm,
    feed_forward: FeedForward,
}

/// A layer of the decoder.
#[derive(Module, Debug)]
struct DecoderLayer {
    attention_norm: LayerNorm,
    attention: MultiHead,
    source_norm: LayerNorm,
    source: MultiHead,
    feed_forward_norm: LayerNorm,
    feed_forward: FeedForward,
}

impl Transformer {
    /// A network for one vocabulary of sources and targets, with parameters made by `init`.
    pub(crate) fn new(
        config: &TransformerConfig,
        vocabulary: usize,
        init: &mut ParamInit<'_>,
    ) -> Self {
        let TransformerConfig { width, layers, .. } = *config;
        // Tokens are scaled to a deviation of 1, and logits have it too.
        let deviation = (width as f64).powf(-0.5);
        Self {
            embedding: Embedding::new(vocabulary, width, deviation, init),
            positions: config
                .learned_positions()
                .map(|most| Embedding::new(most, width, deviation, init)),
            encoder: (0..layers).map(|_| EncoderLayer::new(config, init)).collect(),
            encoder_norm: LayerNorm::new(width, init),
            decoder: (0..layers).map(|_| DecoderLayer::new(config, init)).collect(),
            decoder_norm: LayerNorm::new(width, init),
            dropout: DropoutLayer::new(config.dropout),
        }
    }

    /// Embeds tokens, the first of which is at a position.
    fn embed(&self, tokens: &Tokens, first: usize, context: &mut ForwardContext) -> Tensor<3> {
        let [batch, steps] = tokens.dims();
        let embedded = self.embedding.forward(tokens);
        let [_, _, width] = embedded.dims();
        let scaled = embedded.mul_scalar((width as f64).sqrt());
        let positions = if let Some(learned) = &self.positions {
            // A place for each token, so that the embedding's kernel sums the gradients in a fixed order.
            learned.forward(&places(first, [batch, steps], learned))
        } else {
            let positions = TensorData::new(positions(first, steps, width), [1, steps, width]);
            Tensor::from_data(positions, &scaled.device())
        };
        let dtype = scaled.dtype();
        self.dropout.forward_sequence(scaled + positions.cast(dtype), context)
    }

    /// Encodes sources `[batch, sources]` of these lengths.
    pub(crate) fn encode(
        &self,
        tokens: &Tokens,
        lengths: &Lengths,
        context: &mut ForwardContext,
    ) -> (Encoding, DecoderState) {
        let mut x = self.embed(tokens, 0, context);
        context.trace.keep_sequence(|| "embedding".into(), &x);
        if self.positions.is_some() {
            context.trace.keep_sequence(|| "positions".into(), &x);
        }
        for (index, layer) in self.encoder.iter().enumerate() {
            x = layer.forward(x, lengths, &self.dropout, context);
            context.trace.keep_sequence(|| format!("encoder.{index}"), &x);
        }
        let memory = self.encoder_norm.forward(x);
        context.trace.keep_sequence(|| "encoder_norm".into(), &memory);
        let sources = self.decoder.iter().map(|layer| layer.source.keys_and_values(&memory));
        let encoding = Encoding::Attended(sources.collect(), lengths.clone());
        (encoding, DecoderState::Attended(Vec::new()))
    }

    /// Decodes the targets' tokens `[batch, targets]` from a state: several from the beginning, or one more.
    ///
    /// # Panics
    ///
    /// If there are several tokens behind others, or the encoding is not of a transformer.
    pub(crate) fn decode(
        &self,
        encoding: &Encoding,
        state: DecoderState,
        tokens: &Tokens,
        context: &mut ForwardContext,
    ) -> Decoded {
        let (Encoding::Attended(sources, lengths), DecoderState::Attended(before)) =
            (encoding, state)
        else {
            panic!("the encoding and the state of a transformer")
        };
        let [batch, steps] = tokens.dims();
        let first = before.first().map_or(0, |KeysAndValues([keys, _])| keys.dims()[2]);
        assert!(first == 0 || steps == 1, "tokens behind others are decoded one by one");
        let mut x = self.embed(tokens, first, context);
        let mut before = before.into_iter();
        let (mut after, mut weights) = (Vec::new(), None);
        for ((index, layer), source) in self.decoder.iter().enumerate().zip(sources) {
            let passed = layer.forward(x, before.next(), (source, lengths), &self.dropout, context);
            let (output, seen, attended) = passed;
            x = output;
            context.trace.keep_sequence(|| format!("decoder.{index}"), &x);
            after.push(seen);
            weights = attended;
        }
        let features = self.decoder_norm.forward(x);
        context.trace.keep_sequence(|| "decoder_norm".into(), &features);
        let [_, _, width] = features.dims();
        let features = features.reshape([batch * steps, width]);
        let logits = hearth_kernels::linear(
            features,
            self.embedding.weight.val().transpose(),
            None,
            FusedActivation::None,
        );
        let state = DecoderState::Attended(after);
        Decoded { logits, attention: weights, state }
    }
}

/// The places `[batch, steps]` of positions from `first` on in a table of learned ones; the last one behind its end.
fn places(first: usize, [batch, steps]: [usize; 2], learned: &Embedding) -> Tokens {
    let [most, _] = learned.weight.dims();
    let place = |at: usize| (first + at % steps).min(most - 1) as u32;
    Tokens::new((0..batch * steps).map(place).collect::<Vec<_>>(), [batch, steps])
}

/// The sinusoidal positions `[steps, width]` from `first` on: `sin(p / 10000^(2i / width))` at the place `2i`, and the
/// cosine at `2i + 1` (Vaswani et al. 2017, section 3.5).
fn positions(first: usize, steps: usize, width: usize) -> Vec<f32> {
    let at = |position: usize, place: usize| {
        let exponent = (place / 2 * 2) as f64 / width as f64;
        let angle = position as f64 / WAVELENGTHS.powf(exponent);
        (if place.is_multiple_of(2) { angle.sin() } else { angle.cos() }) as f32
    };
    (first..first + steps).flat_map(|p| (0..width).map(move |place| at(p, place))).collect()
}

impl FeedForward {
    fn new(config: &TransformerConfig, init: &mut ParamInit<'_>) -> Self {
        let units = config.feed_forward();
        Self {
            hidden: linear(config.width, units, init),
            output: linear(units, config.width, init),
        }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, steps, width] = x.dims();
        let rows = x.reshape([batch * steps, width]);
        let hidden = run_linear(&self.hidden, rows, FusedActivation::Relu);
        run_linear(&self.output, hidden, FusedActivation::None).reshape([batch, steps, width])
    }
}

impl EncoderLayer {
    fn new(config: &TransformerConfig, init: &mut ParamInit<'_>) -> Self {
        Self {
            attention_norm: LayerNorm::new(config.width, init),
            attention: MultiHead::new(config.width, config.heads, init),
            feed_forward_norm: LayerNorm::new(config.width, init),
            feed_forward: FeedForward::new(config, init),
        }
    }

    fn forward(
        &self,
        x: Tensor<3>,
        lengths: &Lengths,
        dropout: &DropoutLayer,
        context: &mut ForwardContext,
    ) -> Tensor<3> {
        let mask = AttentionMask { lengths: lengths.clone(), causal: false };
        let normed = self.attention_norm.forward(x.clone());
        let keys = self.attention.keys_and_values(&normed);
        let (attended, _) = self.attention.forward(normed, &keys, &mask, false);
        let x = x + dropout.forward_sequence(attended, context);
        let fed = self.feed_forward.forward(self.feed_forward_norm.forward(x.clone()));
        x + dropout.forward_sequence(fed, context)
    }
}

impl DecoderLayer {
    fn new(config: &TransformerConfig, init: &mut ParamInit<'_>) -> Self {
        Self {
            attention_norm: LayerNorm::new(config.width, init),
            attention: MultiHead::new(config.width, config.heads, init),
            source_norm: LayerNorm::new(config.width, init),
            source: MultiHead::new(config.width, config.heads, init),
            feed_forward_norm: LayerNorm::new(config.width, init),
            feed_forward: FeedForward::new(config, init),
        }
    }

    /// The output, keys and values of all tokens so far, and the weights of the attention to the source if they
    /// are wanted.
    fn forward(
        &self,
        x: Tensor<3>,
        before: Option<KeysAndValues>,
        (source, lengths): (&KeysAndValues, &Lengths),
        dropout: &DropoutLayer,
        context: &mut ForwardContext,
    ) -> (Tensor<3>, KeysAndValues, Option<Tensor<3>>) {
        let normed = self.attention_norm.forward(x.clone());
        let KeysAndValues(new) = self.attention.keys_and_values(&normed);
        let is_first = before.is_none();
        let seen = match before {
            None => KeysAndValues(new),
            Some(KeysAndValues([keys, values])) => {
                let [new_keys, new_values] = new;
                let keys = Tensor::cat(vec![keys, new_keys], 2);
                KeysAndValues([keys, Tensor::cat(vec![values, new_values], 2)])
            }
        };
        let [batch, _, count, _] = seen.0[0].dims();
        // A single token behind others attends to all of them.
        let mask = AttentionMask { lengths: Lengths::full(batch, count), causal: is_first };
        let (attended, _) = self.attention.forward(normed, &seen, &mask, false);
        let x = x + dropout.forward_sequence(attended, context);
        let mask = AttentionMask { lengths: lengths.clone(), causal: false };
        let normed = self.source_norm.forward(x.clone());
        let (attended, weights) =
            self.source.forward(normed, source, &mask, context.wants_attention);
        let x = x + dropout.forward_sequence(attended, context);
        let fed = self.feed_forward.forward(self.feed_forward_norm.forward(x.clone()));
        let x = x + dropout.forward_sequence(fed, context);
        (x, seen, weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_sines_and_cosines() {
        let found = positions(1, 1, 4);
        let expected = [1.0_f64.sin(), 1.0_f64.cos(), 0.01_f64.sin(), 0.01_f64.cos()];
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-7, "{found} and {expected}");
        }
    }
}
