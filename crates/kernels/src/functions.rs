//! The functions on Burn's tensors.

use burn::backend::Dispatch;
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, ConvTransposeOptions, MaxPoolOptions};
use burn::tensor::{DType, Device};
use burn::tensor::{Tensor, activation, module};

use crate::compute::{Convolution, Direction, Norm, Pool, Taken};
use crate::conv::Geometry;
use crate::extension::{InferenceKernels, Kernels};
use crate::pool::Pooling;

/// What follows a layer in the same pass over its output.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Activation {
    /// Nothing.
    #[default]
    None,
    /// `max(0, z)`.
    Relu,
    /// `max(z, slope z)`, for slopes between 0 and 1 (Maas, Hannun and Ng 2013).
    LeakyRelu(f64),
}

impl Activation {
    fn slope(self) -> f64 {
        match self {
            Self::None => 1.0,
            Self::Relu => 0.0,
            Self::LeakyRelu(slope) => slope,
        }
    }

    fn apply<const D: usize>(self, z: Tensor<D>) -> Tensor<D> {
        match self {
            Self::None => z,
            Self::Relu => activation::relu(z),
            Self::LeakyRelu(slope) => activation::leaky_relu(z, slope),
        }
    }
}

/// Whether there are kernels for the tensor's backend and number type.
fn has_kernels<const D: usize>(x: &Tensor<D>) -> bool {
    let device = x.device().without_autodiff();
    let floats = matches!(x.dtype(), DType::F32 | DType::F64);
    floats && !x.dims().contains(&0) && HOSTS.iter().any(|host| host() == device)
}

/// The backends that have kernels.
const HOSTS: &[fn() -> Device] = &[
    #[cfg(feature = "flex")]
    Device::flex,
    #[cfg(feature = "ndarray")]
    {
        #[expect(deprecated, reason = "supported here as long as Burn has it")]
        Device::ndarray
    },
];

/// Convolution in two dimensions, and the activation behind it.
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
/// Like [`burn::tensor::module::conv2d`], when the shapes do not fit each other.
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions<2>,
    activation: Activation,
) -> Tensor<4> {
    let any = AnyConv::Forward(options.clone());
    match any.geometry(x.dims(), weight.dims()).filter(|_| has_kernels(&x)) {
        Some(sizes) => convolve(x, weight, bias, sizes, activation),
        None => activation.apply(module::conv2d(x, weight, bias, options)),
    }
}

/// Transposed convolution in two dimensions, and the activation behind it: what
/// [`conv2d`] does to the gradient of its input (Dumoulin and Visin 2016, chapter 4).
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
/// Like [`burn::tensor::module::conv_transpose2d`], when the shapes do not fit each other.
pub fn conv_transpose2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvTransposeOptions<2>,
    activation: Activation,
) -> Tensor<4> {
    let any = AnyConv::Transposed(options.clone());
    match any.geometry(x.dims(), weight.dims()).filter(|_| has_kernels(&x)) {
        Some(sizes) => convolve(x, weight, bias, sizes, activation),
        None => activation.apply(module::conv_transpose2d(x, weight, bias, options)),
    }
}

/// Rows times weights: `y = x w + b`.
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
/// Like [`burn::tensor::module::linear`], when the shapes do not fit each other.
pub fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<2> {
    let [batch, inputs] = x.dims();
    let [rows, outputs] = weight.dims();
    let (pixels, shape) = ([batch, inputs, 1, 1], [outputs, rows, 1, 1]);
    // A convolution of pictures of one pixel.
    let geometry = Geometry::new(pixels, shape, [1, 1], [(0, 0); 2]);
    match geometry.filter(|_| has_kernels(&x)) {
        Some(geometry) => {
            convolve(x, weight, bias, (geometry, Direction::Linear), Activation::None)
        }
        None => module::linear(x, weight, bias),
    }
}

