//! The layers that the networks are built of, on the kernels of this project.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, ConvTransposeOptions, MaxPoolOptions};
use burn::tensor::{Tensor, activation};
use hearth_config::Pooling;
use hearth_kernels::{
    Activation, AnyConv, Then, batch_norm2d, batch_norm2d_inference, conv_norm2d, conv_transpose2d,
    conv2d, dropout_mask,
};

use crate::init::{Fan, Init};
use crate::pass::{Moments, Pass};

/// A convolution; its weights are `[channels_out, channels_in, kernel, kernel]`, and those of a
/// transposed one `[channels_in, channels_out, kernel, kernel]`.
#[derive(Module, Debug)]
pub struct Convolution {
    weight: Param<Tensor<4>>,
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    stride: usize,
    #[module(skip)]
    padding: usize,
    #[module(skip)]
    transposed: bool,
}

/// The sizes of a [`Convolution`].
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Height and width of the kernel.
    pub kernel: usize,
    /// Down and to the right.
    pub stride: usize,
    /// On each side.
    pub padding: usize,
}

impl Window {
    /// An odd kernel that keeps height and width, or divides them by the stride.
    pub fn same(kernel: usize, stride: usize) -> Self {
        Self { kernel, stride, padding: kernel / 2 }
    }

    /// The connections of a convolution between so many channels: those of each tap of the kernel.
    fn fan(self, [channels_in, channels_out]: [usize; 2]) -> Fan {
        let taps = self.kernel * self.kernel;
        Fan { inputs: channels_in * taps, outputs: channels_out * taps }
    }
}

impl Convolution {
    /// Between so many channels.
    pub fn new(
        [channels_in, channels_out]: [usize; 2],
        window: Window,
        with_bias: bool,
        init: &mut Init<'_>,
    ) -> Self {
        let Window { kernel, stride, padding } = window;
        let shape = [channels_out, channels_in, kernel, kernel];
        Self {
            weight: init.weight(shape, window.fan([channels_in, channels_out])),
            bias: with_bias.then(|| init.zeros(channels_out)),
            stride,
            padding,
            transposed: false,
        }
    }

    /// The same, turned round: it makes pictures larger by its stride.
    pub fn transposed(
        [channels_in, channels_out]: [usize; 2],
        window: Window,
        with_bias: bool,
        init: &mut Init<'_>,
    ) -> Self {
        let Window { kernel, stride, padding } = window;
        let shape = [channels_in, channels_out, kernel, kernel];
        Self {
            weight: init.weight(shape, window.fan([channels_in, channels_out])),
            bias: with_bias.then(|| init.zeros(channels_out)),
            stride,
            padding,
            transposed: true,
        }
    }

    /// `[batch, channels_in, height, width]` to `[batch, channels_out, ..]`, and the activation.
    pub fn forward(&self, x: Tensor<4>, activation: Activation) -> Tensor<4> {
        let (weight, bias) = (self.weight.val(), self.bias.as_ref().map(Param::val));
        match self.options() {
            AnyConv::Forward(options) => conv2d(x, weight, bias, options, activation),
            AnyConv::Transposed(options) => conv_transpose2d(x, weight, bias, options, activation),
        }
    }

    fn options(&self) -> AnyConv {
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        if self.transposed {
            ConvTransposeOptions::new(stride, padding, [0, 0], [1, 1], 1).into()
        } else {
            ConvOptions::new(stride, padding, [1, 1], 1).into()
        }
    }
}

/// What keeps the variance from zero, as in Ioffe and Szegedy's code and in every framework's.
const EPSILON: f64 = 1e-5;

/// Batch normalisation (Ioffe and Szegedy 2015).
///
/// In training it normalises by the batch's moments, which the [`Pass`] keeps; afterwards by their
/// running averages, which [`absorb`](crate::absorb) takes them into.
#[derive(Module, Debug)]
pub struct BatchNorm {
    gamma: Param<Tensor<1>>,
    beta: Param<Tensor<1>>,
    running_mean: Param<Tensor<1>>,
    running_variance: Param<Tensor<1>>,
}

impl BatchNorm {
    /// Scale one, shift zero, as if it had seen numbers of mean 0 and variance 1.
    pub fn new(channels: usize, init: &mut Init<'_>) -> Self {
        Self {
            gamma: init.ones(channels),
            beta: init.zeros(channels),
            running_mean: init.statistic(channels, 0.0),
            running_variance: init.statistic(channels, 1.0),
        }
    }

    /// Features `[batch, channels, height, width]`, normalised, to what `then` makes of them.
    pub fn forward(&self, x: Tensor<4>, then: Then, pass: &mut Pass) -> Tensor<4> {
        match pass.moments() {
            Some(moments) => {
                let (gamma, beta) = (self.gamma.val(), self.beta.val());
                self.keep(batch_norm2d(x, gamma, beta, EPSILON, then), moments)
            }
            None => self.by_running(x, then),
        }
    }

    fn by_running(&self, x: Tensor<4>, then: Then) -> Tensor<4> {
        let scale = [self.gamma.val(), self.beta.val()];
        let running = [self.running_mean.val(), self.running_variance.val()];
        batch_norm2d_inference(x, scale, running, EPSILON, then)
    }

