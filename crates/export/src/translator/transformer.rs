//! The graphs of a transformer.

use hearth_config::TransformerConfig;
use hearth_model::transformer::WAVELENGTHS;

use super::builder::{Builder, Named, Weights};
use crate::onnx::graph::{int, ints};
use crate::onnx::proto::{Dimension, F32, GraphProto, signed};

/// The graphs of the encoder and of a step of the decoder.
pub fn graphs(config: &TransformerConfig, vocabulary: usize, weights: &Weights) -> [GraphProto; 2] {
    [encoder(config, weights), decoder(config, vocabulary, weights)]
}

/// The sizes of keys and values: for each layer of the decoder, one of each.
fn keys_and_values(config: &TransformerConfig, steps: Dimension) -> [Dimension; 5] {
    let TransformerConfig { width, heads, layers, .. } = *config;
    let [pairs, heads, width] = [2 * layers, heads, width / heads].map(Dimension::Size);
    [Dimension::BATCH, pairs, heads, steps, width]
}

const MASK: [Dimension; 2] = [Dimension::BATCH, Dimension::SOURCES];

/// From `source` to `state`, `memory` and `mask`.
fn encoder(config: &TransformerConfig, weights: &Weights) -> GraphProto {
    let mut builder = Builder::new(weights);
    let b = &mut builder;
    let source = b.tokens("source", &MASK);
    let present = b.present(&source);
    let mask = b.mask(&present);
    b.output(&mask, "mask", &MASK);
    let mask = b.unsqueeze(&mask, &[1, 2]);
    let shape = b.op("Shape", &[&source]);
    let steps = b.at(&shape, 0, 1);
    let (zero, one) = (b.index(0), b.index(1));
    let steps = b.op("Range", &[&zero, &steps, &one]);
    let mut x = embed(b, config, &source, &steps);
    for layer in 0..config.layers {
        let name = |part: &str| format!("transformer.encoder.layers.{layer}.{part}");
        let attention = name("self_attn");
        let normed = b.norm(&x, &name("norm1"));
        let [keys, values] = [1, 2].map(|part| heads(b, config, &normed, &attention, part));
        x = attend(b, config, [&x, &normed], [&keys, &values], Some(&mask), &attention);
        x = feed_forward(b, &x, &name(""), "norm2");
    }
    let encoded = b.norm(&x, "transformer.encoder.norm");
    let mut pairs = Vec::new();
    for layer in 0..config.layers {
        let name = format!("transformer.decoder.layers.{layer}.multihead_attn");
        pairs.extend([1, 2].map(|part| heads(b, config, &encoded, &name, part)));
    }
    let memory = b.stack(&pairs, 1);
    b.output(&memory, "memory", &keys_and_values(config, Dimension::SOURCES));
    // No token so far.
    let (none, axis) = (b.whole(&[0]), b.whole(&[3]));
    let state = b.op("Slice", &[&memory, &none, &none, &axis]);
    b.output(&state, "state", &keys_and_values(config, Dimension::TARGETS));
    builder.finish("encoder")
}

/// From `token`, `state`, `memory` and `mask` to `logits` and `next_state`.
fn decoder(config: &TransformerConfig, vocabulary: usize, weights: &Weights) -> GraphProto {
    let mut builder = Builder::new(weights);
    let b = &mut builder;
    let token = b.tokens("token", &[Dimension::BATCH]);
    let state = b.input("state", &keys_and_values(config, Dimension::TARGETS));
    let memory = b.input("memory", &keys_and_values(config, Dimension::SOURCES));
    let mask = b.input("mask", &MASK);
    let mask = b.unsqueeze(&mask, &[1, 2]);
    let shape = b.op("Shape", &[&state]);
    let position = b.at(&shape, 0, 3);
    let position = b.unsqueeze(&position, &[0]);
    let token = b.unsqueeze(&token, &[1]);
    let mut x = embed(b, config, &token, &position);
    let mut next = Vec::new();
    for layer in 0..config.layers {
        let name = |part: &str| format!("transformer.decoder.layers.{layer}.{part}");
        let attention = name("self_attn");
        let normed = b.norm(&x, &name("norm1"));
        let seen = [1, 2].map(|part| {
            let before = b.at(&state, 1, 2 * layer + part - 1);
            let new = heads(b, config, &normed, &attention, part);
            b.concat(&[before, new], 2)
        });
        x = attend(b, config, [&x, &normed], seen.each_ref(), None, &attention);
        let normed = b.norm(&x, &name("norm2"));
        let sources = [0, 1].map(|part| b.at(&memory, 1, 2 * layer + part));
        let attention = name("multihead_attn");
        x = attend(b, config, [&x, &normed], sources.each_ref(), Some(&mask), &attention);
        x = feed_forward(b, &x, &name(""), "norm3");
        next.extend(seen);
    }
    let features = b.norm(&x, "transformer.decoder.norm");
    let features = b.squeeze(&features, &[1]);
    let logits = b.project(&features, "embedding.weight");
    b.output(&logits, "logits", &[Dimension::BATCH, Dimension::Size(vocabulary)]);
    let next = b.stack(&next, 1);
    b.output(&next, "next_state", &keys_and_values(config, Dimension::TARGETS));
    builder.finish("decoder")
}

