//! A network as a list of common layers, from which exports generate the code of a PyTorch module, the
//! names of its tensors and an ONNX graph.
//!
//! Each network lists its layers in its own file. A network without a list exports only as
//! safetensors and burnpack.
//!
//! Tensors are named as in PyTorch's `nn.Sequential`: by the layer's index in the list, followed by
//! `inner` or `shortcut` in a [`Layer::Residual`] and by `embeddings` in a [`Layer::Row`].
//!
//! A translator is no such list. It names the parameters of a PyTorch module instead ([`Parameter`]).

mod parameters;
mod translators;

use hearth_config::{Activation, Pooling};

pub use parameters::{Layout, Parameter};
pub(crate) use translators::parameters as translator_parameters;

use crate::{ImageDims, RowDims};

/// A layer; `path` is the prefix of its tensors in a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// The encoding of a table's row: numbers `[batch, numbers]` and category codes `[batch, categories]` to
    /// `[batch, features]`, the numbers followed by one vector for each category. Codes run from 1 to the number of
    /// values; the vector of code 0 is all zeros.
    Row {
        /// The sizes of a row.
        dims: RowDims,
        /// The width of the embeddings, which are learned: `embeddings.0`, `embeddings.1`, ... in a checkpoint, each
        /// `[values, width]`. None for one-hot vectors.
        embedding: Option<usize>,
    },
    /// `[batch, channels, height, width]` to `[batch, features]`.
    Flatten,
    /// `[batch, features]` to images of this size.
    Unflatten(ImageDims),
    /// A linear layer, `[batch, inputs]` to `[batch, outputs]`.
    Linear {
        /// The prefix of `weight` and `bias`.
        path: String,
        /// Inputs and outputs.
        features: [usize; 2],
        /// The order of the features in a checkpoint.
        order: FeatureOrder,
    },
    /// A convolution.
    Convolution {
        /// The prefix of `weight` and `bias`.
        path: String,
        /// Channels in and out.
        channels: [usize; 2],
        /// Height and width of the kernel.
        kernel: usize,
        /// Distance between neighbouring patches, in pixels.
        stride: usize,
        /// Zeros on each side of the input, in pixels.
        padding: usize,
        /// True if a bias is added.
        bias: bool,
        /// True for a transposed convolution.
        transposed: bool,
    },
    /// Batch normalisation by running statistics.
    Norm {
        /// The prefix of `gamma`, `beta`, `running_mean` and `running_variance`.
        path: String,
        /// The number of channels.
        channels: usize,
    },
    /// An elementwise function.
    Function(Function),
    /// 2x2 pooling with stride 2.
    Pool(Pooling),
    /// Global average pooling, to `[batch, channels, 1, 1]`.
    GlobalAverage,
    /// `inner(x) + shortcut(x)`; an empty shortcut is the identity.
    Residual {
        /// The residual branch.
        inner: Vec<Layer>,
        /// The shortcut branch.
        shortcut: Vec<Layer>,
    },
}

/// The order of the features of a linear layer next to convolutions, in a checkpoint. Exports have the order
/// channels, rows, columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureOrder {
    /// Channels, rows, columns: as exported.
    Same,
    /// The inputs are in the order rows, columns, channels.
    Inputs(ImageDims),
    /// The outputs are in the order rows, columns, channels.
    Outputs(ImageDims),
}

/// An elementwise function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// `max(0, z)`.
    Relu,
    /// `max(z, slope z)`.
    LeakyRelu(f32),
    /// The hyperbolic tangent.
    Tanh,
    /// The logistic function, `1 / (1 + exp(-z))`.
    Sigmoid,
    /// `z (1 + erf(z / sqrt(2))) / 2`.
    Gelu,
}

/// Linear layers `layers.0`, `layers.1`, ... of these widths, with a function between them.
pub(crate) fn perceptron(widths: &[usize], function: Option<Function>) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (index, pair) in widths.windows(2).enumerate() {
        if index > 0 {
            layers.extend(function.map(Layer::Function));
        }
        layers.push(linear(&format!("layers.{index}"), [pair[0], pair[1]]));
    }
    layers
}

/// A linear layer whose features are in the order of the export.
pub(crate) fn linear(path: &str, features: [usize; 2]) -> Layer {
    Layer::Linear { path: path.to_owned(), features, order: FeatureOrder::Same }
}

/// A convolution with "same" padding, which divides height and width by its stride, and its norm.
pub(crate) fn conv_norm(
    path: &str,
    channels: [usize; 2],
    [kernel, stride]: [usize; 2],
) -> Vec<Layer> {
    let convolution = Layer::Convolution {
        path: format!("{path}.convolution"),
        channels,
        kernel,
        stride,
        padding: kernel / 2,
        bias: false,
        transposed: false,
    };
    vec![convolution, Layer::Norm { path: format!("{path}.norm"), channels: channels[1] }]
}

/// A 4x4 convolution with stride 2, which halves height and width, or doubles them when transposed.
pub(crate) fn resampling_convolution(
    path: &str,
    channels: [usize; 2],
    bias: bool,
    transposed: bool,
) -> Layer {
    let path = path.to_owned();
    Layer::Convolution { path, channels, kernel: 4, stride: 2, padding: 1, bias, transposed }
}

/// The function of an activation in the settings; None for the identity.
pub(crate) fn function(activation: Activation) -> Option<Function> {
    match activation {
        Activation::Relu => Some(Function::Relu),
        Activation::Sigmoid => Some(Function::Sigmoid),
        Activation::Tanh => Some(Function::Tanh),
        Activation::Gelu => Some(Function::Gelu),
        Activation::None => None,
    }
}
