//! A graph of a translator as it grows, with operations that are named by their number.

use std::collections::{BTreeMap, BTreeSet};

use hearth_store::NamedTensor;

use crate::onnx::graph::{Graph, float, int, ints};
use crate::onnx::proto::{AttributeProto, Dimension, F32, GraphProto, I64, signed};

/// The parameters of a translator, by their names in PyTorch.
pub type Weights = BTreeMap<String, NamedTensor>;

/// Added to the scores of padding, whose weights become zero.
const MASKED: f32 = -1e9;

/// A graph as it grows.
pub struct Builder<'a> {
    graph: Graph,
    weights: &'a Weights,
    /// The constants so far.
    constants: BTreeSet<String>,
    /// The number of operations so far.
    count: usize,
}

/// The name of a value.
pub type Named = String;

impl<'a> Builder<'a> {
    /// An empty graph of a network with these weights.
    pub fn new(weights: &'a Weights) -> Self {
        Self { graph: Graph::default(), weights, constants: BTreeSet::new(), count: 0 }
    }

    /// The graph as a message.
    pub fn finish(self, name: &str) -> GraphProto {
        self.graph.finish(name)
    }

    /// Adds an input of numbers.
    pub fn input(&mut self, name: &str, dims: &[Dimension]) -> Named {
        self.graph.declare_input(name, F32, dims);
        name.to_owned()
    }

    /// Adds an input of tokens.
    pub fn tokens(&mut self, name: &str, dims: &[Dimension]) -> Named {
        self.graph.declare_input(name, I64, dims);
        name.to_owned()
    }

    /// Makes a value an output of this name.
    pub fn output(&mut self, value: &str, name: &str, dims: &[Dimension]) {
        self.graph.named("Identity", &[value], Vec::new(), name);
        self.graph.declare_output(name, dims);
    }

    /// Adds an operation.
    pub fn apply(
        &mut self,
        operation: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> Named {
        self.count += 1;
        let name = format!("{operation}_{}", self.count);
        self.graph.named(operation, inputs, attributes, &name)
    }

    /// Adds an operation without attributes.
    pub fn op(&mut self, operation: &str, inputs: &[&str]) -> Named {
        self.apply(operation, inputs, Vec::new())
    }

    /// A constant, which is made at its first use.
    pub fn constant(&mut self, name: &str, shape: &[usize], values: Vec<f32>) -> Named {
        if self.constants.insert(name.to_owned()) {
            self.graph.constant(name, shape, values);
        }
        name.to_owned()
    }

    /// Whole numbers, `[count]`.
    pub fn whole(&mut self, values: &[i64]) -> Named {
        let texts: Vec<_> = values.iter().map(i64::to_string).collect();
        let name = format!("whole_{}", texts.join("_"));
        if self.constants.insert(name.clone()) {
            self.graph.whole_constant(&name, &[values.len()], values.to_vec());
        }
        name
    }

    /// A whole number without axes.
    pub fn index(&mut self, value: usize) -> Named {
        let name = format!("index_{value}");
        if self.constants.insert(name.clone()) {
            self.graph.whole_constant(&name, &[], vec![signed(value)]);
        }
        name
    }

    /// A number without axes.
    pub fn number(&mut self, value: f32) -> Named {
        self.constant(&format!("number_{value:?}"), &[], vec![value])
    }

    /// The tensor of a parameter.
    pub fn weight(&self, name: &str) -> &'a NamedTensor {
        self.weights.get(name).expect("a parameter of the network")
    }

    /// A parameter as it is.
    pub fn parameter(&mut self, name: &str) -> Named {
        let NamedTensor { name, shape, values } = self.weight(name);
        self.constant(name, shape, values.clone())
    }

    /// Some rows of a parameter `[outputs, inputs]`, from `first` on, as `[inputs, count]`.
    fn transposed(&mut self, name: &str, [first, count]: [usize; 2]) -> Named {
        let NamedTensor { shape, values, .. } = self.weight(name);
        let inputs = shape[1];
        let columns = (0..inputs).flat_map(|input| {
            (first..first + count).map(move |output| values[output * inputs + input])
        });
        self.constant(&format!("{name}.{first}.transposed"), &[inputs, count], columns.collect())
    }

