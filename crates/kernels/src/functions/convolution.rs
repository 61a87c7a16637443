//! Convolutions and linear layers.

use burn::backend::Dispatch;
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{Tensor, module};

use super::{FusedActivation, has_kernels};
use crate::compute::{ConvOp, Direction};
use crate::conv::Geometry;
use crate::extension::Kernels;

/// Convolution in two dimensions (as a cross-correlation), followed by an activation f.
///
/// `y[n, o, i, j] = f(b[o] + sum_{c, u, v} x[n, c, i s + u - p, j s + v - p] w[o, c, u, v])` with
/// stride s and padding p.
///
/// # Shapes
///
/// - `x`: `[batch, channels_in, height, width]`
/// - `weight`: `[channels_out, channels_in, kernel_height, kernel_width]`
/// - `bias`: `[channels_out]`
/// - output: `[batch, channels_out, (height + 2 p - kernel_height) / s + 1, ...]`
///
/// # Panics
///
/// If the shapes do not fit each other, as in [`burn::tensor::module::conv2d`].
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions<2>,
    activation: FusedActivation,
) -> Tensor<4> {
    let any = AnyConvOptions::Forward(options.clone());
    match any.geometry(x.dims(), weight.dims()).filter(|_| has_kernels(&x)) {
        Some(sizes) => convolve(x, weight, bias, sizes, activation),
        None => activation.apply(module::conv2d(x, weight, bias, options)),
    }
}

/// Transposed convolution in two dimensions, followed by an activation: the gradient of [`conv2d`] with
/// respect to its input, as a forward pass (Dumoulin and Visin 2016, chapter 4).
///
/// # Shapes
///
/// - `x`: `[batch, channels_in, height, width]`
/// - `weight`: `[channels_in, channels_out, kernel_height, kernel_width]`
/// - `bias`: `[channels_out]`
/// - output: `[batch, channels_out, (height - 1) s - 2 p + kernel_height + p_out, ...]`
///
/// # Panics
///
/// If the shapes do not fit each other, as in [`burn::tensor::module::conv_transpose2d`].
pub fn conv_transpose2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvTransposeOptions<2>,
    activation: FusedActivation,
) -> Tensor<4> {
    let any = AnyConvOptions::Transposed(options.clone());
    match any.geometry(x.dims(), weight.dims()).filter(|_| has_kernels(&x)) {
        Some(sizes) => convolve(x, weight, bias, sizes, activation),
        None => activation.apply(module::conv_transpose2d(x, weight, bias, options)),
    }
}

/// A linear layer followed by an activation: `y = f(x w + b)`.
///
/// # Shapes
///
/// - `x`: `[batch, inputs]`
/// - `weight`: `[inputs, outputs]`
/// - `bias`: `[outputs]`
/// - output: `[batch, outputs]`
///
/// # Panics
///
/// If the shapes do not fit each other, as in [`burn::tensor::module::linear`].
pub fn linear(
    x: Tensor<2>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    activation: FusedActivation,
) -> Tensor<2> {
    let [batch, inputs] = x.dims();
    let [rows, outputs] = weight.dims();
    let (pixels, shape) = ([batch, inputs, 1, 1], [outputs, rows, 1, 1]);
    // A convolution of images of one pixel.
    let geometry = Geometry::new(pixels, shape, [1, 1], [(0, 0); 2]);
    match geometry.filter(|_| has_kernels(&x)) {
        Some(geometry) => convolve(x, weight, bias, (geometry, Direction::Linear), activation),
        None => activation.apply(module::linear(x, weight, bias)),
    }
}

fn convolve<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<D>,
    bias: Option<Tensor<1>>,
    (geometry, direction): (Geometry, Direction),
    activation: FusedActivation,
) -> Tensor<D> {
    let convolution = ConvOp { geometry, direction, nonlinearity: activation.nonlinearity() };
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    let bias = bias.map(Tensor::into_dispatch).into();
    Tensor::from_dispatch(<Dispatch as Kernels>::convolve(x, weight, bias, convolution))
}

/// The options of a convolution or of a transposed convolution.
#[derive(Clone, Debug)]
pub enum AnyConvOptions {
    /// The options of [`conv2d`].
    Forward(ConvOptions<2>),
    /// The options of [`conv_transpose2d`].
    Transposed(ConvTransposeOptions<2>),
}

impl From<ConvOptions<2>> for AnyConvOptions {
    fn from(options: ConvOptions<2>) -> Self {
        Self::Forward(options)
    }
}

impl From<ConvTransposeOptions<2>> for AnyConvOptions {
    fn from(options: ConvTransposeOptions<2>) -> Self {
        Self::Transposed(options)
    }
}

impl AnyConvOptions {
    /// The geometry; None if the kernels do not cover the options, or the shapes do not fit.
    pub(super) fn geometry(
        &self,
        x: [usize; 4],
        weight: [usize; 4],
    ) -> Option<(Geometry, Direction)> {
        match self {
            Self::Forward(ConvOptions { stride, padding, dilation, groups }) => {
                let plain = *dilation == [1, 1] && *groups == 1;
                let geometry = Geometry::new(x, weight, *stride, *padding);
                geometry.filter(|_| plain).map(|geometry| (geometry, Direction::Forward))
            }
            Self::Transposed(options) => {
                let ConvTransposeOptions { stride, padding, padding_out, dilation, groups } =
                    options;
                let plain = *dilation == [1, 1] && *groups == 1;
                let geometry = Geometry::transposed(x, weight, *stride, *padding, *padding_out);
                geometry.filter(|_| plain).map(|geometry| (geometry, Direction::Transposed))
            }
        }
    }
}
