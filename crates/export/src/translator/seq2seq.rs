//! The graphs of a recurrent encoder and decoder.

use hearth_config::{AttentionKind, Seq2seqConfig};
use hearth_store::NamedTensor;

use super::builder::{Builder, Named, Weights};
use crate::onnx::graph::int;
use crate::onnx::proto::{Dimension, GraphProto, I64, signed};

/// The graphs of the encoder and of a step of the decoder.
pub fn graphs(config: &Seq2seqConfig, vocabulary: usize, weights: &Weights) -> [GraphProto; 2] {
    [encoder(config, weights), decoder(config, vocabulary, weights)]
}

/// The names and sizes of the encoding, which the encoder gives and the decoder takes.
fn encoding(config: &Seq2seqConfig) -> Vec<(&'static str, Vec<Dimension>)> {
    let Seq2seqConfig { hidden, bidirectional, .. } = *config;
    let memory = Dimension::Size(if bidirectional { 2 * hidden } else { hidden });
    match config.attention {
        AttentionKind::None => vec![("summary", vec![Dimension::BATCH, memory])],
        AttentionKind::Additive | AttentionKind::Dot => vec![
            ("memory", vec![Dimension::BATCH, Dimension::SOURCES, memory]),
            ("keys", vec![Dimension::BATCH, Dimension::SOURCES, Dimension::Size(hidden)]),
            ("mask", vec![Dimension::BATCH, Dimension::SOURCES]),
        ],
    }
}

/// The sizes of the decoder's state.
fn state_dims(config: &Seq2seqConfig) -> [Dimension; 3] {
    [Dimension::BATCH, Dimension::Size(config.layers), Dimension::Size(config.hidden)]
}

/// From `source` to `state` and the encoding.
fn encoder(config: &Seq2seqConfig, weights: &Weights) -> GraphProto {
    let Seq2seqConfig { hidden, layers, bidirectional, .. } = *config;
    let mut builder = Builder::new(weights);
    let b = &mut builder;
    let source = b.tokens("source", &[Dimension::BATCH, Dimension::SOURCES]);
    let present = b.present(&source);
    let axis = b.whole(&[1]);
    let lengths = b.apply("ReduceSum", &[&present, &axis], vec![int("keepdims", 0)]);
    let lengths = b.apply("Cast", &[&lengths], vec![int("to", I64.into())]);
    // Recurrences take steps, batch, width.
    let source = b.transpose(&source, &[1, 0]);
    let mut x = b.embed("source.weight", &source);
    let mut ends = Vec::new();
    for layer in 0..layers {
        let forward = gru(b, &x, "", ["encoder", &format!("l{layer}")]);
        // Padding stays behind the tokens when these are reversed, and does not reach them.
        let reversed = b.op("ReverseSequence", &[&forward, &lengths]);
        ends = vec![b.at(&reversed, 0, 0)];
        let mut directions = vec![forward];
        if bidirectional {
            let reversed = b.op("ReverseSequence", &[&x, &lengths]);
            let states = gru(b, &reversed, "", ["encoder", &format!("l{layer}_reverse")]);
            let backward = b.op("ReverseSequence", &[&states, &lengths]);
            ends.push(b.at(&backward, 0, 0));
            directions.push(backward);
        }
        x = b.concat(&directions, 2);
    }
    let summary = b.concat(&ends, 1);
    let state = b.linear(&summary, "bridge");
    let state = b.op("Tanh", &[&state]);
    let state = b.reshape(&state, &[0, signed(layers), signed(hidden)]);
    b.output(&state, "state", &state_dims(config));
    let memory = b.transpose(&x, &[1, 0, 2]);
    for (name, dims) in encoding(config) {
        let value = match name {
            "summary" => summary.clone(),
            "memory" => memory.clone(),
            "keys" => b.project(&memory, "key.weight"),
            _ => b.mask(&present),
        };
        b.output(&value, name, &dims);
    }
    builder.finish("encoder")
}