    /// Leaves the batch's moments with the pass.
    fn keep(&self, normalized: hearth_kernels::BatchNorm, kept: &mut Vec<Moments>) -> Tensor<4> {
        // The running variance estimates that of all pictures: the sum of squares over n - 1.
        let pixels = normalized.pixels as f64;
        let variance = normalized.variance.mul_scalar(pixels / (pixels - 1.0).max(1.0));
        kept.push(Moments {
            layer: [self.running_mean.id, self.running_variance.id],
            values: [normalized.mean, variance],
        });
        normalized.output
    }
}

/// A convolution without a bias, which batch normalisation would take away again, and its norm.
#[derive(Module, Debug)]
pub struct Normed {
    convolution: Convolution,
    norm: BatchNorm,
}

impl Normed {
    /// Between so many channels.
    pub fn new(channels: [usize; 2], window: Window, init: &mut Init<'_>) -> Self {
        let convolution = Convolution::new(channels, window, false, init);
        Self { convolution, norm: BatchNorm::new(channels[1], init) }
    }

    /// The same with a transposed convolution.
    pub fn transposed(channels: [usize; 2], window: Window, init: &mut Init<'_>) -> Self {
        let convolution = Convolution::transposed(channels, window, false, init);
        Self { convolution, norm: BatchNorm::new(channels[1], init) }
    }

    /// `[batch, channels_in, height, width]` to `[batch, channels_out, ..]`, or to what `then`
    /// makes of it.
    pub fn forward(&self, x: Tensor<4>, then: Then, pass: &mut Pass) -> Tensor<4> {
        let Some(moments) = pass.moments() else {
            return self.norm.by_running(self.convolution.forward(x, Activation::None), then);
        };
        let BatchNorm { gamma, beta, .. } = &self.norm;
        let (weight, options) = (self.convolution.weight.val(), self.convolution.options());
        let scale = [gamma.val(), beta.val()];
        let normalized = conv_norm2d(x, weight, scale, options, EPSILON, then);
        self.norm.keep(normalized, moments)
    }
}

/// Dropout (Srivastava et al. 2014): in training, features become zero at random.
#[derive(Module, Debug)]
pub struct Dropout {
    #[module(skip)]
    probability: f64,
}

impl Dropout {
    /// With this probability for each feature.
    pub fn new(probability: f64) -> Self {
        Self { probability }
    }

    /// `[batch, features]` to the same.
    pub fn forward(&self, features: Tensor<2>, pass: &mut Pass) -> Tensor<2> {
        match pass.seed() {
            Some(seed) if self.probability > 0.0 => {
                let (dims, device) = (features.dims(), features.device());
                let mask = dropout_mask(dims, self.probability, seed, &device);
                let dtype = features.dtype();
                features * mask.cast(dtype)
            }
            _ => features,
        }
    }
}

/// A linear layer; its weights are `[inputs, outputs]`.
pub fn linear(inputs: usize, outputs: usize, init: &mut Init<'_>) -> Linear {
    let weight = init.weight([inputs, outputs], Fan { inputs, outputs });
    Linear { weight, bias: Some(init.zeros(outputs)) }
}

/// `[batch, inputs]` to `[batch, outputs]`, and the function behind it.
pub fn apply_linear(
    layer: &Linear,
    x: Tensor<2>,
    function: hearth_config::Activation,
) -> Tensor<2> {
    let (fused, rest) = split(function);
    activate(rest, run_linear(layer, x, fused))
}

/// The same with a function that the kernels know.
pub fn run_linear(layer: &Linear, x: Tensor<2>, activation: Activation) -> Tensor<2> {
    let bias = layer.bias.as_ref().map(Param::val);
    hearth_kernels::linear(x, layer.weight.val(), bias, activation)
}

/// What the kernels do of a function in the same pass, and what is left of it.
pub fn split(function: hearth_config::Activation) -> (Activation, hearth_config::Activation) {
    match function {
        hearth_config::Activation::Relu => (Activation::Relu, hearth_config::Activation::None),
        hearth_config::Activation::Tanh => (Activation::Tanh, hearth_config::Activation::None),
        hearth_config::Activation::Sigmoid => {
            (Activation::Sigmoid, hearth_config::Activation::None)
        }
        other => (Activation::None, other),
    }
}

/// Windows of 2 by 2 next to each other; an odd row or column is left out.
pub fn pool(kind: Pooling, x: Tensor<4>) -> Tensor<4> {
    match kind {
        Pooling::Max => {
            hearth_kernels::max_pool2d(x, MaxPoolOptions::new([2, 2]).with_stride([2, 2]))
        }
        Pooling::Average => {
            hearth_kernels::avg_pool2d(x, AvgPoolOptions::new([2, 2]).with_stride([2, 2]))
        }
    }
}

/// Applies the function to every element.
pub fn activate<const D: usize>(
    function: hearth_config::Activation,
    features: Tensor<D>,
) -> Tensor<D> {
    use hearth_config::Activation;
    match function {
        Activation::Relu => activation::relu(features),
        Activation::Sigmoid => activation::sigmoid(features),
        Activation::Tanh => activation::tanh(features),
        Activation::Gelu => activation::gelu(features),
        Activation::None => features,
    }
}

#[cfg(test)]
mod tests;