/// Tokens `[batch, steps]` at positions `[steps]` to vectors `[batch, steps, width]`.
fn embed(b: &mut Builder<'_>, config: &TransformerConfig, tokens: &str, positions: &str) -> Named {
    let width = config.width;
    let embedded = b.embed("embedding.weight", tokens);
    let root = b.number((width as f32).sqrt());
    let scaled = b.op("Mul", &[&embedded, &root]);
    let positions = b.apply("Cast", &[positions], vec![int("to", F32.into())]);
    let positions = b.unsqueeze(&positions, &[1]);
    let frequency =
        |place: usize| WAVELENGTHS.powf((place / 2 * 2) as f64 / width as f64).recip() as f32;
    let frequencies = b.constant("frequencies", &[width], (0..width).map(frequency).collect());
    let angles = b.op("Mul", &[&positions, &frequencies]);
    let waves = [("Sin", 0), ("Cos", 1)].map(|(operation, first)| {
        let is_of = |place: usize| f32::from(u8::from(place % 2 == first));
        let places = (0..width).map(is_of).collect();
        let places = b.constant(&format!("places.{operation}"), &[width], places);
        let wave = b.op(operation, &[&angles]);
        b.op("Mul", &[&wave, &places])
    });
    let waves = b.op("Add", &[&waves[0], &waves[1]]);
    b.op("Add", &[&scaled, &waves])
}

/// The heads' queries, keys or values (part 0, 1 or 2) of `[batch, steps, width]`: `[batch, heads, steps, width /
/// heads]`.
fn heads(
    b: &mut Builder<'_>,
    config: &TransformerConfig,
    x: &str,
    attention: &str,
    part: usize,
) -> Named {
    let TransformerConfig { width, heads, .. } = *config;
    let x = b.linear_part(x, &format!("{attention}.in_proj_"), [part * width, width]);
    let x = b.reshape(&x, &[0, 0, signed(heads), signed(width / heads)]);
    b.transpose(&x, &[0, 2, 1, 3])
}

/// `x` and the attention of its normalised values to keys and values.
fn attend(
    b: &mut Builder<'_>,
    config: &TransformerConfig,
    [x, normed]: [&str; 2],
    [keys, values]: [&Named; 2],
    mask: Option<&str>,
    attention: &str,
) -> Named {
    let TransformerConfig { width, heads: count, .. } = *config;
    let queries = heads(b, config, normed, attention, 0);
    let scale = b.number(((width / count) as f32).sqrt().recip());
    let queries = b.op("Mul", &[&queries, &scale]);
    let keys = b.apply("Transpose", &[keys], vec![ints("perm", &[0, 1, 3, 2])]);
    let mut scores = b.op("MatMul", &[&queries, &keys]);
    if let Some(mask) = mask {
        scores = b.op("Add", &[&scores, mask]);
    }
    let weights = b.softmax(&scores);
    let answers = b.op("MatMul", &[&weights, values]);
    let answers = b.transpose(&answers, &[0, 2, 1, 3]);
    let answers = b.reshape(&answers, &[0, 0, signed(width)]);
    let output = b.linear(&answers, &format!("{attention}.out_proj"));
    b.op("Add", &[x, &output])
}

/// `x` and two linear layers on its normalised values, with ReLU between them.
fn feed_forward(b: &mut Builder<'_>, x: &str, layer: &str, norm: &str) -> Named {
    let normed = b.norm(x, &format!("{layer}{norm}"));
    let hidden = b.linear(&normed, &format!("{layer}linear1"));
    let hidden = b.op("Relu", &[&hidden]);
    let output = b.linear(&hidden, &format!("{layer}linear2"));
    b.op("Add", &[x, &output])
}
