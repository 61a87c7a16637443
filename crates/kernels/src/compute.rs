//! The kernels on the tensors of a CPU backend.

use std::borrow::Cow;

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use crate::conv::{self, After, Geometry};
use crate::float::Float;
use crate::host::Host;
use crate::norm::{self, Affine, Forward, Moments, Windows};
use crate::pool::Pooling;
use crate::view::View;

/// Runs the expression with `E` as the type of the tensor's numbers.
macro_rules! with_float {
    ($tensor:expr, $number:ident => $work:expr) => {
        match $tensor.dtype() {
            DType::F64 => {
                type $number = f64;
                $work
            }
            _ => {
                type $number = f32;
                $work
            }
        }
    };
}

/// The numbers of a one-dimensional tensor.
fn flat<B: Host, E: Float>(tensor: &FloatTensor<B>) -> Cow<'_, [E]> {
    let view = B::view::<E>(tensor);
    let [.., count] = view.dims;
    let [.., stride] = view.strides;
    if stride == 1 || count == 1 {
        return Cow::Borrowed(&view.data[view.offset..][..count]);
    }
    let place = |at: usize| (view.offset as isize + at as isize * stride) as usize;
    (0..count).map(|at| view.data[place(at)]).collect()
}

/// Batch, channels, height, width.
pub fn dims<B: Host>(tensor: &FloatTensor<B>) -> [usize; 4] {
    tensor.shape().as_slice().try_into().expect("four dimensions")
}

/// Whether the convolution runs forwards or, transposed, backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the geometry's input to its output.
    Forward,
    /// From its output to its input.
    Transposed,
}

/// A convolution and what comes after it.
#[derive(Clone, Copy, Debug)]
pub struct Convolution {
    /// The sizes.
    pub geometry: Geometry,
    /// Which way.
    pub direction: Direction,
    /// `max(z, slope z)` follows; 1 for nothing.
    pub slope: f64,
}

impl Convolution {
    /// Convolves.
    pub fn forward<B: Host>(
        &self,
        x: &FloatTensor<B>,
        weights: &FloatTensor<B>,
        bias: Option<&FloatTensor<B>>,
    ) -> FloatTensor<B> {
        with_float!(x, E => {
            let bias = bias.map(flat::<B, E>);
            let after = After { bias: bias.as_deref(), slope: E::from_f64(self.slope) };
            self.run::<B, E>(B::view(x), B::view(weights), self.direction, after)
        })
    }

    fn run<B: Host, E: Float>(
        &self,
        x: View<'_, E>,
        weights: View<'_, E>,
        direction: Direction,
        after: After<'_, E>,
    ) -> FloatTensor<B> {
        let geometry = &self.geometry;
        let (data, [channels, height, width]) = match direction {
            Direction::Forward => (conv::forward(geometry, x, weights, after), geometry.output),
            Direction::Transposed => {
                (conv::input_gradient(geometry, x, weights, after), geometry.input)
            }
        };
        B::pictures(data, [geometry.batch, channels, height, width])
    }

    /// The gradient in front of `max(z, slope z)`.
    pub fn bent<B: Host>(
        &self,
        output: Option<&FloatTensor<B>>,
        gradient: FloatTensor<B>,
    ) -> FloatTensor<B> {
        let Some(output) = output else { return gradient };
        with_float!(gradient, E => {
            let (y, g) = (B::view::<E>(output), B::view::<E>(&gradient));
            let slope = E::from_f64(self.slope);
            let bent = norm::bent_gradient(&y.channels_last(), &g.channels_last(), slope);
            B::pictures(bent, dims::<B>(output))
        })
    }

    /// The gradient of the input.
    pub fn input_gradient<B: Host>(
        &self,
        weights: &FloatTensor<B>,
        gradient: &FloatTensor<B>,
    ) -> FloatTensor<B> {
        let back = match self.direction {
            Direction::Forward => Direction::Transposed,
            Direction::Transposed => Direction::Forward,
        };
        with_float!(gradient, E => {
            let after = After { bias: None, slope: E::from_f64(1.0) };
            self.run::<B, E>(B::view(gradient), B::view(weights), back, after)
        })
    }

