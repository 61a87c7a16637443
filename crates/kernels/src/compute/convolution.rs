//! Convolutions and linear layers.

use burn::backend::TensorMetadata;
use burn::backend::tensor::FloatTensor;
use burn::tensor::DType;

use super::flat;
use crate::blocks::Nonlinearity;
use crate::conv::{self, Geometry};
use crate::float::Float;
use crate::host::Host;
use crate::norm;
use crate::view::{PaddedFrame, SampleSource, StridedView};

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
pub struct ConvOp {
    /// The sizes.
    pub geometry: Geometry,
    /// Which way.
    pub direction: Direction,
    /// What follows.
    pub nonlinearity: Nonlinearity,
}

impl ConvOp {
    /// Convolves.
    pub fn forward<B: Host>(
        &self,
        x: &FloatTensor<B>,
        weights: &FloatTensor<B>,
        bias: Option<&FloatTensor<B>>,
    ) -> FloatTensor<B> {
        with_float!(x, E => {
            let bias = bias.map(flat::<B, E>);
            let activate = |out: &mut [E]| self.nonlinearity.apply(out);
            let (x, weights) = (self.pictures::<B, E>(x), self.weights::<B, E>(weights));
            let (y, _) = self.run(self.direction, &x, weights, bias.as_deref(), activate);
            self.tensor::<B, E>(y, self.output())
        })
    }

    /// A tensor that the layer reads, or its gradient, as pictures.
    fn pictures<'a, B: Host, E: Float>(&self, tensor: &'a FloatTensor<B>) -> StridedView<'a, E> {
        let view = B::view(tensor);
        if self.direction == Direction::Linear { view.rows_as_pixels() } else { view }
    }

    /// The weights, `[channels_out, channels_in, height, width]`.
    fn weights<'a, B: Host, E: Float>(&self, tensor: &'a FloatTensor<B>) -> StridedView<'a, E> {
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

    pub(super) fn run<E: Float, R: Send>(
        &self,
        direction: Direction,
        x: &impl SampleSource<E>,
        weights: StridedView<'_, E>,
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
        wanted: NeedsGradient,
    ) -> ConvGradients<B> {
        with_float!(gradient, E => {
            let gradient = self.pictures::<B, E>(gradient);
            match output {
                None => self.backward_from::<B, E>(x, weights, &gradient, wanted),
                Some(output) => {
                    let y = B::view::<E>(output).channels_last();
                    // Read more than once, it is worth its memory: for both gradients, and in a linear
                    // layer, whose weights' gradient is cut by taps.
                    let both = wanted.input && wanted.weights;
                    if both || self.direction == Direction::Linear {
                        let gradient = gradient.channels_last();
                        let gradient = norm::activation_gradient(&y, &gradient, self.nonlinearity);
                        let view = StridedView::channels_last_of(&gradient, self.output());
                        return self.backward_from::<B, E>(x, weights, &view, wanted);
                    }
                    let gradient = ActivationGradient { nonlinearity: self.nonlinearity, output: &y, gradient };
                    self.backward_from::<B, E>(x, weights, &gradient, wanted)
                }
            }
        })
    }

    /// The same, from a gradient that may be computed where it is read.
    pub(super) fn backward_from<B: Host, E: Float>(
        &self,
        x: &FloatTensor<B>,
        weights: &FloatTensor<B>,
        gradient: &impl SampleSource<E>,
        wanted: NeedsGradient,
    ) -> ConvGradients<B> {
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
        ConvGradients { input, weights, bias }
    }
}

/// The gradient in front of a function, computed where it is read.
struct ActivationGradient<'a, E> {
    nonlinearity: Nonlinearity,
    /// The function's values, with the channels last.
    output: &'a [E],
    /// The gradient behind it.
    gradient: StridedView<'a, E>,
}

impl<E: Float> SampleSource<E> for ActivationGradient<'_, E> {
    fn dims(&self) -> [usize; 4] {
        self.gradient.dims
    }

    fn framed(&self, _: PaddedFrame) -> Option<&[E]> {
        None
    }

    fn copy_sample(&self, sample: usize, frame: PaddedFrame, out: &mut [E]) {
        self.gradient.copy_sample(sample, frame, out);
        let [_, channels, height, width] = self.gradient.dims;
        let columns = width.min(frame.width.saturating_sub(frame.left)) * channels;
        for y in 0..height.min(frame.height.saturating_sub(frame.top)) {
            let start = (sample * height + y) * width * channels;
            let row = frame.row(y, channels, out, columns);
            self.nonlinearity.chain(&self.output[start..start + columns], row);
        }
    }
}

/// Which gradients are asked for.
#[derive(Clone, Copy, Debug)]
pub struct NeedsGradient {
    /// That of the input.
    pub input: bool,
    /// Those of weights and bias.
    pub weights: bool,
    /// Whether there is a bias.
    pub bias: bool,
}

/// The gradients of a convolution, as far as they were asked for.
pub struct ConvGradients<B: Host> {
    /// Of the input.
    pub input: Option<FloatTensor<B>>,
    /// Of the weights.
    pub weights: Option<FloatTensor<B>>,
    /// Of the bias.
    pub bias: Option<FloatTensor<B>>,
}
