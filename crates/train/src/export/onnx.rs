//! A network as an ONNX graph (opset 17), with the normalisation of its pictures inside.

use super::proto::{
    Attribute, AttributeProto, F32, GraphProto, I64, ModelProto, NodeProto, TensorProto,
    ValueInfoProto,
};
use hearth_config::Pooling;
use hearth_data::{Normalization, PictureShape};
use hearth_model::outline::{Function, Layer};
use hearth_store::NamedTensor;

/// The version of the operators.
pub const OPSET: i64 = 17;

/// The version of the file format that goes with it.
const IR_VERSION: i64 = 8;

/// What a graph takes.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// `pixels`: `[batch, channels, height, width]` of 0 to 255, normalised in the graph.
    Pixels(PictureShape, &'a Normalization),
    /// `latent`: `[batch, numbers]`.
    Latent(usize),
}

/// What a graph gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// `logits` and `probabilities`, `[batch, classes]`.
    Classes(usize),
    /// `logit`, `[batch, 1]`.
    Logit,
    /// `pictures`, `[batch, channels, height, width]` from -1 to 1.
    Pictures(PictureShape),
}

/// The model of these layers and their tensors, as [`super::tensors`] gives them.
pub fn model(
    layers: &[Layer],
    tensors: Vec<NamedTensor>,
    input: Input<'_>,
    output: Output,
    name: &str,
) -> ModelProto {
    let mut graph = Graph::default();
    for NamedTensor { name, shape, values } in tensors {
        graph.constant(&name, &shape, values);
    }
    let (value, taken) = match input {
        Input::Pixels(shape, normalization) => {
            let info = info("pixels", &[shape.channels, shape.height, shape.width]);
            (graph.normalized(normalization), info)
        }
        Input::Latent(count) => ("latent".to_owned(), info("latent", &[count])),
    };
    let value = graph.sequence(layers, "", value);
    let given = match output {
        Output::Classes(count) => {
            graph.named("Identity", &[&value], Vec::new(), "logits");
            graph.named("Softmax", &["logits"], vec![int("axis", 1)], "probabilities");
            vec![info("logits", &[count]), info("probabilities", &[count])]
        }
        Output::Logit => {
            graph.named("Identity", &[&value], Vec::new(), "logit");
            vec![info("logit", &[1])]
        }
        Output::Pictures(shape) => {
            graph.named("Identity", &[&value], Vec::new(), "pictures");
            vec![info("pictures", &[shape.channels, shape.height, shape.width])]
        }
    };
    ModelProto {
        ir_version: IR_VERSION,
        opset: OPSET,
        producer_name: "hearth".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: GraphProto {
            name: name.to_owned(),
            node: graph.nodes,
            initializer: graph.constants,
            input: vec![taken],
            output: given,
        },
    }
}

/// A graph as it grows. A value is called like the layer that gives it.
#[derive(Default)]
struct Graph {
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
}

impl Graph {
    fn constant(&mut self, name: &str, shape: &[usize], values: Vec<f32>) {
        self.constants.push(TensorProto {
            name: name.to_owned(),
            dims: shape.iter().map(|size| signed(*size)).collect(),
            data_type: F32,
            raw_data: values.into_iter().flat_map(f32::to_le_bytes).collect(),
        });
    }

    /// Adds an operation, and gives the name of its value.
    fn named(
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

    /// `(pixels / 255 - mean) / std`, as one product and one sum.
    fn normalized(&mut self, normalization: &Normalization) -> String {
        let pairs = || normalization.mean.iter().zip(&normalization.std);
        let shape = [1, normalization.mean.len(), 1, 1];
        let scale = pairs().map(|(_, std)| (1.0 / (255.0 * std)) as f32).collect();
        let shift = pairs().map(|(mean, std)| (-mean / std) as f32).collect();
        self.constant("scale", &shape, scale);
        self.constant("shift", &shape, shift);
        self.named("Mul", &["pixels", "scale"], Vec::new(), "scaled");
        self.named("Add", &["scaled", "shift"], Vec::new(), "normalized")
    }

    fn sequence(&mut self, layers: &[Layer], prefix: &str, mut value: String) -> String {
        for (index, layer) in layers.iter().enumerate() {
            value = self.layer(layer, &format!("{prefix}{index}"), &value);
        }
        value
    }

    fn layer(&mut self, layer: &Layer, name: &str, x: &str) -> String {
        let tensor = |tensor: &str| format!("{name}.{tensor}");
        match layer {
            Layer::Flatten => self.named("Flatten", &[x], vec![int("axis", 1)], name),
            Layer::Unflatten(dims) => {
                let shape: Vec<i64> =
                    std::iter::once(-1).chain(dims.iter().map(|size| signed(*size))).collect();
                self.constants.push(TensorProto {
                    name: tensor("shape"),
                    dims: vec![signed(shape.len())],
                    data_type: I64,
                    raw_data: shape.into_iter().flat_map(i64::to_le_bytes).collect(),
                });
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

/// A size as the format holds it.
fn signed(size: usize) -> i64 {
    i64::try_from(size).expect("sizes of tensors are far below 2^63")
}

fn info(name: &str, dims: &[usize]) -> ValueInfoProto {
    let dims = dims.iter().map(|size| signed(*size)).collect();
    ValueInfoProto { name: name.to_owned(), dims }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), value: Attribute::Int(value) }
}

fn ints(name: &str, values: &[usize]) -> AttributeProto {
    let values = values.iter().map(|value| signed(*value)).collect();
    AttributeProto { name: name.to_owned(), value: Attribute::Ints(values) }
}

fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), value: Attribute::Float(value) }
}
