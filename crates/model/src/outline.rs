//! Networks as other programs know them: lists of common layers, from which the code of a PyTorch
//! module, the names of its tensors and an ONNX graph all follow.
//!
//! Each network lists its layers in its own file. One that does not trains all the same, and exports as
//! safetensors and burnpack.
//!
//! The names are those of PyTorch's `nn.Sequential`: a layer's tensors begin with its place in the
//! list, those of a [`Layer::Residual`] with the place and `inner` or `shortcut`, those of a [`Layer::Row`] with the
//! place and `embeddings`.

use hearth_config::{Activation, Pooling};

use crate::{ImageDims, RowDims};

/// A layer. Paths are those of its tensors in a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// A row of a table, numbers `[batch, numbers]` and codes of categories `[batch, categories]`, to `[batch, features]`:
    /// the numbers, and behind them a vector for each code. A code is 1 to the number of values, and the vector of 0 is
    /// all zeros.
    Row {
        /// The parts of a row.
        dims: RowDims,
        /// The width of the vectors, which are learned: `embeddings.0`, `embeddings.1`, ... in a checkpoint, each
        /// `[values, width]`. Without a width they are one-hot.
        embedding: Option<usize>,
    },
    /// `[batch, channels, height, width]` to `[batch, features]`.
    Flatten,
    /// `[batch, features]` to images of this size.
    Unflatten(ImageDims),
    /// A linear layer from so many features to so many.
    Linear {
        /// In a checkpoint.
        path: String,
        /// Inputs and outputs.
        features: [usize; 2],
        /// In which order a checkpoint holds its features.
        places: Places,
    },
    /// A convolution.
    Convolution {
        /// In a checkpoint.
        path: String,
        /// In and out.
        channels: [usize; 2],
        /// Height and width of its window.
        kernel: usize,
        /// Down and to the right.
        stride: usize,
        /// On each side.
        padding: usize,
        /// Whether a bias is added.
        bias: bool,
        /// Whether it makes images larger.
        transposed: bool,
    },
    /// Batch normalisation by running statistics.
    Norm {
        /// In a checkpoint.
        path: String,
        /// How many.
        channels: usize,
    },
    /// A function of each number.
    Function(Function),
    /// Of windows of 2 by 2, next to each other.
    Pool(Pooling),
    /// Of all places, to `[batch, channels, 1, 1]`.
    GlobalAverage,
    /// `inner(x) + shortcut(x)`; a shortcut without layers is x itself.
    Residual {
        /// What is learned.
        inner: Vec<Layer>,
        /// What it is added to.
        shortcut: Vec<Layer>,
    },
}

/// The order of the features of a linear layer that stands next to convolutions. Other programs hold
/// channels, rows, columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// The same.
    Same,
    /// The inputs are rows, columns, channels.
    Inputs(ImageDims),
    /// The outputs are rows, columns, channels.
    Outputs(ImageDims),
}

/// A function of each number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// `max(0, z)`.
    Relu,
    /// `max(z, slope z)`.
    LeakyRelu(f32),
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-z))`.
    Sigmoid,
    /// `z (1 + erf(z / sqrt(2))) / 2`.
    Gelu,
}

/// Linear layers `layers.0`, `layers.1`, ... with a function between them.
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

/// A linear layer.
pub(crate) fn linear(path: &str, features: [usize; 2]) -> Layer {
    Layer::Linear { path: path.to_owned(), features, places: Places::Same }
}

/// A convolution that keeps height and width, or divides them by its stride, and its norm.
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

/// A convolution that halves a image, or doubles it.
pub(crate) fn resampling_convolution(
    path: &str,
    channels: [usize; 2],
    bias: bool,
    transposed: bool,
) -> Layer {
    let path = path.to_owned();
    Layer::Convolution { path, channels, kernel: 4, stride: 2, padding: 1, bias, transposed }
}

/// The function of a setting; none where it is the identity.
pub(crate) fn function(activation: Activation) -> Option<Function> {
    match activation {
        Activation::Relu => Some(Function::Relu),
        Activation::Sigmoid => Some(Function::Sigmoid),
        Activation::Tanh => Some(Function::Tanh),
        Activation::Gelu => Some(Function::Gelu),
        Activation::None => None,
    }
}
