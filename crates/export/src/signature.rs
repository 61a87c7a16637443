//! The inputs and outputs of an exported network, whatever it takes: as a graph, as samples, in words.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use hearth_model::Layer;
use serde_json::{Map, Value};

use super::Format;
use super::graph::Graph;
use hearth_train::error::TrainError;
use hearth_train::run::trained::Trained;

/// The inputs and outputs of a network.
pub trait Signature: Words {
    /// Adds the graph's inputs and their preparation, and gives the value that the first layer takes.
    fn inputs(&self, graph: &mut Graph) -> String;

    /// Adds the graph's outputs, made of the value that the last layer gives.
    fn outputs(&self, graph: &mut Graph, last: &str);

    /// What an export is checked on, at most [`super::SAMPLES`] of them.
    fn samples(
        &self,
        trained: &Trained,
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

/// The words of a model card about a network.
pub trait Words {
    /// Its task, as Hugging Face's hub calls it.
    fn task(&self) -> &'static str;

    /// Whether the results of its run are its own.
    fn has_results(&self) -> bool {
        true
    }

    /// What it does, behind "A network that".
    fn purpose(&self) -> String;

    /// What it was trained on, behind a number.
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

    /// What else there is to say, with its headings.
    fn sections(&self, format: Format, settings: &str) -> String;
}

/// Rust that makes a network of `config`.
pub struct BurnCode {
    /// What is used of `hearth_config`.
    pub config: &'static str,
    /// The pattern of `config.model`.
    pub pattern: &'static str,
    /// The network, of what the pattern binds.
    pub new: String,
}

/// What an export is checked on.
pub struct Samples {
    /// How many there are.
    pub count: usize,
    /// As the network takes them: `[count, ..]`.
    pub tensor: Tensor<4>,
    /// As a graph takes them.
    pub feed: Vec<Fed>,
}

/// An input of a graph.
pub struct Fed {
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
