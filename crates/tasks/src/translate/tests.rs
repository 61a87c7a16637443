//! Promises of every translator: no look at later tokens, no influence of padding, one result step by step and at once.

use burn::tensor::Device;
use hearth_config::{
    AttentionKind, PositionKind, Seq2seqConfig, TransformerConfig, TranslatorConfig,
};
use hearth_data::text::{TokenBatch, Tokenizer};
use hearth_kernels::Tokens;
use hearth_model::{ForwardContext, Translator};
use hearth_train::Backend;
use hearth_train::task::outputs::{argmax, log_softmax, values};

use super::encode;
use super::search::{self, Hypothesis};

pub(super) const VOCABULARY: usize = 12;

fn device() -> Device {
    Backend::default().device().expect("a CPU")
}

/// Small networks of every kind, with initial weights.
pub(super) fn networks() -> Vec<Translator> {
    let recurrent = |attention, layers, bidirectional| {
        TranslatorConfig::Seq2seq(Seq2seqConfig {
            embedding: 6,
            hidden: 10,
            layers,
            bidirectional,
            attention,
            dropout: 0.5,
        })
    };
    let transformer = TransformerConfig { width: 8, heads: 2, layers: 2, ..Default::default() };
    // Its table is shorter than the texts.
    let learned = TransformerConfig {
        positions: PositionKind::Learned,
        max_positions: Some(4),
        ..transformer.clone()
    };
    [
        recurrent(AttentionKind::None, 1, true),
        recurrent(AttentionKind::Additive, 2, false),
        recurrent(AttentionKind::Additive, 1, true),
        recurrent(AttentionKind::Dot, 2, true),
        TranslatorConfig::Transformer(transformer),
        TranslatorConfig::Transformer(learned),
    ]
    .iter()
    .map(|config| Translator::new(config, VOCABULARY, 7, &device()))
    .collect()
}

/// Sources, padded.
fn batch(rows: &[&[u32]]) -> TokenBatch {
    let time = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let padded = rows
        .iter()
        .flat_map(|row| row.iter().copied().chain(std::iter::repeat(Tokenizer::PAD)).take(time));
    let lengths = rows.iter().map(|row| row.len() as u32).collect();
    TokenBatch { ids: padded.collect(), lengths, time }
}

/// The best hypotheses of sources.
fn search(network: &Translator, sources: &TokenBatch, width: usize) -> Vec<Vec<Hypothesis>> {
    let encoded = encode(network, sources, &mut ForwardContext::default());
    search::search(network, encoded, &sources.lengths, width)
}

/// The logits of targets of equal length, row by row.
fn logits(network: &Translator, sources: &TokenBatch, targets: &[&[u32]]) -> Vec<Vec<f32>> {
    let mut pass = ForwardContext::default();
    let (encoding, state) = encode(network, sources, &mut pass);
    let targets = Tokens::new(targets.concat(), [targets.len(), targets[0].len()]);
    let decoded = network.decode(&encoding, state, &targets, &mut pass);
    values(decoded.logits).chunks_exact(VOCABULARY).map(<[f32]>::to_vec).collect()
}

const SOURCE: &[u32] = &[5, 6, 7, 8, 2];

#[test]
fn a_later_token_leaves_the_earlier_logits_as_they_are() {
    for network in networks() {
        let found = logits(&network, &batch(&[SOURCE]), &[&[1, 4, 5, 6]]);
        let other = logits(&network, &batch(&[SOURCE]), &[&[1, 4, 9, 10]]);
        assert_eq!(found[..2], other[..2], "bit for bit");
        assert_ne!(found[2], other[2]);
    }
}

#[test]
fn padding_changes_nothing() {
    for network in networks() {
        let target: &[u32] = &[1, 4, 5];
        let alone = logits(&network, &batch(&[SOURCE]), &[target]);
        let padded =
            logits(&network, &batch(&[SOURCE, &[9, 8, 7, 6, 5, 4, 9, 2]]), &[target, target]);
        for (alone, padded) in alone.iter().flatten().zip(padded.iter().flatten()) {
            assert!((alone - padded).abs() < 1e-5, "{alone} and {padded}");
        }
    }
}

#[test]
fn step_by_step_and_at_once_are_the_same() {
    for network in networks() {
        let sources = batch(&[SOURCE, &[4, 2]]);
        for (row, hypotheses) in search(&network, &sources, 1).into_iter().enumerate() {
            let Hypothesis { tokens, is_complete, log_probability } = &hypotheses[0];
            let target = [&[Tokenizer::START], &tokens[..]].concat();
            let source: &[u32] = if row == 0 { SOURCE } else { &[4, 2] };
            let logits = logits(&network, &batch(&[source]), &[&target]);
            let ends = is_complete.then_some(Tokenizer::END);
            let mut sum = 0.0;
            for (logits, token) in logits.iter().zip(tokens.iter().copied().chain(ends)) {
                sum += log_softmax(logits)[token as usize];
                let mut allowed = logits.clone();
                for special in [0, 1, 3] {
                    allowed[special] = f32::MIN;
                }
                let best = allowed[argmax(&allowed)];
                assert!(best - allowed[token as usize] < 1e-5, "the most probable token");
            }
            assert!((sum - log_probability).abs() < 1e-4, "{sum} and {log_probability}");
        }
    }
}

#[test]
fn a_beam_is_in_the_order_of_its_scores() {
    for network in networks() {
        let sources = batch(&[SOURCE, &[4, 2], &[9, 9, 2]]);
        let wide = search(&network, &sources, 5);
        for found in &wide {
            assert_eq!(found.len(), 5);
            assert!(found.is_sorted_by(|left, right| left.score() >= right.score()));
        }
        // Sources do not influence each other.
        let alone = search(&network, &batch(&[&[4, 2]]), 5);
        assert_eq!(alone[0][0].tokens, wide[1][0].tokens);
    }
}
