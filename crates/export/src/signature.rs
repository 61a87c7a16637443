//! The inputs and outputs of an exported network: in a graph, as samples, and in the text of a model card.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use hearth_model::Layer;
use hearth_train::error::TrainError;
use hearth_train::run::loaded::LoadedRun;
use serde_json::{Map, Value};

use super::Format;
use super::graph::Graph;

/// The inputs and outputs of a network.
pub trait Signature: Words {
    /// Adds the graph's inputs and their preparation, and gives the value that the first layer takes.
    fn inputs(&self, graph: &mut Graph) -> String;

    /// Adds the graph's outputs, made of the value that the last layer gives.
    fn outputs(&self, graph: &mut Graph, last: &str);

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

    /// The name of the graph's output that a check looks at.
    fn checked_output(&self) -> &'static str;

    /// The numbers that a check compares, of that output.
    fn compared_in_graph(&self, output: &[f32]) -> Vec<f64>;

    /// Its entries in `config.json`.
    fn settings(&self, format: Format) -> Map<String, Value>;

    /// Advice where what was written differs too much.
    fn help(&self, _format: Format) -> Option<String> {
        None
    }
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

    /// The inputs of the graph for one sample, as Python.
    fn feed(&self) -> String;

    /// The outputs of the graph.
    fn gives(&self) -> &'static str;

    /// Python that makes it, as a PyTorch module called `network`.
    fn pytorch(&self, layers: &[Layer]) -> String;

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
    /// As the network takes them: `[count, ..]`.
    pub tensor: Tensor<4>,
    /// As a graph takes them.
    pub feed: Vec<GraphInput>,
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
