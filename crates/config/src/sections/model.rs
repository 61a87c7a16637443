//! `[model]`: the network.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// `[model]`: what is trained, by `kind`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("unevaluatedProperties" = false))]
pub enum ModelConfig {
    /// A network that names the class of a picture.
    Classifier {
        /// The network itself.
        #[serde(flatten)]
        network: ClassifierConfig,
        /// What every such network shares.
        #[serde(flatten)]
        init: InitConfig,
    },
    /// A network that makes pictures, and one that tells them from real ones.
    Gan(GanConfig),
}

/// The part of `[model]` that every classifier shares: the weights that it starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InitConfig {
    /// The folder of a run whose best checkpoint the network starts from. Without it, weights are
    /// drawn by `initializer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub init: Option<String>,
    /// Whether the last layer starts from that run as well (the default), or is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_head: Option<bool>,
}

/// The kinds of networks that name the class of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ClassifierConfig {
    /// A multilayer perceptron; softmax regression when `hidden` is empty.
    Mlp(MlpConfig),
    /// LeNet (LeCun et al. 1998), in the form of *Dive into Deep Learning*.
    Lenet(LenetConfig),
    /// A plain convolutional network: blocks of convolutions, each of which halves the picture.
    Cnn(CnnConfig),
    /// A residual network (He et al. 2016), in its form for CIFAR.
    Resnet(ResnetConfig),
}

/// The kinds of adversarial pairs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum GanConfig {
    /// Convolutions (Radford, Metz and Chintala 2016).
    Dcgan(DcganConfig),
    /// Linear layers.
    MlpGan(MlpGanConfig),
}

/// `[model] kind = "mlp"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MlpConfig {
    /// Widths of the hidden layers; empty for softmax regression.
    #[schemars(inner(range(min = 1)))]
    pub hidden: Vec<usize>,
    /// What stands between the linear layers.
    #[serde(default)]
    pub activation: Activation,
    /// The share of hidden units that a training step drops: one number, or one for each hidden layer.
    #[serde(default)]
    pub dropout: Dropout,
    /// The distribution of the initial weights. Biases start at zero.
    #[serde(default)]
    pub initializer: Initializer,
}

/// `[model] kind = "lenet"`.
///
/// A 5x5 convolution to 6 channels with padding 2, one of 5x5 to 16 channels without, and 2x2
/// pooling after each; then linear layers to 120, to 84 and to the classes. A picture must have
/// at least 12x12 pixels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LenetConfig {
    /// What follows each convolution and each hidden linear layer.
    pub activation: Activation,
    /// What a 2x2 window becomes.
    pub pooling: Pooling,
    /// The distribution of the initial weights. Biases start at zero.
    pub initializer: Initializer,
}

/// `[model] kind = "cnn"`.
///
/// A block is `depth` times a convolution that keeps the size, batch normalisation and ReLU, and
/// then 2x2 max pooling. The head is dropout and a linear layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CnnConfig {
    /// Channels of each block: one number for each.
    #[schemars(length(min = 1, max = 20), inner(range(min = 1, max = 4096)))]
    pub widths: Vec<usize>,
    /// Convolutions in each block.
    #[serde(default = "default_depth")]
    #[schemars(range(min = 1, max = 16))]
    pub depth: usize,
    /// Height and width of the convolutions, in pixels: odd, so that the output can be as large
    /// as the input.
    #[serde(default = "default_kernel_size")]
    #[schemars(range(min = 1, max = 15), extend("enum" = [1, 3, 5, 7, 9, 11, 13, 15]))]
    pub kernel_size: usize,
    /// The share of the head's inputs that a training step drops.
    #[serde(default)]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub dropout: f64,
    /// The distribution of the initial weights. Biases start at zero.
    #[serde(default)]
    pub initializer: Initializer,
}

fn default_depth() -> usize {
    1
}

fn default_kernel_size() -> usize {
    3
}

