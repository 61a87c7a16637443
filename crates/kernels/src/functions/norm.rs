//! Batch normalisation, by itself and behind a convolution.

use burn::backend::Dispatch;
use burn::tensor::ops::MaxPoolOptions;
use burn::tensor::{DType, Tensor, module};

use super::{AnyConvOptions, FusedActivation, conv_transpose2d, conv2d, has_kernels};
use crate::blocks::Nonlinearity;
use crate::compute::{ConvOp, NormOp};
use crate::extension::{InferenceKernels, Kernels};

/// The operations fused behind a batch normalisation, in this order: addition of a shortcut,
/// activation, max pooling. The default is none of them.
#[derive(Clone, Debug, Default)]
pub struct Epilogue {
    /// A tensor of the normalised shape `[batch, channels, height, width]`, which is added. The kernels
    /// do not cover a shortcut together with pooling: Burn's operations do.
    pub shortcut: Option<Tensor<4>>,
    /// The activation of the sum.
    pub activation: FusedActivation,
    /// Max pooling with this window size and stride: `Some(2)` halves height and width, and leaves out
    /// an odd last row or column.
    pub max_pool: Option<usize>,
}

impl Epilogue {
    fn norm(&self, epsilon: f64) -> NormOp {
        let window = self.max_pool.unwrap_or(1);
        NormOp { epsilon, slope: self.slope().expect("the kernels cover it"), window }
    }

    /// Checks the shapes of the shortcut and of the parameters `of_channels` against an input of `dims`.
    ///
    /// # Panics
    ///
    /// If one of them does not fit.
    fn check(&self, dims: [usize; 4], of_channels: &[&Tensor<1>]) {
        for numbers in of_channels {
            assert_eq!(numbers.dims(), [dims[1]], "one number for each channel");
        }
        if let Some(shortcut) = &self.shortcut {
            assert_eq!(shortcut.dims(), dims, "a shortcut of the output's shape");
        }
    }

    /// The slope of the activation for negative numbers; None if it is not piecewise linear.
    fn slope(&self) -> Option<f64> {
        match self.activation.nonlinearity() {
            Nonlinearity::LeakyRelu(slope) => Some(slope),
            Nonlinearity::Tanh | Nonlinearity::Sigmoid => None,
        }
    }

    /// True if the kernels cover it.
    fn covered(&self, [_, _, height, width]: [usize; 4]) -> bool {
        let pools = self.max_pool.is_some_and(|size| size > 1);
        let fits = self.max_pool.is_none_or(|size| size > 0 && size <= height.min(width));
        fits && self.slope().is_some() && !(pools && self.shortcut.is_some())
    }

    fn apply(self, z: Tensor<4>) -> Tensor<4> {
        let z = match self.shortcut {
            Some(shortcut) => z + shortcut,
            None => z,
        };
        let y = self.activation.apply(z);
        match self.max_pool {
            Some(size) if size > 1 => {
                module::max_pool2d(y, MaxPoolOptions::new([size; 2]).with_stride([size; 2]))
            }
            _ => y,
        }
    }
}

/// The output of [`batch_norm2d`] and the mean and variance of its input.
#[derive(Clone, Debug)]
pub struct BatchNormOutput {
    /// `[batch, channels, height, width]`.
    pub output: Tensor<4>,
    /// The mean of each channel, `[channels]`, in 32 bits if x has 16. It carries no gradient.
    pub mean: Tensor<1>,
    /// The biased variance of each channel, `[channels]`: the sum of squares over the number of pixels. It
    /// has the mean's type and carries no gradient.
    pub variance: Tensor<1>,
    /// The number of pixels of each channel: batch times height times width.
    pub pixels: usize,
}

/// Batch normalisation in train mode: by the batch's mean and variance.
///
/// `y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)`, with the mean and the variance of
/// each channel over batch, height and width (Ioffe and Szegedy 2015, algorithm 1); f is the
/// [`Epilogue`].
///
/// # Shapes
///
/// - `x`: `[batch, channels, height, width]`
/// - `gamma`, `beta`: `[channels]`
///
/// # Panics
///
/// If the shapes do not fit each other.
pub fn batch_norm2d(
    x: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    epilogue: Epilogue,
) -> BatchNormOutput {
    let [batch, _, height, width] = x.dims();
    let count = batch * height * width;
    epilogue.check(x.dims(), &[&gamma, &beta]);
    if has_kernels(&x) && epilogue.covered(x.dims()) {
        let norm = epilogue.norm(epsilon);
        let (output, mean, variance) = <Dispatch as Kernels>::normalize(
            x.into_dispatch(),
            gamma.into_dispatch(),
            beta.into_dispatch(),
            epilogue.shortcut.map(Tensor::into_dispatch).into(),
            norm,
        );
        let (mean, variance) = (Tensor::from_dispatch(mean), Tensor::from_dispatch(variance));
        return BatchNormOutput {
            output: Tensor::from_dispatch(output),
            mean,
            variance,
            pixels: count,
        };
    }
    let dtype = x.dtype();
    if matches!(dtype, DType::F16 | DType::BF16) {
        // A sum of thousands of squares leaves the range of 16 bits.
        let wide = batch_norm2d(
            x.cast(DType::F32),
            gamma.cast(DType::F32),
            beta.cast(DType::F32),
            epsilon,
            Epilogue {
                shortcut: epilogue.shortcut.map(|shortcut| shortcut.cast(DType::F32)),
                ..epilogue
            },
        );
        return BatchNormOutput { output: wide.output.cast(dtype), ..wide };
    }
    let pixels = x.clone().swap_dims(0, 1).flatten::<2>(1, 3);
    let mean = pixels.clone().mean_dim(1);
    let variance = (pixels - mean.clone()).square().mean_dim(1);
    let (mean, variance) = (mean.squeeze_dim(1), variance.squeeze_dim(1));
    let output = compose(x, gamma, beta, [mean.clone(), variance.clone()], epsilon, epilogue);
    BatchNormOutput { output, mean: mean.detach(), variance: variance.detach(), pixels: count }
}

