//! An ONNX graph as it grows, operation by operation.

use hearth_config::Pooling;
use hearth_model::RowDims;
use hearth_model::outline::{Function, Layer};

use super::proto::{
    Attribute, AttributeProto, Dimension, F32, GraphProto, I64, NodeProto, TensorProto,
    ValueInfoProto, signed,
};

/// The input of a graph that holds the codes of categories.
pub const CODES: &str = "codes";

/// A graph as it grows. A value is called like the layer that gives it.
#[derive(Default)]
pub struct Graph {
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
    inputs: Vec<ValueInfoProto>,
    outputs: Vec<ValueInfoProto>,
}

impl Graph {
    /// The graph as a message.
    pub fn finish(self, name: &str) -> GraphProto {
        GraphProto {
            name: name.to_owned(),
            node: self.nodes,
            initializer: self.constants,
            input: self.inputs,
            output: self.outputs,
        }
    }

    /// Adds an input of floats, `[batch, ..]`.
    pub fn input(&mut self, name: &str, dims: &[usize]) {
        self.declare_input(name, F32, &behind_batch(dims));
    }

    /// Adds an input of whole numbers, `[batch, ..]`.
    pub fn whole_input(&mut self, name: &str, dims: &[usize]) {
        self.declare_input(name, I64, &behind_batch(dims));
    }

    /// Adds an output, `[batch, ..]`, which has been made by its name.
    pub fn output(&mut self, name: &str, dims: &[usize]) {
        self.declare_output(name, &behind_batch(dims));
    }

    /// Adds an input of this type and size.
    pub(crate) fn declare_input(&mut self, name: &str, data_type: i32, dims: &[Dimension]) {
        self.inputs.push(info(name, data_type, dims));
    }

    /// Adds an output of floats of this size, which has been made by its name.
    pub(crate) fn declare_output(&mut self, name: &str, dims: &[Dimension]) {
        self.outputs.push(info(name, F32, dims));
    }

    /// Adds a constant.
    pub fn constant(&mut self, name: &str, shape: &[usize], values: Vec<f32>) {
        self.constants.push(TensorProto {
            name: name.to_owned(),
            dims: shape.iter().map(|size| signed(*size)).collect(),
            data_type: F32,
            raw_data: values.into_iter().flat_map(f32::to_le_bytes).collect(),
        });
    }

    /// Adds a constant of whole numbers.
    pub(crate) fn whole_constant(&mut self, name: &str, shape: &[usize], values: Vec<i64>) {
        self.constants.push(TensorProto {
            name: name.to_owned(),
            dims: shape.iter().map(|size| signed(*size)).collect(),
            data_type: I64,
            raw_data: values.into_iter().flat_map(i64::to_le_bytes).collect(),
        });
    }

    /// Adds an operation, and gives the name of its value.
    pub fn named(
        &mut self,
        operation: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
        name: &str,
    ) -> String {
        self.nodes.push(NodeProto {
            op_type: operation.to_owned(),
            name: name.to_owned(),
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![name.to_owned()],
            attribute: attributes,
        });
        name.to_owned()
    }

    /// Adds layers behind a value.
    pub fn sequence(&mut self, layers: &[Layer], prefix: &str, mut value: String) -> String {
        for (index, layer) in layers.iter().enumerate() {
            value = self.layer(layer, &format!("{prefix}{index}"), &value);
        }
        value
    }

    fn layer(&mut self, layer: &Layer, name: &str, x: &str) -> String {
        let tensor = |tensor: &str| format!("{name}.{tensor}");
        match layer {
            Layer::Row { dims, embedding } => self.row(dims, embedding.is_some(), name, x),
            Layer::Flatten => self.named("Flatten", &[x], vec![int("axis", 1)], name),
            Layer::Unflatten(dims) => {
                let shape: Vec<i64> =
                    std::iter::once(-1).chain(dims.iter().map(|size| signed(*size))).collect();
                self.whole_constant(&tensor("shape"), &[shape.len()], shape);
                self.named("Reshape", &[x, &tensor("shape")], Vec::new(), name)
            }
            Layer::Linear { .. } => {
                let inputs = [x, &tensor("weight"), &tensor("bias")];
                self.named("Gemm", &inputs, vec![int("transB", 1)], name)
            }
            Layer::Convolution { kernel, stride, padding, bias, transposed, .. } => {
                let attributes = vec![
                    ints("kernel_shape", &[*kernel; 2]),
                    ints("strides", &[*stride; 2]),
                    ints("pads", &[*padding; 4]),
                ];
                let operation = if *transposed { "ConvTranspose" } else { "Conv" };
                let (weight, added) = (tensor("weight"), tensor("bias"));
                let inputs: &[&str] = if *bias { &[x, &weight, &added] } else { &[x, &weight] };
                self.named(operation, inputs, attributes, name)
            }
            Layer::Norm { .. } => {
                let [weight, bias, mean, variance] =
                    ["weight", "bias", "running_mean", "running_var"].map(tensor);
                let inputs = [x, &weight, &bias, &mean, &variance];
                self.named("BatchNormalization", &inputs, vec![float("epsilon", 1e-5)], name)
            }
            Layer::Function(function) => self.function(*function, name, x),
            Layer::Pool(kind) => {
                let operation = match kind {
                    Pooling::Max => "MaxPool",
                    Pooling::Average => "AveragePool",
                };
                let attributes = vec![ints("kernel_shape", &[2; 2]), ints("strides", &[2; 2])];
                self.named(operation, &[x], attributes, name)
            }
            Layer::GlobalAverage => self.named("GlobalAveragePool", &[x], Vec::new(), name),
            Layer::Residual { inner, shortcut } => {
                let inner = self.sequence(inner, &tensor("inner."), x.to_owned());
                let shortcut = self.sequence(shortcut, &tensor("shortcut."), x.to_owned());
                self.named("Add", &[&inner, &shortcut], Vec::new(), name)
            }
        }
    }