fn convolve<const D: usize>(
    x: Tensor<D>,
    weight: Tensor<D>,
    bias: Option<Tensor<1>>,
    (geometry, direction): (Geometry, Direction),
    activation: Activation,
) -> Tensor<D> {
    let convolution = Convolution { geometry, direction, slope: activation.slope() };
    let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
    let bias = bias.map(Tensor::into_dispatch).into();
    Tensor::from_dispatch(<Dispatch as Kernels>::convolve(x, weight, bias, convolution))
}

/// What a batch normalisation does to its output in the same pass: the shortcut is added, then
/// comes the activation, then the pooling.
#[derive(Clone, Debug, Default)]
pub struct Then {
    /// Of the output's shape. Not together with pooling.
    pub shortcut: Option<Tensor<4>>,
    /// Behind the sum.
    pub activation: Activation,
    /// Size of the windows of which the largest is taken, next to each other: `Some(2)` halves
    /// height and width, and leaves out an odd row or column.
    pub max_pool: Option<usize>,
}

impl Then {
    fn norm(&self, epsilon: f64) -> Norm {
        let window = self.max_pool.unwrap_or(1);
        Norm { epsilon, slope: self.activation.slope(), window }
    }

    /// # Panics
    ///
    /// When it, or the numbers of each channel, do not fit pictures of these sizes.
    fn check(&self, dims: [usize; 4], of_channels: &[&Tensor<1>]) {
        for numbers in of_channels {
            assert_eq!(numbers.dims(), [dims[1]], "one number for each channel");
        }
        if let Some(shortcut) = &self.shortcut {
            assert_eq!(shortcut.dims(), dims, "a shortcut of the output's shape");
        }
    }

    /// Whether the kernels cover it.
    fn covered(&self, [_, _, height, width]: [usize; 4]) -> bool {
        let pools = self.max_pool.is_some_and(|size| size > 1);
        let fits = self.max_pool.is_none_or(|size| size > 0 && size <= height.min(width));
        fits && !(pools && self.shortcut.is_some())
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

/// The output of [`batch_norm2d`] and the moments of its input.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    /// `[batch, channels, height, width]`.
    pub output: Tensor<4>,
    /// `[channels]`: the mean of each. It carries no gradient.
    pub mean: Tensor<1>,
    /// `[channels]`: the variance of each, the sum of squares over the number of pixels. It
    /// carries no gradient.
    pub variance: Tensor<1>,
    /// How many pixels of each channel were normalised: batch times height times width.
    pub pixels: usize,
}

/// Batch normalisation as in training: by the batch's own moments.
///
/// `y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta)`, with the mean and the variance of
/// each channel over the batch and all places (Ioffe and Szegedy 2015, algorithm 1), where f is
/// what [`Then`] says.
///
/// # Shapes
///
/// - `x`: `[batch, channels, height, width]`
/// - `gamma`, `beta`: `[channels]`
///
/// # Panics
///
/// When the shapes do not fit each other.
pub fn batch_norm2d(
    x: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    epsilon: f64,
    then: Then,
) -> BatchNorm {
    let [batch, _, height, width] = x.dims();
    let count = batch * height * width;
    then.check(x.dims(), &[&gamma, &beta]);
    if has_kernels(&x) && then.covered(x.dims()) {
        let norm = then.norm(epsilon);
        let (output, mean, variance) = <Dispatch as Kernels>::normalize(
            x.into_dispatch(),
            gamma.into_dispatch(),
            beta.into_dispatch(),
            then.shortcut.map(Tensor::into_dispatch).into(),
            norm,
        );
        let (mean, variance) = (Tensor::from_dispatch(mean), Tensor::from_dispatch(variance));
        return BatchNorm { output: Tensor::from_dispatch(output), mean, variance, pixels: count };
    }
    let pixels = x.clone().swap_dims(0, 1).flatten::<2>(1, 3);
    let mean = pixels.clone().mean_dim(1);
    let variance = (pixels - mean.clone()).square().mean_dim(1);
    let (mean, variance) = (mean.squeeze_dim(1), variance.squeeze_dim(1));
    let output = compose(x, gamma, beta, [mean.clone(), variance.clone()], epsilon, then);
    BatchNorm { output, mean: mean.detach(), variance: variance.detach(), pixels: count }
}

/// A convolution without a bias, transposed or not, and the batch normalisation of its output.
///
/// The same as [`conv2d`] or [`conv_transpose2d`], then [`batch_norm2d`], in fewer passes over
/// memory: the moments are taken while the output is in the cache, and the gradient between the
/// two is never written down.
///
/// # Shapes
///
/// Those of the two functions; `gamma`, `beta`, mean and variance are `[channels_out]`.
///
/// # Panics
///
/// When the shapes do not fit each other.
pub fn conv_norm2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    [gamma, beta]: [Tensor<1>; 2],
    options: impl Into<AnyConv>,
    epsilon: f64,
    then: Then,
) -> BatchNorm {
    let options = options.into();
    let convolution = options
        .geometry(x.dims(), weight.dims())
        .map(|(geometry, direction)| Convolution { geometry, direction, slope: 1.0 })
        .filter(|convolution| has_kernels(&x) && then.covered(convolution.output()));
    let Some(convolution) = convolution else {
        let y = match options {
            AnyConv::Forward(options) => conv2d(x, weight, None, options, Activation::None),
            AnyConv::Transposed(options) => {
                conv_transpose2d(x, weight, None, options, Activation::None)
            }
        };
        return batch_norm2d(y, gamma, beta, epsilon, then);
    };
    then.check(convolution.output(), &[&gamma, &beta]);
    let norm = then.norm(epsilon);
    let (output, mean, variance) = <Dispatch as Kernels>::convolve_and_normalize(
        x.into_dispatch(),
        weight.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        then.shortcut.map(Tensor::into_dispatch).into(),
        (convolution, norm),
    );
    let (mean, variance) = (Tensor::from_dispatch(mean), Tensor::from_dispatch(variance));
    let [batch, _, height, width] = convolution.output();
    BatchNorm {
        output: Tensor::from_dispatch(output),
        mean,
        variance,
        pixels: batch * height * width,
    }
}