    /// The gradient of the weights, in the order in which they lie, and that of the bias.
    pub fn weight_gradient<B: Host>(
        &self,
        x: &FloatTensor<B>,
        weights: &FloatTensor<B>,
        gradient: &FloatTensor<B>,
    ) -> [FloatTensor<B>; 2] {
        let geometry = &self.geometry;
        with_float!(gradient, E => {
            let (x, g) = (B::view::<E>(x), B::view::<E>(gradient));
            let (sums, bias) = match self.direction {
                Direction::Forward => {
                    let sums = conv::weight_gradient(geometry, x, g);
                    let bias = sums.bias();
                    (sums, bias)
                }
                Direction::Transposed => {
                    (conv::weight_gradient(geometry, g, x), conv::channel_sums(g))
                }
            };
            let shape = geometry.weights();
            let [outputs, inputs, ..] = shape;
            let [across, down, ..] = B::view::<E>(weights).strides;
            // A linear layer's weights are `[inputs, outputs]`, turned.
            let turned = geometry.kernel == [1, 1] && across == 1 && down == outputs as isize;
            let weights = if turned {
                B::tensor(sums.by_tap(), &shape, &[1, outputs, outputs * inputs, outputs * inputs])
            } else {
                B::dense(sums.by_channel(geometry), &shape)
            };
            let channels = bias.len();
            [weights, B::dense(bias, &[channels])]
        })
    }
}

/// Batch normalisation and what comes after it.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    /// What keeps the variance from zero.
    pub epsilon: f64,
    /// `max(z, slope z)` follows; 1 for nothing.
    pub slope: f64,
    /// Then the largest of windows of this size; 1 for nothing.
    pub window: usize,
}

/// What a normalisation computed.
#[derive(Clone, Debug)]
pub struct Normalized<B: Host> {
    /// `[batch, channels, height, width]`.
    pub output: FloatTensor<B>,
    /// Of each channel.
    pub mean: FloatTensor<B>,
    /// Of each channel: the squares' sum over the number of pixels.
    pub variance: FloatTensor<B>,
    /// The `x` behind each output, with windows.
    pub chosen: Option<FloatTensor<B>>,
}

/// The gradients of a normalisation.
pub struct NormGradients<B: Host> {
    /// Of the input.
    pub x: FloatTensor<B>,
    /// Of the learned scale.
    pub gamma: FloatTensor<B>,
    /// Of the learned shift.
    pub beta: FloatTensor<B>,
    /// Of the shortcut, where there is one.
    pub shortcut: Option<FloatTensor<B>>,
}

impl<B: Host> NormGradients<B> {
    /// In the order of the operation's inputs.
    pub fn all(self) -> [Option<FloatTensor<B>>; 4] {
        [Some(self.x), Some(self.gamma), Some(self.beta), self.shortcut]
    }
}

impl Norm {
    fn windows(&self, [_, _, height, width]: [usize; 4]) -> Windows {
        Windows { height, width, size: self.window }
    }

    /// Normalises by the batch's own moments, or by those that are given.
    pub fn forward<B: Host>(
        &self,
        x: &FloatTensor<B>,
        [gamma, beta]: [&FloatTensor<B>; 2],
        moments: Option<[&FloatTensor<B>; 2]>,
        shortcut: Option<&FloatTensor<B>>,
    ) -> Normalized<B> {
        with_float!(x, E => {
            let dims = dims::<B>(x);
            let [batch, channels, ..] = dims;
            let x = B::view::<E>(x).channels_last();
            let moments = match moments {
                None => norm::moments(&x, channels),
                Some([mean, variance]) => Moments {
                    mean: flat::<B, E>(mean).into_owned(),
                    variance: flat::<B, E>(variance).into_owned(),
                },
            };
            let (gamma, beta) = (flat::<B, E>(gamma), flat::<B, E>(beta));
            let affine = Affine::new(&moments, &gamma, &beta, self.epsilon);
            let slope = E::from_f64(self.slope);
            let (output, chosen) = if self.window == 1 {
                let shortcut = shortcut.map(|shortcut| B::view::<E>(shortcut).channels_last());
                let y = norm::normalize(&x, &affine, shortcut.as_deref(), slope);
                (B::pictures(y, dims), None)
            } else {
                let windows = self.windows(dims);
                let (y, chosen) = norm::normalize_and_pool(&x, &affine, slope, windows);
                let [rows, columns] = windows.count();
                let dims = [batch, channels, rows, columns];
                (B::pictures(y, dims), Some(B::pictures(chosen, dims)))
            };
            let mean = B::dense(moments.mean, &[channels]);
            let variance = B::dense(moments.variance, &[channels]);
            Normalized { output, mean, variance, chosen }
        })
    }

