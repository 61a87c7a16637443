//! The inputs and outputs of an exported network: in a graph, as samples, and in the text of a model card.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use hearth_data::text::{PairBatch, Tokenizer};
use hearth_model::Layer;
use hearth_train::error::TrainError;
use hearth_train::run::loaded::LoadedRun;
use serde_json::{Map, Value};

use super::Format;
use super::onnx::graph::Graph;

/// The inputs and outputs of a network.
pub trait Signature: Words {
    /// The inputs and outputs around the layers of a network that is a list of them.
    fn layered(&self) -> Option<&dyn LayerSignature> {
        None
    }

    /// Samples that an export is checked on, at most [`super::SAMPLES`].
    fn samples(
        &self,
        trained: &LoadedRun,
        datasets: &Path,
        device: &Device,
        notice: &mut dyn FnMut(&str),
    ) -> Result<Samples, TrainError>;

    /// The numbers that a check compares, of the outputs of the network.
    fn compared(&self, outputs: &[f32]) -> Vec<f64>;

    /// Its entries in `config.json`.
    fn settings(&self, format: Format) -> Map<String, Value>;

    /// The tokenizer of a network on texts.
    fn tokenizer(&self) -> Option<&Tokenizer> {
        None
    }

    /// Advice where what was written differs too much.
    fn help(&self, _format: Format) -> Option<String> {
        None
    }
}

/// The inputs and outputs around a list of layers, in a graph and in PyTorch.
pub trait LayerSignature {
    /// Adds the graph's inputs and their preparation, and gives the value that the first layer takes.
    fn inputs(&self, graph: &mut Graph) -> String;

    /// Adds the graph's outputs, made of the value that the last layer gives.
    fn outputs(&self, graph: &mut Graph, last: &str);

    /// The name of the graph's output that a check looks at.
    fn checked_output(&self) -> &'static str;

    /// The numbers that a check compares, of that output.
    fn compared_in_graph(&self, output: &[f32]) -> Vec<f64>;

    /// The inputs of the graph for one sample, as Python.
    fn feed(&self) -> String;

    /// The outputs of the graph, in words.
    fn gives(&self) -> &'static str;

    /// Python that makes the network, as a PyTorch module called `network`.
    fn pytorch(&self, layers: &[Layer]) -> String;
}

/// The text of a model card for a network.
pub trait Words {
    /// Its task, as Hugging Face's hub calls it.
    fn task(&self) -> &'static str;

    /// True if the results of its run are those of this network.
    fn has_results(&self) -> bool {
        true
    }

    /// Its purpose, as the end of a sentence that begins with "A network that".
    fn purpose(&self) -> String;

    /// The unit of its training samples in the plural, preceded by a number.
    fn unit(&self) -> String;

    /// The samples of the check, and the numbers that it compares.
    fn checked(&self) -> [&'static str; 2];

    /// Its inputs and outputs, in sentences.
    fn usage(&self, format: Format, settings: &str) -> String;

    /// Rust that makes it, before its numbers are loaded.
    fn burn(&self) -> BurnCode;

    /// Further sections, with their headings.
    fn sections(&self, format: Format, settings: &str) -> String;
}

/// Rust that makes a network of `config`.
pub struct BurnCode {
    /// The types imported from `hearth_config`.
    pub config: &'static str,
    /// The pattern of `config.model`.
    pub pattern: &'static str,
    /// The network, of what the pattern binds.
    pub new: String,
}

/// The samples that an export is checked on.
pub struct Samples {
    /// The number of samples.
    pub count: usize,
    /// As the network takes them.
    pub input: NetworkInput,
    /// As a graph takes them.
    pub feed: Vec<GraphInput>,
}

/// Samples as a network takes them.
#[allow(clippy::large_enum_variant, reason = "there is one of it in an export")]
#[derive(Clone, Debug)]
pub enum NetworkInput {
    /// Images, rows of a table or latent vectors, `[count, ..]`.
    Features(Tensor<4>),
    /// Sources, and targets that the decoder reads.
    Pairs(PairBatch),
}

impl NetworkInput {
    /// The features.
    ///
    /// # Panics
    ///
    /// If these are pairs.
    pub fn features(&self) -> Tensor<4> {
        match self {
            Self::Features(features) => features.clone(),
            Self::Pairs(_) => panic!("the samples of a network on features"),
        }
    }

    /// The pairs.
    ///
    /// # Panics
    ///
    /// If these are features.
    pub fn pairs(&self) -> &PairBatch {
        match self {
            Self::Pairs(pairs) => pairs,
            Self::Features(_) => panic!("the samples of a translator"),
        }
    }
}

/// An input of a graph.
pub struct GraphInput {
    /// Its name.
    pub name: &'static str,
    /// The sizes behind the batch.
    pub dims: Vec<usize>,
    /// Its numbers.
    pub values: Values,
}

/// Numbers of either type.
pub enum Values {
    /// In 32 bits.
    Floats(Vec<f32>),
    /// Small enough for the engine of the check, which has 32 bits for them.
    Whole(Vec<i32>),
}