/// From `token`, `state` and the encoding to `logits` and `next_state`.
fn decoder(config: &Seq2seqConfig, vocabulary: usize, weights: &Weights) -> GraphProto {
    let Seq2seqConfig { hidden, layers, attention, .. } = *config;
    let mut builder = Builder::new(weights);
    let b = &mut builder;
    let token = b.tokens("token", &[Dimension::BATCH]);
    let state = b.input("state", &state_dims(config));
    for (name, dims) in encoding(config) {
        b.input(name, &dims);
    }
    let embedded = b.embed("target.weight", &token);
    let mut states: Vec<Named> = (0..layers).map(|layer| b.at(&state, 1, layer)).collect();
    let mut context = "summary".to_owned();
    if attention == AttentionKind::Additive {
        let query = b.project(&states[0], "query.weight");
        let query = b.unsqueeze(&query, &[1]);
        let sum = b.op("Add", &[&query, "keys"]);
        let sum = b.op("Tanh", &[&sum]);
        let scores = b.project(&sum, "score.weight");
        let scores = b.squeeze(&scores, &[2]);
        context = answer(b, &scores);
    }
    let mut x = embedded.clone();
    if attention != AttentionKind::Dot {
        x = b.concat(&[embedded.clone(), context.clone()], 1);
    }
    for (layer, state) in states.iter_mut().enumerate() {
        let (input, initial) = (b.unsqueeze(&x, &[0]), b.unsqueeze(state, &[0]));
        let output = gru(b, &input, &initial, ["decoder", &format!("l{layer}")]);
        x = b.squeeze(&output, &[0]);
        state.clone_from(&x);
    }
    if attention == AttentionKind::Dot {
        let (query, keys) = (b.unsqueeze(&x, &[1]), b.transpose("keys", &[0, 2, 1]));
        let scores = b.op("MatMul", &[&query, &keys]);
        let scores = b.squeeze(&scores, &[1]);
        let scale = b.number((hidden as f32).sqrt().recip());
        let scores = b.op("Mul", &[&scores, &scale]);
        context = answer(b, &scores);
    }
    let features = b.concat(&[x, context, embedded], 1);
    let features = b.linear(&features, "readout");
    let features = b.op("Tanh", &[&features]);
    let logits = b.linear(&features, "output");
    b.output(&logits, "logits", &[Dimension::BATCH, Dimension::Size(vocabulary)]);
    let next = b.stack(&states, 1);
    b.output(&next, "next_state", &state_dims(config));
    builder.finish("decoder")
}

/// The mean of the memory, weighted by scores `[batch, sources]`: `[batch, memory]`.
fn answer(b: &mut Builder<'_>, scores: &str) -> Named {
    let scores = b.op("Add", &[scores, "mask"]);
    let weights = b.softmax(&scores);
    let weights = b.unsqueeze(&weights, &[1]);
    let context = b.op("MatMul", &[&weights, "memory"]);
    b.squeeze(&context, &[1])
}

/// Inputs `[steps, batch, inputs]` and an initial state `[1, batch, hidden]`, zeros where its name is empty, to the states
/// `[steps, batch, hidden]`.
fn gru(b: &mut Builder<'_>, x: &str, initial: &str, [module, layer]: [&str; 2]) -> Named {
    let name = |what: &str| format!("{module}.{what}_{layer}");
    let [input, state] = ["weight_ih", "weight_hh"].map(|what| {
        let NamedTensor { name, shape, values } = b.weight(&name(what));
        b.constant(name, &[1, shape[0], shape[1]], update_first(values))
    });
    let biases = ["bias_ih", "bias_hh"].map(|what| update_first(&b.weight(&name(what)).values));
    let hidden = biases[0].len() / 3;
    let bias = b.constant(&name("bias"), &[1, 6 * hidden], biases.concat());
    let attributes = vec![int("hidden_size", signed(hidden)), int("linear_before_reset", 1)];
    let states = b.apply("GRU", &[x, &input, &state, &bias, "", initial], attributes);
    b.squeeze(&states, &[1])
}

/// The parameters of the gates in the order of ONNX: update, reset, new.
fn update_first(values: &[f32]) -> Vec<f32> {
    let (reset, others) = values.split_at(values.len() / 3);
    let (update, new) = others.split_at(reset.len());
    [update, reset, new].concat()
}
