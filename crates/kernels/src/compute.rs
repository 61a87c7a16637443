//! The kernels on the tensors of a CPU backend.

use std::borrow::Cow;

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use crate::blocks::bend_all;
use crate::conv::{self, Geometry};
use crate::float::Float;
use crate::host::Host;
use crate::norm::{self, Affine, Backward, Behind, Moments, PartMoments, Windows};
use crate::pool::Pooling;
use crate::view::{Source, View};

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

/// How a geometry is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the geometry's input to its output.
    Forward,
    /// From its output to its input.
    Transposed,
    /// Forward, on single pixels: rows `[batch, inputs]` times weights `[inputs, outputs]`.
    Linear,
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
            let slope = E::from_f64(self.slope);
            let bend = |out: &mut [E]| if self.slope < 1.0 { bend_all(out, slope) };
            let (x, weights) = (self.pictures::<B, E>(x), self.weights::<B, E>(weights));
            let (y, _) = self.run(self.direction, &x, weights, bias.as_deref(), bend);
            self.tensor::<B, E>(y, self.output())
        })
    }

    /// A tensor that the layer reads, or its gradient, as pictures.
    fn pictures<'a, B: Host, E: Float>(&self, tensor: &'a FloatTensor<B>) -> View<'a, E> {
        let view = B::view(tensor);
        if self.direction == Direction::Linear { view.rows_as_pixels() } else { view }
    }

    /// The weights, `[channels_out, channels_in, height, width]`.
    fn weights<'a, B: Host, E: Float>(&self, tensor: &'a FloatTensor<B>) -> View<'a, E> {
        let mut view = self.pictures::<B, E>(tensor);
        if self.direction == Direction::Linear {
            view.dims.swap(0, 1);
            view.strides.swap(0, 1);
        }
        view
    }

    /// The tensor of these pictures.
    fn tensor<B: Host, E: Float>(&self, data: Vec<E>, dims: [usize; 4]) -> FloatTensor<B> {
        if self.direction == Direction::Linear {
            B::dense(data, &dims[..2])
        } else {
            B::pictures(data, dims)
        }
    }

    /// Batch, channels, height and width of the output.
    pub fn output(&self) -> [usize; 4] {
        let Geometry { batch, input, output, .. } = self.geometry;
        let [channels, height, width] = match self.direction {
            Direction::Forward | Direction::Linear => output,
            Direction::Transposed => input,
        };
        [batch, channels, height, width]
    }

    fn run<E: Float, R: Send>(
        &self,
        direction: Direction,
        x: &impl Source<E>,
        weights: View<'_, E>,
        bias: Option<&[E]>,
        finish: impl Fn(&mut [E]) -> R + Sync,
    ) -> (Vec<E>, Vec<R>) {
        let geometry = &self.geometry;
        match direction {
            Direction::Forward | Direction::Linear => {
                conv::forward(geometry, x, weights, bias, finish)
            }
            Direction::Transposed => conv::input_gradient(geometry, x, weights, bias, finish),
        }
    }

    /// The gradients of input, weights and bias, as far as they are wanted.
    pub fn backward<B: Host>(
        &self,
        x: &FloatTensor<B>,
        weights: &FloatTensor<B>,
        output: Option<&FloatTensor<B>>,
        gradient: &FloatTensor<B>,
        wanted: Wanted,
    ) -> ConvolutionGradients<B> {
        with_float!(gradient, E => {
            let gradient = self.pictures::<B, E>(gradient);
            match output {
                None => self.backward_from::<B, E>(x, weights, &gradient, wanted),
                Some(output) => {
                    let y = B::view::<E>(output).channels_last();
                    let slope = E::from_f64(self.slope);
                    let bent = norm::bent_gradient(&y, &gradient.channels_last(), slope);
                    let view = View::channels_last_of(&bent, self.output());
                    self.backward_from::<B, E>(x, weights, &view, wanted)
                }
            }
        })
    }

    /// The same, from a gradient that may be computed where it is read.
    fn backward_from<B: Host, E: Float>(
        &self,
        x: &FloatTensor<B>,
        weights: &FloatTensor<B>,
        gradient: &impl Source<E>,
        wanted: Wanted,
    ) -> ConvolutionGradients<B> {
        let geometry = &self.geometry;
        let (back, [channels, height, width]) = match self.direction {
            Direction::Forward | Direction::Linear => (Direction::Transposed, geometry.input),
            Direction::Transposed => (Direction::Forward, geometry.output),
        };
        let input = wanted.input.then(|| {
            let weights = self.weights::<B, E>(weights);
            let (dx, _) = self.run(back, gradient, weights, None, |_| ());
            self.tensor::<B, E>(dx, [geometry.batch, channels, height, width])
        });
        let (mut weights, mut bias) = (None, None);
        if wanted.weights {
            let x = self.pictures::<B, E>(x);
            let (sums, of_bias) = match self.direction {
                Direction::Forward | Direction::Linear => {
                    let sums = conv::weight_gradient(geometry, &x, gradient);
                    let bias = sums.bias();
                    (sums, bias)
                }
                Direction::Transposed => {
                    let bias = if wanted.bias { conv::channel_sums(gradient) } else { Vec::new() };
                    (conv::weight_gradient(geometry, gradient, &x), bias)
                }
            };
            let shape = geometry.weights();
            weights = Some(match self.direction {
                Direction::Linear => B::dense(sums.into_taps(), &[shape[1], shape[0]]),
                _ => B::dense(sums.by_channel(geometry), &shape),
            });
            bias = wanted.bias.then(|| {
                let channels = of_bias.len();
                B::dense(of_bias, &[channels])
            });
        }
        ConvolutionGradients { input, weights, bias }
    }
}

