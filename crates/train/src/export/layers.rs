//! Networks as other programs know them: lists of common layers, from which the code of a PyTorch
//! module, the names of its tensors and an ONNX graph all follow.
//!
//! The names are those of PyTorch's `nn.Sequential`: a layer's tensors begin with its place in the
//! list, those of a [`Layer::Residual`] with the place and `inner` or `shortcut`.

use hearth_config::{
    Activation, ClassifierConfig, CnnConfig, DcganConfig, GanConfig, LenetConfig, MlpConfig,
    MlpGanConfig, Pooling, ResnetConfig,
};
use hearth_model::PictureDims;

/// A layer. Paths are those of its tensors in a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// `[batch, channels, height, width]` to `[batch, features]`.
    Flatten,
    /// `[batch, features]` to pictures of this size.
    Unflatten(PictureDims),
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
        /// Whether it makes pictures larger.
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
    Inputs(PictureDims),
    /// The outputs are rows, columns, channels.
    Outputs(PictureDims),
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

/// The slope of every leaky ReLU here.
const LEAKY: Function = Function::LeakyRelu(0.2);

/// A classifier, from normalised pictures to logits.
pub fn classifier(config: &ClassifierConfig, picture: PictureDims, classes: usize) -> Vec<Layer> {
    match config {
        ClassifierConfig::Mlp(config) => mlp(config, picture, classes),
        ClassifierConfig::Lenet(config) => lenet(config, picture, classes),
        ClassifierConfig::Cnn(config) => cnn(config, picture, classes),
        ClassifierConfig::Resnet(config) => resnet(config, picture[0], classes),
    }
}

/// A generator, from random numbers to pictures from -1 to 1.
pub fn generator(config: &GanConfig, picture: PictureDims) -> Vec<Layer> {
    match config {
        GanConfig::Dcgan(config) => dcgan_generator(config, picture),
        GanConfig::MlpGan(MlpGanConfig { latent, hidden }) => {
            let hidden: Vec<usize> = hidden.iter().rev().copied().collect();
            let widths = [&[*latent], &hidden[..], &[picture.iter().product()]].concat();
            let mut layers = perceptron(&widths, Some(Function::Relu));
            layers.extend([Layer::Function(Function::Tanh), Layer::Unflatten(picture)]);
            layers
        }
    }
}

/// A discriminator, from pictures from -1 to 1 to a logit.
pub fn discriminator(config: &GanConfig, picture: PictureDims) -> Vec<Layer> {
    match config {
        GanConfig::Dcgan(config) => dcgan_discriminator(config, picture),
        GanConfig::MlpGan(MlpGanConfig { hidden, .. }) => {
            let widths = [&[picture.iter().product()], &hidden[..], &[1]].concat();
            let mut layers = vec![Layer::Flatten];
            layers.extend(perceptron(&widths, Some(LEAKY)));
            layers
        }
    }
}

fn mlp(config: &MlpConfig, picture: PictureDims, classes: usize) -> Vec<Layer> {
    let widths = [&[picture.iter().product()], &config.hidden[..], &[classes]].concat();
    let mut layers = vec![Layer::Flatten];
    layers.extend(perceptron(&widths, function(config.activation)));
    layers
}

fn lenet(
    config: &LenetConfig,
    [channels, height, width]: PictureDims,
    classes: usize,
) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (index, (channels, padding)) in [([channels, 6], 2), ([6, 16], 0)].into_iter().enumerate() {
        layers.push(Layer::Convolution {
            path: format!("convolutions.{index}"),
            channels,
            kernel: 5,
            stride: 1,
            padding,
            bias: true,
            transposed: false,
        });
        layers.extend(function(config.activation).map(Layer::Function));
        layers.push(Layer::Pool(config.pooling));
    }
    layers.push(Layer::Flatten);
    let side = |size: usize| (size / 2 - 4) / 2;
    let widths = [16 * side(height) * side(width), 120, 84, classes];
    layers.extend(perceptron(&widths, function(config.activation)));
    layers
}

fn cnn(config: &CnnConfig, [channels, height, width]: PictureDims, classes: usize) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut before = channels;
    for (block, channels) in config.widths.iter().enumerate() {
        for layer in 0..config.depth {
            let path = format!("blocks.{block}.layers.{layer}");
            layers.extend(normed(&path, [before, *channels], [config.kernel_size, 1]));
            layers.push(Layer::Function(Function::Relu));
            before = *channels;
        }
        layers.push(Layer::Pool(Pooling::Max));
    }
    let side = |size: usize| size >> config.widths.len();
    layers.push(Layer::Flatten);
    layers.push(linear("head", [before * side(height) * side(width), classes]));
    layers
}