/// A convolution without a bias, transposed or not, and the batch normalisation of its output.
///
/// Equal to [`conv2d`] or [`conv_transpose2d`] followed by [`batch_norm2d`], with fewer passes over
/// memory: moments are accumulated while the output is in the cache, and the gradient between the
/// two is never stored.
///
/// # Shapes
///
/// Those of the two functions; `gamma`, `beta`, mean and variance are `[channels_out]`.
///
/// # Panics
///
/// If the shapes do not fit each other.
pub fn conv_norm2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    [gamma, beta]: [Tensor<1>; 2],
    options: impl Into<AnyConvOptions>,
    epsilon: f64,
    epilogue: Epilogue,
) -> BatchNormOutput {
    let options = options.into();
    let convolution = options
        .geometry(x.dims(), weight.dims())
        .map(|(geometry, direction)| ConvOp {
            geometry,
            direction,
            nonlinearity: Nonlinearity::IDENTITY,
        })
        .filter(|convolution| has_kernels(&x) && epilogue.covered(convolution.output()));
    let Some(convolution) = convolution else {
        let y = match options {
            AnyConvOptions::Forward(options) => {
                conv2d(x, weight, None, options, FusedActivation::None)
            }
            AnyConvOptions::Transposed(options) => {
                conv_transpose2d(x, weight, None, options, FusedActivation::None)
            }
        };
        return batch_norm2d(y, gamma, beta, epsilon, epilogue);
    };
    epilogue.check(convolution.output(), &[&gamma, &beta]);
    let norm = epilogue.norm(epsilon);
    let (output, mean, variance) = <Dispatch as Kernels>::convolve_and_normalize(
        x.into_dispatch(),
        weight.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        epilogue.shortcut.map(Tensor::into_dispatch).into(),
        (convolution, norm),
    );
    let (mean, variance) = (Tensor::from_dispatch(mean), Tensor::from_dispatch(variance));
    let [batch, _, height, width] = convolution.output();
    BatchNormOutput {
        output: Tensor::from_dispatch(output),
        mean,
        variance,
        pixels: batch * height * width,
    }
}

/// Batch normalisation in eval mode: by given moments.
///
/// Shapes and formula are those of [`batch_norm2d`]; `mean` and `variance` are `[channels]`.
///
/// # Panics
///
/// If the shapes do not fit each other.
pub fn batch_norm2d_inference(
    x: Tensor<4>,
    [gamma, beta]: [Tensor<1>; 2],
    [mean, variance]: [Tensor<1>; 2],
    epsilon: f64,
    epilogue: Epilogue,
) -> Tensor<4> {
    epilogue.check(x.dims(), &[&gamma, &beta, &mean, &variance]);
    if has_kernels(&x) && epilogue.covered(x.dims()) && !x.device().is_autodiff() {
        let norm = epilogue.norm(epsilon);
        return Tensor::from_dispatch(<Dispatch as InferenceKernels>::normalize_by(
            x.into_dispatch(),
            gamma.into_dispatch(),
            beta.into_dispatch(),
            mean.into_dispatch(),
            variance.into_dispatch(),
            epilogue.shortcut.map(Tensor::into_dispatch).into(),
            norm,
        ));
    }
    compose(x, gamma, beta, [mean, variance], epsilon, epilogue)
}

/// The formula of batch normalisation in Burn's own operations.
fn compose(
    x: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    [mean, variance]: [Tensor<1>; 2],
    epsilon: f64,
    epilogue: Epilogue,
) -> Tensor<4> {
    let of_channel = |values: Tensor<1>| values.reshape([1, -1, 1, 1]);
    let deviation = of_channel(variance).add_scalar(epsilon).sqrt();
    let centred = (x - of_channel(mean)) / deviation;
    epilogue.apply(centred * of_channel(gamma) + of_channel(beta))
}
