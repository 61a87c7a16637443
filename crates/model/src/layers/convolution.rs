//! Convolution in two dimensions, plain and transposed.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use hearth_kernels::{AnyConvOptions, FusedActivation, conv_transpose2d, conv2d};

use crate::init::{Fan, ParamInit};

/// A convolution with weights `[channels_out, channels_in, kernel, kernel]`, or a transposed
/// convolution with weights `[channels_in, channels_out, kernel, kernel]`; the bias is `[channels_out]`.
#[derive(Module, Debug)]
pub struct Convolution {
    pub(super) weight: Param<Tensor<4>>,
    bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    stride: usize,
    #[module(skip)]
    padding: usize,
    #[module(skip)]
    transposed: bool,
}

/// Kernel size, stride and padding of a [`Convolution`], in pixels, the same for height and width.
#[derive(Clone, Copy, Debug)]
pub struct ConvGeometry {
    /// Height and width of the kernel.
    pub kernel: usize,
    /// Distance between neighbouring patches.
    pub stride: usize,
    /// Zeros on each side of the input.
    pub padding: usize,
}

impl ConvGeometry {
    /// "Same" padding of an odd kernel: the output has the input's height and width, divided by the
    /// stride.
    pub fn same(kernel: usize, stride: usize) -> Self {
        Self { kernel, stride, padding: kernel / 2 }
    }

    /// Fan-in and fan-out: each channel counts once for each tap of the kernel.
    fn fan(self, [channels_in, channels_out]: [usize; 2]) -> Fan {
        let taps = self.kernel * self.kernel;
        Fan { inputs: channels_in * taps, outputs: channels_out * taps }
    }
}

impl Convolution {
    /// A convolution from `channels_in` to `channels_out`, its weights drawn by `init`.
    pub fn new(
        [channels_in, channels_out]: [usize; 2],
        geometry: ConvGeometry,
        with_bias: bool,
        init: &mut ParamInit<'_>,
    ) -> Self {
        let ConvGeometry { kernel, stride, padding } = geometry;
        let shape = [channels_out, channels_in, kernel, kernel];
        Self {
            weight: init.weight(shape, geometry.fan([channels_in, channels_out])),
            bias: with_bias.then(|| init.zeros(channels_out)),
            stride,
            padding,
            transposed: false,
        }
    }

    /// A transposed convolution, which multiplies height and width by its stride.
    pub fn transposed(
        [channels_in, channels_out]: [usize; 2],
        geometry: ConvGeometry,
        with_bias: bool,
        init: &mut ParamInit<'_>,
    ) -> Self {
        let ConvGeometry { kernel, stride, padding } = geometry;
        let shape = [channels_in, channels_out, kernel, kernel];
        Self {
            weight: init.weight(shape, geometry.fan([channels_in, channels_out])),
            bias: with_bias.then(|| init.zeros(channels_out)),
            stride,
            padding,
            transposed: true,
        }
    }

    /// Maps `[batch, channels_in, height, width]` to `[batch, channels_out, ..]` and applies the
    /// activation.
    pub fn forward(&self, x: Tensor<4>, activation: FusedActivation) -> Tensor<4> {
        let (weight, bias) = (self.weight.val(), self.bias.as_ref().map(Param::val));
        match self.options() {
            AnyConvOptions::Forward(options) => conv2d(x, weight, bias, options, activation),
            AnyConvOptions::Transposed(options) => {
                conv_transpose2d(x, weight, bias, options, activation)
            }
        }
    }

    pub(super) fn options(&self) -> AnyConvOptions {
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        if self.transposed {
            ConvTransposeOptions::new(stride, padding, [0, 0], [1, 1], 1).into()
        } else {
            ConvOptions::new(stride, padding, [1, 1], 1).into()
        }
    }
}