/// `[model] kind = "resnet"`.
///
/// A 3x3 convolution to `widths[0]` channels, batch normalisation and ReLU; stages of residual
/// blocks with two 3x3 convolutions each; the average over each channel; dropout and a linear
/// layer. Every stage after the first starts with stride 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResnetConfig {
    /// Channels of each stage: one number for each.
    #[schemars(length(min = 1, max = 20), inner(range(min = 1, max = 4096)))]
    pub widths: Vec<usize>,
    /// Residual blocks in each stage: as many numbers as `widths` has.
    #[schemars(length(min = 1, max = 20), inner(range(min = 1, max = 64)))]
    pub depths: Vec<usize>,
    /// The share of the head's inputs that a training step drops.
    #[serde(default)]
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub dropout: f64,
    /// The distribution of the initial weights. Biases start at zero.
    #[serde(default)]
    pub initializer: Initializer,
}

/// `[model] kind = "dcgan"`.
///
/// The discriminator is a convolution of 4x4 with stride 2 for each of `widths`, which halves the
/// picture, and a linear layer; the generator goes the same way back, from `latent` random numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DcganConfig {
    /// Random numbers that a picture is made from.
    #[schemars(range(min = 1, max = 4096))]
    pub latent: usize,
    /// Channels of the convolutions, from the picture inwards. The picture's sides must be
    /// divisible by 2 as often as there are widths.
    #[schemars(length(min = 1, max = 20), inner(range(min = 1, max = 4096)))]
    pub widths: Vec<usize>,
}

impl Default for DcganConfig {
    fn default() -> Self {
        Self { latent: 100, widths: vec![64, 128] }
    }
}

/// `[model] kind = "mlp-gan"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MlpGanConfig {
    /// Random numbers that a picture is made from.
    #[schemars(range(min = 1, max = 4096))]
    pub latent: usize,
    /// Widths of the discriminator's hidden layers, from the picture inwards; the generator has
    /// them in reverse.
    #[schemars(length(min = 1, max = 1000), inner(range(min = 1)))]
    pub hidden: Vec<usize>,
}

impl Default for MlpGanConfig {
    fn default() -> Self {
        Self { latent: 100, hidden: vec![512, 256] }
    }
}

/// What a window of pixels becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// Its largest value.
    #[default]
    Max,
    /// Its mean.
    Average,
}

/// The non-linear function between two layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(0, x)`.
    #[default]
    Relu,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// `x Phi(x)` (Hendrycks and Gimpel 2016), with the error function.
    Gelu,
    /// Nothing: the network is one linear map, however deep.
    None,
}

/// The distribution of the initial weights of a layer.
///
/// A convolution's `inputs` are its input channels times the area of its kernel, its `outputs`
/// the output channels times that area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Initializer {
    /// Normal with variance `2 / inputs` (He et al. 2015), for ReLU.
    #[default]
    He,
    /// Uniform with variance `2 / (inputs + outputs)` (Glorot and Bengio 2010), for sigmoid and tanh.
    Xavier,
    /// Normal with standard deviation 0.01, as in *Dive into Deep Learning*.
    Normal,
}

/// Dropout probabilities of the hidden layers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Dropout {
    /// The same for every hidden layer.
    Same(f64),
    /// One for each hidden layer.
    Each(Vec<f64>),
}

impl Default for Dropout {
    fn default() -> Self {
        Self::Same(0.0)
    }
}

impl Dropout {
    /// One probability for each of `layers` hidden layers.
    pub fn per_layer(&self, layers: usize) -> Vec<f64> {
        match self {
            Self::Same(probability) => vec![*probability; layers],
            Self::Each(probabilities) => probabilities.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Dropout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        f64::deserialize(value.clone())
            .map(Self::Same)
            .or_else(|_| Vec::deserialize(value).map(Self::Each))
            .map_err(|_| D::Error::custom("expected a number or a list of numbers"))
    }
}