/// Which gradients are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// That of the input.
    pub input: bool,
    /// Those of weights and bias.
    pub weights: bool,
    /// Whether there is a bias.
    pub bias: bool,
}

/// The gradients of a convolution, as far as they were asked for.
pub struct ConvolutionGradients<B: Host> {
    /// Of the input.
    pub input: Option<FloatTensor<B>>,
    /// Of the weights.
    pub weights: Option<FloatTensor<B>>,
    /// Of the bias.
    pub bias: Option<FloatTensor<B>>,
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

/// The gradients of a normalisation, and of the convolution in front of it.
pub struct NormGradients<B: Host> {
    /// Of the learned scale.
    pub gamma: FloatTensor<B>,
    /// Of the learned shift.
    pub beta: FloatTensor<B>,
    /// Of the shortcut, where there is one.
    pub shortcut: Option<FloatTensor<B>>,
    /// Of the input, and with a convolution, of its weights.
    pub convolution: ConvolutionGradients<B>,
}

/// What goes into a normalisation besides the pictures.
pub struct NormInputs<'a, B: Host> {
    /// The learned scale.
    pub gamma: &'a FloatTensor<B>,
    /// The learned shift.
    pub beta: &'a FloatTensor<B>,
    /// Added before the activation.
    pub shortcut: Option<&'a FloatTensor<B>>,
}

impl Norm {
    fn windows(&self, [_, _, height, width]: [usize; 4]) -> Windows {
        Windows { height, width, size: self.window }
    }

    /// Normalises by the batch's own moments, or by those that are given.
    pub fn forward<B: Host>(
        &self,
        x: &FloatTensor<B>,
        inputs: &NormInputs<'_, B>,
        moments: Option<[&FloatTensor<B>; 2]>,
    ) -> Normalized<B> {
        with_float!(x, E => {
            let (dims, x) = (dims::<B>(x), B::view::<E>(x).channels_last());
            let moments = match moments {
                None => Moments::new(&x, dims[1]),
                Some(moments) => moments_of::<B, E>(moments),
            };
            self.apply::<B, E>(&x, dims, inputs, moments)
        })
    }

    /// Convolves and normalises: what the convolution gave, and the rest.
    pub fn forward_behind<B: Host>(
        &self,
        convolution: &Convolution,
        x: &FloatTensor<B>,
        weights: &FloatTensor<B>,
        inputs: &NormInputs<'_, B>,
    ) -> (FloatTensor<B>, Normalized<B>) {
        with_float!(x, E => {
            let dims = convolution.output();
            let [_, channels, ..] = dims;
            let (x, weights) = (B::view::<E>(x), B::view::<E>(weights));
            let part = |out: &mut [E]| PartMoments::new(out, channels);
            let (out, parts) = convolution.run(convolution.direction, &x, weights, None, part);
            let moments = Moments::join(&parts, channels);
            let done = self.apply::<B, E>(&out, dims, inputs, moments);
            (B::pictures(out, dims), done)
        })
    }