    /// The gradients behind [`Norm::forward`] by the batch's own moments.
    pub fn backward<B: Host>(
        &self,
        x: &FloatTensor<B>,
        gamma: &FloatTensor<B>,
        forward: &Normalized<B>,
        with_shortcut: bool,
        gradient: &FloatTensor<B>,
    ) -> NormGradients<B> {
        with_float!(x, E => {
            let dims = dims::<B>(x);
            let x = B::view::<E>(x).channels_last();
            let gradient = B::view::<E>(gradient).channels_last();
            let output = B::view::<E>(&forward.output).channels_last();
            let moments = Moments {
                mean: flat::<B, E>(&forward.mean).into_owned(),
                variance: flat::<B, E>(&forward.variance).into_owned(),
            };
            let gamma = flat::<B, E>(gamma);
            let slope = E::from_f64(self.slope);
            let pass =
                Forward { x: &x, moments: &moments, gamma: &gamma, epsilon: self.epsilon };
            let mut shortcut = None;
            let gradients = if let Some(chosen) = &forward.chosen {
                let chosen = B::view::<E>(chosen).channels_last();
                let windows = self.windows(dims);
                pass.pooled_backward(&gradient, &output, &chosen, slope, windows)
            } else if with_shortcut {
                let bent = norm::bent_gradient(&output, &gradient, slope);
                let gradients = pass.backward(&bent, None, slope);
                shortcut = Some(B::pictures(bent, dims));
                gradients
            } else {
                let bends = self.slope < 1.0;
                pass.backward(&gradient, bends.then_some(&output[..]), slope)
            };
            let channels = gamma.len();
            NormGradients {
                x: B::pictures(gradients.x, dims),
                gamma: B::dense(gradients.gamma, &[channels]),
                beta: B::dense(gradients.beta, &[channels]),
                shortcut,
            }
        })
    }
}

/// Which number a pooling layer takes from each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The largest.
    Largest,
    /// The average.
    Average,
}

/// A pooling layer.
#[derive(Clone, Copy, Debug)]
pub struct Pool {
    /// The windows.
    pub pooling: Pooling,
    /// What is taken of each.
    pub taken: Taken,
}

impl Pool {
    /// Pools.
    pub fn forward<B: Host>(&self, x: &FloatTensor<B>) -> FloatTensor<B> {
        with_float!(x, E => {
            let [batch, channels, ..] = dims::<B>(x);
            let x = B::view::<E>(x).channels_last();
            let y = match self.taken {
                Taken::Largest => self.pooling.largest(&x, channels),
                Taken::Average => self.pooling.average(&x, channels),
            };
            let [rows, columns] = self.pooling.output();
            B::pictures(y, [batch, channels, rows, columns])
        })
    }

    /// The gradient of the input; `forward` holds input and output when the largest was taken.
    pub fn backward<B: Host>(
        &self,
        forward: Option<(&FloatTensor<B>, &FloatTensor<B>)>,
        gradient: &FloatTensor<B>,
    ) -> FloatTensor<B> {
        with_float!(gradient, E => {
            let [batch, channels, ..] = dims::<B>(gradient);
            let gradient = B::view::<E>(gradient).channels_last();
            let dx = match forward {
                Some((x, output)) => {
                    let x = B::view::<E>(x).channels_last();
                    let output = B::view::<E>(output).channels_last();
                    self.pooling.largest_gradient(&x, &output, &gradient, channels)
                }
                None => self.pooling.average_gradient(&gradient, channels),
            };
            let [height, width] = self.pooling.input;
            B::pictures(dx, [batch, channels, height, width])
        })
    }
}
