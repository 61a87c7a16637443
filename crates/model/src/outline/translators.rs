//! The parameters of translators, by their names in PyTorch.

use hearth_config::{AttentionKind, Seq2seqConfig, TransformerConfig, TranslatorConfig};

use super::parameters::{Parameter, Parameters};

/// The parameters of a translator for a vocabulary of this size: of `nn.GRU`, `nn.Linear`, `nn.Embedding` and
/// `nn.Transformer`.
pub fn parameters(config: &TranslatorConfig, vocabulary: usize) -> Vec<Parameter> {
    let mut list = Parameters::default();
    match config {
        TranslatorConfig::Seq2seq(config) => seq2seq(config, vocabulary, &mut list),
        TranslatorConfig::Transformer(config) => transformer(config, vocabulary, &mut list),
    }
    list.0
}

/// `source`, `encoder`, `bridge`, `target`, `decoder`, those of the attention, `readout` and `output`.
fn seq2seq(config: &Seq2seqConfig, vocabulary: usize, list: &mut Parameters) {
    let Seq2seqConfig { embedding, hidden, layers, bidirectional, attention, .. } = *config;
    let memory = if bidirectional { 2 * hidden } else { hidden };
    list.same("source.weight", "source.weight", &[vocabulary, embedding]);
    for layer in 0..layers {
        let width = if layer == 0 { embedding } else { memory };
        let directions = [("forward", ""), ("backward", "_reverse")];
        for (direction, suffix) in &directions[..if bidirectional { 2 } else { 1 }] {
            let path = format!("encoder.{layer}.{direction}");
            let inputs = [(&*format!("{path}.input.weight"), width)];
            gru(list, ["encoder", &format!("l{layer}{suffix}"), &path], &inputs, hidden);
        }
    }
    list.linear("bridge", "bridge", [memory, layers * hidden]);
    list.same("target.weight", "target.weight", &[vocabulary, embedding]);
    let first = "decoder.first";
    let own = |path: &str| format!("{first}.{path}");
    // The first layer takes in the embedded token, and beside it the context.
    let (path, context) = match attention {
        AttentionKind::None => (own("gru"), Some(own("summary.weight"))),
        AttentionKind::Additive => (first.to_owned(), Some(own("context.weight"))),
        AttentionKind::Dot => (first.to_owned(), None),
    };
    let weight = format!("{path}.input.weight");
    let mut inputs = vec![(&*weight, embedding)];
    inputs.extend(context.as_deref().map(|context| (context, memory)));
    gru(list, ["decoder", "l0", &path], &inputs, hidden);
    for layer in 1..layers {
        let path = format!("decoder.rest.{}", layer - 1);
        let inputs = [(&*format!("{path}.input.weight"), hidden)];
        gru(list, ["decoder", &format!("l{layer}"), &path], &inputs, hidden);
    }
    let key = match attention {
        AttentionKind::None => None,
        AttentionKind::Additive => {
            list.inputs("query.weight", &[(&own("query.weight"), hidden)], hidden);
            list.row("score.weight", &own("score"), hidden);
            Some(own("key.weight"))
        }
        AttentionKind::Dot => Some("decoder.attention.key.weight".to_owned()),
    };
    if let Some(path) = key {
        list.inputs("key.weight", &[(&path, memory)], hidden);
    }
    list.linear("readout", "readout", [hidden + memory + embedding, embedding]);
    list.linear("output", "output", [embedding, vocabulary]);
}

/// A layer of an `nn.GRU`: the name of the module, that of the layer, and its path in a checkpoint. The gates are in the
/// same order in both.
fn gru(
    list: &mut Parameters,
    [module, layer, path]: [&str; 3],
    inputs: &[(&str, usize)],
    hidden: usize,
) {
    let name = |what: &str| format!("{module}.{what}_{layer}");
    let recurrence = format!("{path}.recurrence");
    list.inputs(&name("weight_ih"), inputs, 3 * hidden);
    list.inputs(&name("weight_hh"), &[(&format!("{recurrence}.weight"), hidden)], 3 * hidden);
    list.same(&name("bias_ih"), &format!("{path}.input.bias"), &[3 * hidden]);
    list.same(&name("bias_hh"), &format!("{recurrence}.bias"), &[3 * hidden]);
}

/// `embedding`, and `transformer`, an `nn.Transformer`.
fn transformer(config: &TransformerConfig, vocabulary: usize, list: &mut Parameters) {
    let TransformerConfig { width, layers, .. } = *config;
    list.same("embedding.weight", "embedding.weight", &[vocabulary, width]);
    for (part, attentions) in [
        ("encoder", &[("attention", "self_attn")][..]),
        ("decoder", &[("attention", "self_attn"), ("source", "multihead_attn")]),
    ] {
        for layer in 0..layers {
            let path = |ours: &str| format!("{part}.{layer}.{ours}");
            let name = |theirs: &str| format!("transformer.{part}.layers.{layer}.{theirs}");
            for (ours, theirs) in attentions {
                let layers = ["query", "key", "value"].map(|of| path(&format!("{ours}.{of}")));
                let layers = layers.each_ref().map(String::as_str);
                list.outputs(&name(&format!("{theirs}.in_proj")), "_", &layers, [width; 2]);
                let output = path(&format!("{ours}.output"));
                list.linear(&name(&format!("{theirs}.out_proj")), &output, [width; 2]);
            }
            let units = config.feed_forward();
            list.linear(&name("linear1"), &path("feed_forward.hidden"), [width, units]);
            list.linear(&name("linear2"), &path("feed_forward.output"), [units, width]);
            let norms = attentions.iter().map(|(ours, _)| *ours).chain(["feed_forward"]);
            for (index, ours) in (1..).zip(norms) {
                list.norm(&name(&format!("norm{index}")), &path(&format!("{ours}_norm")), width);
            }
        }
        list.norm(&format!("transformer.{part}.norm"), &format!("{part}_norm"), width);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use burn::tensor::Device;

    use super::*;
    use crate::{Translator, params};

    /// Configs of every kind.
    fn configs() -> Vec<TranslatorConfig> {
        let mut configs = Vec::new();
        for attention in [AttentionKind::None, AttentionKind::Additive, AttentionKind::Dot] {
            for (layers, bidirectional) in [(1, false), (2, true)] {
                let sizes = Seq2seqConfig { embedding: 3, hidden: 5, ..Default::default() };
                let config = Seq2seqConfig { layers, bidirectional, attention, ..sizes };
                configs.push(TranslatorConfig::Seq2seq(config));
            }
        }
        let sizes = TransformerConfig { width: 6, heads: 2, layers: 2, ..Default::default() };
        configs.push(TranslatorConfig::Transformer(sizes));
        configs
    }

    #[test]
    fn every_tensor_of_a_translator_is_a_part_of_one_parameter() {
        for config in configs() {
            let parameters = parameters(&config, 7);
            let mut listed = BTreeMap::new();
            for Parameter { name, shape, parts, .. } in parameters {
                let size = |shape: &[usize]| shape.iter().product::<usize>();
                let sizes = parts.iter().map(|(_, shape)| size(shape));
                assert_eq!(sizes.sum::<usize>(), size(&shape), "{name}");
                for (path, shape) in parts {
                    assert_eq!(listed.insert(path, shape), None, "{name}");
                }
            }
            let network = Translator::new(&config, 7, 1, &Device::flex());
            assert_eq!(listed, params::shapes(&network).into_iter().collect(), "{config:?}");
        }
    }
}