    /// The product of `[.., inputs]` with the weights of a linear layer without a bias, `[.., outputs]`.
    pub fn project(&mut self, x: &str, weight: &str) -> Named {
        let outputs = self.weight(weight).shape[0];
        let weight = self.transposed(weight, [0, outputs]);
        self.op("MatMul", &[x, &weight])
    }

    /// A linear layer on `[.., inputs]`: some of its outputs, from `first` on. Its parameters are called as the layer, with
    /// `weight` and `bias` behind it.
    pub fn linear_part(&mut self, x: &str, layer: &str, part: [usize; 2]) -> Named {
        let [first, count] = part;
        let (weight, bias) = (format!("{layer}weight"), format!("{layer}bias"));
        let weight = self.transposed(&weight, part);
        let values = self.weight(&bias).values[first..first + count].to_vec();
        let bias = self.constant(&format!("{bias}.{first}"), &[count], values);
        let product = self.op("MatMul", &[x, &weight]);
        self.op("Add", &[&product, &bias])
    }

    /// A linear layer on `[.., inputs]`.
    pub fn linear(&mut self, x: &str, layer: &str) -> Named {
        let outputs = self.weight(&format!("{layer}.weight")).shape[0];
        self.linear_part(x, &format!("{layer}."), [0, outputs])
    }

    /// Layer normalisation of the last axis.
    pub fn norm(&mut self, x: &str, layer: &str) -> Named {
        let gain = self.parameter(&format!("{layer}.weight"));
        let bias = self.parameter(&format!("{layer}.bias"));
        let attributes = vec![int("axis", -1), float("epsilon", 1e-5)];
        self.apply("LayerNormalization", &[x, &gain, &bias], attributes)
    }

    /// The vectors of tokens, from a table.
    pub fn embed(&mut self, table: &str, tokens: &str) -> Named {
        let table = self.parameter(table);
        self.apply("Gather", &[&table, tokens], vec![int("axis", 0)])
    }

    /// The slice of an index of an axis, without the axis.
    pub fn at(&mut self, x: &str, axis: i64, index: usize) -> Named {
        let index = self.index(index);
        self.apply("Gather", &[x, &index], vec![int("axis", axis)])
    }

    /// Adds axes of one element.
    pub fn unsqueeze(&mut self, x: &str, axes: &[i64]) -> Named {
        let axes = self.whole(axes);
        self.op("Unsqueeze", &[x, &axes])
    }

    /// Removes axes of one element.
    pub fn squeeze(&mut self, x: &str, axes: &[i64]) -> Named {
        let axes = self.whole(axes);
        self.op("Squeeze", &[x, &axes])
    }

    /// Another order of the axes.
    pub fn transpose(&mut self, x: &str, order: &[usize]) -> Named {
        self.apply("Transpose", &[x], vec![ints("perm", order)])
    }

    /// Another shape; 0 keeps an axis, and -1 takes what is left.
    pub fn reshape(&mut self, x: &str, shape: &[i64]) -> Named {
        let shape = self.whole(shape);
        self.op("Reshape", &[x, &shape])
    }

    /// Values one behind the other along an axis.
    pub fn concat(&mut self, parts: &[Named], axis: i64) -> Named {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        self.apply("Concat", &parts, vec![int("axis", axis)])
    }

    /// Values one behind the other along a new axis.
    pub fn stack(&mut self, parts: &[Named], axis: i64) -> Named {
        let parts: Vec<_> = parts.iter().map(|part| self.unsqueeze(part, &[axis])).collect();
        self.concat(&parts, axis)
    }

    /// The softmax of the last axis.
    pub fn softmax(&mut self, scores: &str) -> Named {
        self.apply("Softmax", &[scores], vec![int("axis", -1)])
    }

    /// Of tokens `[batch, sources]`, 1 for each and 0 for padding, as numbers.
    pub fn present(&mut self, source: &str) -> Named {
        let padding = self.index(0);
        let is_padding = self.op("Equal", &[source, &padding]);
        let is_present = self.op("Not", &[&is_padding]);
        self.apply("Cast", &[&is_present], vec![int("to", F32.into())])
    }

    /// What the scores of an attention become by: 0 for a token, and [`MASKED`] for padding.
    pub fn mask(&mut self, present: &str) -> Named {
        let (one, masked) = (self.number(1.0), self.number(MASKED));
        let absent = self.op("Sub", &[&one, present]);
        self.op("Mul", &[&absent, &masked])
    }
}
