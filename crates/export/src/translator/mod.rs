//! Translators: their parameters, their code in PyTorch, and their graphs.
//!
//! | file | subject |
//! | --- | --- |
//! | `builder` | a graph as it grows |
//! | `seq2seq`, `transformer` | the graphs of the encoder and of a step of the decoder |
//! | `*.py` | the networks as PyTorch modules, and greedy decoding |

mod builder;
mod seq2seq;
mod transformer;

use hearth_config::{AttentionKind, Seq2seqConfig, TransformerConfig, TranslatorConfig};
use hearth_model::Translator;
use hearth_model::outline::Parameter;
use hearth_store::NamedTensor;

use super::onnx;
use super::onnx::proto::ModelProto;

/// The file of the encoder's graph.
pub const ENCODER: &str = "encoder.onnx";

/// The file of the graph of a decoder's step.
pub const DECODER: &str = "decoder.onnx";

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
        Translator::parameters(&self.config, self.vocabulary)
    }

    /// The encoder and a step of the decoder as ONNX graphs, of tensors by their names in PyTorch.
    pub fn onnx(&self, tensors: Vec<NamedTensor>) -> [ModelProto; 2] {
        let weights = tensors.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        let vocabulary = self.vocabulary;
        let graphs = match &self.config {
            TranslatorConfig::Seq2seq(config) => seq2seq::graphs(config, vocabulary, &weights),
            TranslatorConfig::Transformer(config) => {
                transformer::graphs(config, vocabulary, &weights)
            }
        };
        graphs.map(onnx::of_graph)
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

    /// Python that translates a text by a PyTorch module `network` and the tokenizer in this file, greedily.
    pub fn translate(tokenizer: &str) -> String {
        translate(tokenizer, include_str!("translate.py"))
    }

    /// Python that translates a text by the graphs and the tokenizer in this file, greedily.
    pub fn translate_by_graphs(tokenizer: &str) -> String {
        let sessions = [("encoder", ENCODER), ("decoder", DECODER)]
            .map(|(name, file)| format!("{name} = onnxruntime.InferenceSession(\"{file}\")\n"));
        format!(
            "import numpy\nimport onnxruntime\n{}\n{}",
            translate(tokenizer, ""),
            sessions.concat() + include_str!("translate_by_graphs.py")
        )
    }
}

/// Python that reads the tokenizer in this file, and then this code.
fn translate(tokenizer: &str, code: &str) -> String {
    let read = format!("tokenizer = Tokenizer.from_file(\"{tokenizer}\")\n");
    format!("from tokenizers import Tokenizer\n\n{read}{code}")
}