/// The options of a convolution, whichever way it goes.
#[derive(Clone, Debug)]
pub enum AnyConv {
    /// Of [`conv2d`].
    Forward(ConvOptions<2>),
    /// Of [`conv_transpose2d`].
    Transposed(ConvTransposeOptions<2>),
}

impl From<ConvOptions<2>> for AnyConv {
    fn from(options: ConvOptions<2>) -> Self {
        Self::Forward(options)
    }
}

impl From<ConvTransposeOptions<2>> for AnyConv {
    fn from(options: ConvTransposeOptions<2>) -> Self {
        Self::Transposed(options)
    }
}

impl AnyConv {
    /// The sizes, when the kernels cover the options.
    fn geometry(&self, x: [usize; 4], weight: [usize; 4]) -> Option<(Geometry, Direction)> {
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

/// Batch normalisation by moments that are known, as after training.
///
/// Shapes and formula are those of [`batch_norm2d`]; `mean` and `variance` are `[channels]`.
///
/// # Panics
///
/// When the shapes do not fit each other.
pub fn batch_norm2d_inference(
    x: Tensor<4>,
    [gamma, beta]: [Tensor<1>; 2],
    [mean, variance]: [Tensor<1>; 2],
    epsilon: f64,
    then: Then,
) -> Tensor<4> {
    then.check(x.dims(), &[&gamma, &beta, &mean, &variance]);
    if has_kernels(&x) && then.covered(x.dims()) && !x.device().is_autodiff() {
        let norm = then.norm(epsilon);
        return Tensor::from_dispatch(<Dispatch as InferenceKernels>::normalize_by(
            x.into_dispatch(),
            gamma.into_dispatch(),
            beta.into_dispatch(),
            mean.into_dispatch(),
            variance.into_dispatch(),
            then.shortcut.map(Tensor::into_dispatch).into(),
            norm,
        ));
    }
    compose(x, gamma, beta, [mean, variance], epsilon, then)
}

/// The formula in Burn's own operations.
fn compose(
    x: Tensor<4>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    [mean, variance]: [Tensor<1>; 2],
    epsilon: f64,
    then: Then,
) -> Tensor<4> {
    let of_channel = |values: Tensor<1>| values.reshape([1, -1, 1, 1]);
    let deviation = of_channel(variance).add_scalar(epsilon).sqrt();
    let centred = (x - of_channel(mean)) / deviation;
    then.apply(centred * of_channel(gamma) + of_channel(beta))
}

/// The largest number of each window.
///
/// # Shapes
///
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, (height + 2 p - kernel_height) / s + 1, ...]`
///
/// # Panics
///
/// When the window is larger than the padded picture.
pub fn max_pool2d(x: Tensor<4>, options: MaxPoolOptions<2>) -> Tensor<4> {
    let MaxPoolOptions { kernel_size, stride, padding, dilation, ceil_mode } = options;
    let pooling = pooling(&x, kernel_size, stride, padding, true);
    match pooling.filter(|_| dilation == [1, 1] && !ceil_mode) {
        Some(pooling) => pool(x, pooling, Taken::Largest),
        None => module::max_pool2d(x, options),
    }
}

/// The average of each window.
///
/// # Shapes
///
/// - `x`: `[batch, channels, height, width]`
/// - output: `[batch, channels, (height + 2 p - kernel_height) / s + 1, ...]`
///
/// # Panics
///
/// When the window is larger than the padded picture.
pub fn avg_pool2d(x: Tensor<4>, options: AvgPoolOptions<2>) -> Tensor<4> {
    let AvgPoolOptions { kernel_size, stride, padding, count_include_pad, ceil_mode } = options;
    let pooling = pooling(&x, kernel_size, stride, padding, count_include_pad);
    match pooling.filter(|_| !ceil_mode) {
        Some(pooling) => pool(x, pooling, Taken::Average),
        None => module::avg_pool2d(x, options),
    }
}

/// The windows, where the kernels cover them.
fn pooling(
    x: &Tensor<4>,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [(usize, usize); 2],
    count_padding: bool,
) -> Option<Pooling> {
    let [_, _, height, width] = x.dims();
    let input = [height, width];
    let covered = (0..2).all(|axis| {
        let (before, behind) = padding[axis];
        // No window lies in the margin alone.
        before == behind
            && 2 * before <= kernel[axis]
            && kernel[axis] <= input[axis] + 2 * before
            && stride[axis] > 0
    });
    let padding = padding.map(|(before, _)| before);
    (covered && has_kernels(x)).then_some(Pooling { input, kernel, stride, padding, count_padding })
}

/// The sum of the squares of all numbers of a tensor, in 64 bits and in an order that does not
/// depend on the threads.
pub fn sum_of_squares<const D: usize>(x: Tensor<D>) -> f64 {
    if has_kernels(&x) && D <= 4 && !x.device().is_autodiff() {
        let sums = Tensor::<1>::from_dispatch(<Dispatch as InferenceKernels>::sum_squares(
            x.into_dispatch(),
        ));
        let sums = sums.cast(DType::F64).into_data();
        return sums.as_slice::<f64>().expect("cast to f64").iter().sum();
    }
    let rows = x.square().sum_dim(D - 1).cast(DType::F64).into_data();
    rows.as_slice::<f64>().expect("cast to f64").iter().sum()
}

fn pool(x: Tensor<4>, pooling: Pooling, taken: Taken) -> Tensor<4> {
    Tensor::from_dispatch(<Dispatch as Kernels>::pool(x.into_dispatch(), Pool { pooling, taken }))
}