    /// Numbers, where there are any, and behind them a vector for each of the [`CODES`].
    fn row(&mut self, dims: &RowDims, is_learned: bool, name: &str, numbers: &str) -> String {
        let mut parts: Vec<String> =
            (dims.numbers > 0).then(|| numbers.to_owned()).into_iter().collect();
        let categories = dims.categories.iter().enumerate();
        if is_learned {
            for (category, _) in categories {
                let part = |part: &str| format!("{name}.embeddings.{category}.{part}");
                let [place, code, weight, vector] = ["place", "code", "weight", "vector"].map(part);
                self.whole_constant(&place, &[], vec![signed(category)]);
                self.named("Gather", &[CODES, &place], vec![int("axis", 1)], &code);
                parts.push(self.named("Gather", &[&weight, &code], vec![int("axis", 0)], &vector));
            }
        } else if !dims.categories.is_empty() {
            // One place for each value of each category: its code, and the place of that among the codes.
            let values = categories.flat_map(|(category, values)| {
                (1..=*values).map(move |value| (signed(category), signed(value)))
            });
            let (places, values): (Vec<_>, Vec<_>) = values.unzip();
            let part = |part: &str| format!("{name}.{part}");
            let [place, value, code, same, hot] =
                ["places", "values", "codes", "equal", "one_hot"].map(part);
            let width = values.len();
            self.whole_constant(&place, &[width], places);
            self.whole_constant(&value, &[1, width], values);
            self.named("Gather", &[CODES, &place], vec![int("axis", 1)], &code);
            self.named("Equal", &[&code, &value], Vec::new(), &same);
            let to = int("to", F32.into());
            parts.push(self.named("Cast", &[&same], vec![to], &hot));
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        self.named("Concat", &parts, vec![int("axis", 1)], name)
    }

    fn function(&mut self, function: Function, name: &str, x: &str) -> String {
        let operation = match function {
            Function::Relu => "Relu",
            Function::LeakyRelu(slope) => {
                return self.named("LeakyRelu", &[x], vec![float("alpha", slope)], name);
            }
            Function::Tanh => "Tanh",
            Function::Sigmoid => "Sigmoid",
            // Its own operation came with opset 20, which fewer engines know.
            Function::Gelu => {
                let part = |part: &str| format!("{name}.{part}");
                let [root, one, half] = ["root", "one", "half"].map(part);
                let [divided, erf, sum, product] = ["divided", "erf", "sum", "product"].map(part);
                self.constant(&root, &[], vec![std::f32::consts::SQRT_2]);
                self.constant(&one, &[], vec![1.0]);
                self.constant(&half, &[], vec![0.5]);
                self.named("Div", &[x, &root], Vec::new(), &divided);
                self.named("Erf", &[&divided], Vec::new(), &erf);
                self.named("Add", &[&erf, &one], Vec::new(), &sum);
                self.named("Mul", &[x, &sum], Vec::new(), &product);
                return self.named("Mul", &[&product, &half], Vec::new(), name);
            }
        };
        self.named(operation, &[x], Vec::new(), name)
    }
}

/// Any batch, and the sizes behind it.
fn behind_batch(dims: &[usize]) -> Vec<Dimension> {
    std::iter::once(Dimension::BATCH).chain(dims.iter().copied().map(Dimension::Size)).collect()
}

fn info(name: &str, data_type: i32, dims: &[Dimension]) -> ValueInfoProto {
    ValueInfoProto { name: name.to_owned(), data_type, dims: dims.to_vec() }
}

/// A setting of an operation.
pub fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), value: Attribute::Int(value) }
}

/// A setting of an operation: sizes or axes.
pub(crate) fn ints(name: &str, values: &[usize]) -> AttributeProto {
    let values = values.iter().map(|value| signed(*value)).collect();
    AttributeProto { name: name.to_owned(), value: Attribute::Ints(values) }
}

/// A setting of an operation.
pub(crate) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), value: Attribute::Float(value) }
}