    fn apply<B: Host, E: Float>(
        &self,
        x: &[E],
        dims: [usize; 4],
        inputs: &NormInputs<'_, B>,
        moments: Moments<E>,
    ) -> Normalized<B> {
        let [batch, channels, ..] = dims;
        let affine = self.affine::<B, E>(&moments, inputs);
        let slope = E::from_f64(self.slope);
        let (output, chosen) = if self.window == 1 {
            let shortcut = inputs.shortcut.map(|shortcut| B::view::<E>(shortcut).channels_last());
            let y = norm::normalize(x, &affine, shortcut.as_deref(), slope);
            (B::pictures(y, dims), None)
        } else {
            let windows = self.windows(dims);
            let (y, chosen) = norm::normalize_and_pool(x, &affine, slope, windows);
            let [rows, columns] = windows.count();
            let dims = [batch, channels, rows, columns];
            (B::pictures(y, dims), Some(B::pictures(chosen, dims)))
        };
        let mean = B::dense(moments.mean, &[channels]);
        let variance = B::dense(moments.variance, &[channels]);
        Normalized { output, mean, variance, chosen }
    }

    fn affine<B: Host, E: Float>(
        &self,
        moments: &Moments<E>,
        inputs: &NormInputs<'_, B>,
    ) -> Affine<E> {
        let (gamma, beta) = (flat::<B, E>(inputs.gamma), flat::<B, E>(inputs.beta));
        Affine::new(moments, &gamma, &beta, self.epsilon)
    }

    /// The gradients behind [`Norm::forward`] by the batch's own moments, or, with a convolution
    /// and what it read, behind [`Norm::forward_behind`].
    pub fn backward<B: Host>(
        &self,
        x: &FloatTensor<B>,
        inputs: &NormInputs<'_, B>,
        forward: &Normalized<B>,
        gradient: &FloatTensor<B>,
        convolution: Option<(&Convolution, [&FloatTensor<B>; 2], Wanted)>,
    ) -> NormGradients<B> {
        with_float!(x, E => {
            let (dims, x) = (dims::<B>(x), B::view::<E>(x).channels_last());
            let moments = moments_of::<B, E>([&forward.mean, &forward.variance]);
            let affine = self.affine::<B, E>(&moments, inputs);
            let mut gradient = B::view::<E>(gradient).channels_last();
            let slope = E::from_f64(self.slope);
            let chosen = forward.chosen.as_ref().map(|chosen| B::view::<E>(chosen).channels_last());
            let behind = if let Some(chosen) = &chosen {
                Behind::Pooling(chosen, self.windows(dims))
            } else if inputs.shortcut.is_some() {
                // The sign of z is that of the output; the gradient at z is the shortcut's, too.
                let output = B::view::<E>(&forward.output).channels_last();
                gradient = norm::bent_gradient(&output, &gradient, slope).into();
                Behind::Nothing
            } else if self.slope < 1.0 {
                Behind::Bend
            } else {
                Behind::Nothing
            };
            let pass = Backward {
                x: &x,
                dims,
                moments: &moments,
                affine: &affine,
                epsilon: self.epsilon,
                gradient: &gradient,
                behind,
                slope,
            };
            let gradients = pass.gradients();
            let convolution = if let Some((convolution, [x, weights], wanted)) = convolution {
                convolution.backward_from::<B, E>(x, weights, &gradients, wanted)
            } else {
                let input = Some(B::pictures(gradients.input(), dims));
                ConvolutionGradients { input, weights: None, bias: None }
            };
            let channels = &[dims[1]];
            let (gamma, beta) = (gradients.gamma, gradients.beta);
            NormGradients {
                gamma: B::dense(gamma, channels),
                beta: B::dense(beta, channels),
                shortcut: inputs.shortcut.map(|_| B::pictures(gradient.into_owned(), dims)),
                convolution,
            }
        })
    }
}

fn moments_of<B: Host, E: Float>([mean, variance]: [&FloatTensor<B>; 2]) -> Moments<E> {
    Moments { mean: flat::<B, E>(mean).into_owned(), variance: flat::<B, E>(variance).into_owned() }
}

/// Sums of the squares of a tensor's numbers, chunk by chunk.
pub fn sum_squares<B: Host>(x: &FloatTensor<B>) -> FloatTensor<B> {
    with_float!(x, E => {
        let view = B::view::<E>(x);
        let sums = crate::blocks::sum_squares(&view.dense());
        let count = sums.len();
        B::dense(sums, &[count])
    })
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