fn resnet(config: &ResnetConfig, channels: usize, classes: usize) -> Vec<Layer> {
    let relu = Layer::Function(Function::Relu);
    let mut before = config.widths[0];
    let mut layers = normed("stem", [channels, before], [3, 1]);
    layers.push(relu.clone());
    for (stage, (width, depth)) in config.widths.iter().zip(&config.depths).enumerate() {
        for block in 0..*depth {
            let path = format!("stages.{stage}.{block}");
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let mut inner = normed(&format!("{path}.first"), [before, *width], [3, stride]);
            inner.push(relu.clone());
            inner.extend(normed(&format!("{path}.second"), [*width, *width], [3, 1]));
            let shortcut = if stride > 1 || before != *width {
                normed(&format!("{path}.projection"), [before, *width], [1, stride])
            } else {
                Vec::new()
            };
            layers.extend([Layer::Residual { inner, shortcut }, relu.clone()]);
            before = *width;
        }
    }
    layers.extend([Layer::GlobalAverage, Layer::Flatten, linear("head", [before, classes])]);
    layers
}

/// Channels, rows and columns of the features between linear layer and convolutions.
fn innermost(config: &DcganConfig, [_, height, width]: PictureDims) -> PictureDims {
    let (channels, depth) = (config.widths.last().copied().unwrap_or(1), config.widths.len());
    [channels, height >> depth, width >> depth]
}

fn dcgan_generator(config: &DcganConfig, picture: PictureDims) -> Vec<Layer> {
    let innermost = innermost(config, picture);
    let features = [config.latent, innermost.iter().product()];
    let places = Places::Outputs(innermost);
    let relu = Layer::Function(Function::Relu);
    let mut layers = vec![
        Layer::Linear { path: "project".to_owned(), features, places },
        Layer::Unflatten(innermost),
        Layer::Norm { path: "norm".to_owned(), channels: innermost[0] },
        relu.clone(),
    ];
    for (index, pair) in config.widths.windows(2).rev().enumerate() {
        let path = format!("layers.{index}");
        layers.extend([
            halving(&format!("{path}.convolution"), [pair[1], pair[0]], false, true),
            Layer::Norm { path: format!("{path}.norm"), channels: pair[0] },
            relu.clone(),
        ]);
    }
    layers.push(halving("last", [config.widths[0], picture[0]], true, true));
    layers.push(Layer::Function(Function::Tanh));
    layers
}

fn dcgan_discriminator(config: &DcganConfig, picture: PictureDims) -> Vec<Layer> {
    let innermost = innermost(config, picture);
    let leaky = Layer::Function(LEAKY);
    let first = halving("first", [picture[0], config.widths[0]], true, false);
    let mut layers = vec![first, leaky.clone()];
    for (index, pair) in config.widths.windows(2).enumerate() {
        let path = format!("layers.{index}");
        layers.extend([
            halving(&format!("{path}.convolution"), [pair[0], pair[1]], false, false),
            Layer::Norm { path: format!("{path}.norm"), channels: pair[1] },
            leaky.clone(),
        ]);
    }
    let features = [innermost.iter().product(), 1];
    let places = Places::Inputs(innermost);
    layers.extend([Layer::Flatten, Layer::Linear { path: "head".to_owned(), features, places }]);
    layers
}

/// Linear layers `layers.0`, `layers.1`, ... with a function between them.
fn perceptron(widths: &[usize], function: Option<Function>) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (index, pair) in widths.windows(2).enumerate() {
        if index > 0 {
            layers.extend(function.map(Layer::Function));
        }
        layers.push(linear(&format!("layers.{index}"), [pair[0], pair[1]]));
    }
    layers
}

fn linear(path: &str, features: [usize; 2]) -> Layer {
    Layer::Linear { path: path.to_owned(), features, places: Places::Same }
}

/// A convolution that keeps height and width, or divides them by its stride, and its norm.
fn normed(path: &str, channels: [usize; 2], [kernel, stride]: [usize; 2]) -> Vec<Layer> {
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

/// A convolution that halves a picture, or doubles it.
fn halving(path: &str, channels: [usize; 2], bias: bool, transposed: bool) -> Layer {
    let path = path.to_owned();
    Layer::Convolution { path, channels, kernel: 4, stride: 2, padding: 1, bias, transposed }
}

fn function(activation: Activation) -> Option<Function> {
    match activation {
        Activation::Relu => Some(Function::Relu),
        Activation::Sigmoid => Some(Function::Sigmoid),
        Activation::Tanh => Some(Function::Tanh),
        Activation::Gelu => Some(Function::Gelu),
        Activation::None => None,
    }
}
