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

/// The direction in which a geometry is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// A convolution, from the geometry's input to its output.
    Forward,
    /// A transposed convolution, from the geometry's output to its input.
    Transposed,
    /// A linear layer, as a convolution of single pixels: rows `[batch, inputs]` times weights
    /// `[inputs, outputs]`.
    Linear,
}

/// The operation of a convolution, followed by a nonlinearity.
#[derive(Clone, Copy, Debug)]
pub struct ConvOp {
    /// The sizes.
    pub geometry: Geometry,
    /// The direction.
    pub direction: Direction,
    /// The function of the output.
    pub nonlinearity: Nonlinearity,
}

impl ConvOp {
    /// The forward pass.
    pub fn forward<B: Host>(
        &self,
        x: &FloatTensor<B>,
        weights: &FloatTensor<B>,
        bias: Option<&FloatTensor<B>>,
    ) -> FloatTensor<B> {
        with_float!(x, E => {
            let bias = bias.map(flat::<B, E>);
            let activate = |out: &mut [E]| self.nonlinearity.apply(out);
            let (x, weights) = (self.view::<B, E>(x), self.weights::<B, E>(weights));
            let (y, _) = self.run(self.direction, &x, weights, bias.as_deref(), activate);
            self.tensor::<B, E>(y, self.output())
        })
    }

    /// A view of an input or a gradient, with rows as images of one pixel.
    fn view<'a, B: Host, E: Float>(&self, tensor: &'a FloatTensor<B>) -> StridedView<'a, E> {
        let view = B::view(tensor);
        if self.direction == Direction::Linear { view.rows_as_pixels() } else { view }
    }

    /// The weights, `[channels_out, channels_in, height, width]`.
    fn weights<'a, B: Host, E: Float>(&self, tensor: &'a FloatTensor<B>) -> StridedView<'a, E> {
        let mut view = self.view::<B, E>(tensor);
        if self.direction == Direction::Linear {
            view.dims.swap(0, 1);
            view.strides.swap(0, 1);
        }
        view
    }

    /// A tensor of channels-last data, or of rows for a linear layer.
    fn tensor<B: Host, E: Float>(&self, data: Vec<E>, dims: [usize; 4]) -> FloatTensor<B> {
        if self.direction == Direction::Linear {
            B::dense(data, &dims[..2])
        } else {
            B::channels_last(data, dims)
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

    /// The gradients of input, weights and bias, as far as they are needed.
    pub fn backward<B: Host>(
        &self,
        x: &FloatTensor<B>,
        weights: &FloatTensor<B>,
        output: Option<&FloatTensor<B>>,
        gradient: &FloatTensor<B>,
        needs: NeedsGradient,
    ) -> ConvGradients<B> {
        with_float!(gradient, E => {
            let gradient = self.view::<B, E>(gradient);
            match output {
                None => self.backward_from::<B, E>(x, weights, &gradient, needs),
                Some(output) => {
                    let y = B::view::<E>(output).channels_last();
                    // Stored if it is read more than once: for both gradients, and in a linear layer,
                    // whose weights' gradient is cut by taps.
                    let both = needs.input && needs.weights;
                    if both || self.direction == Direction::Linear {
                        let gradient = gradient.channels_last();
                        let gradient = norm::activation_gradient(&y, &gradient, self.nonlinearity);
                        let view = StridedView::channels_last_of(&gradient, self.output());
                        return self.backward_from::<B, E>(x, weights, &view, needs);
                    }
                    let gradient = ActivationGradient { nonlinearity: self.nonlinearity, output: &y, gradient };
                    self.backward_from::<B, E>(x, weights, &gradient, needs)
                }
            }
        })
    }

    /// The gradients, from a gradient of the output that may be computed on the fly.
    pub(super) fn backward_from<B: Host, E: Float>(
        &self,
        x: &FloatTensor<B>,
        weights: &FloatTensor<B>,
        gradient: &impl SampleSource<E>,
        needs: NeedsGradient,
    ) -> ConvGradients<B> {
        let geometry = &self.geometry;
        let (back, [channels, height, width]) = match self.direction {
            Direction::Forward | Direction::Linear => (Direction::Transposed, geometry.input),
            Direction::Transposed => (Direction::Forward, geometry.output),
        };
        let input = needs.input.then(|| {
            let weights = self.weights::<B, E>(weights);
            let (dx, _) = self.run(back, gradient, weights, None, |_| ());
            self.tensor::<B, E>(dx, [geometry.batch, channels, height, width])
        });
        let (mut weights, mut bias) = (None, None);
        if needs.weights {
            let x = self.view::<B, E>(x);
            let (sums, of_bias) = match self.direction {
                Direction::Forward | Direction::Linear => {
                    let sums = conv::weight_gradient(geometry, &x, gradient);
                    let bias = sums.bias();
                    (sums, bias)
                }
                Direction::Transposed => {
                    let bias = if needs.bias { conv::channel_sums(gradient) } else { Vec::new() };
                    (conv::weight_gradient(geometry, gradient, &x), bias)
                }
            };
            let shape = geometry.weights();
            weights = Some(match self.direction {
                Direction::Linear => B::dense(sums.into_taps(), &[shape[1], shape[0]]),
                _ => B::dense(sums.by_channel(geometry), &shape),
            });
            bias = needs.bias.then(|| {
                let channels = of_bias.len();
                B::dense(of_bias, &[channels])
            });
        }
        ConvGradients { input, weights, bias }
    }
}

/// The gradient in front of a nonlinearity, computed on the fly.
struct ActivationGradient<'a, E> {
    nonlinearity: Nonlinearity,
    /// The values of the nonlinearity, with the channels last.
    output: &'a [E],
    /// The gradient of those values.
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

/// The gradients that are needed.
#[derive(Clone, Copy, Debug)]
pub struct NeedsGradient {
    /// True for the gradient of the input.
    pub input: bool,
    /// True for the gradients of weights and bias.
    pub weights: bool,
    /// True if there is a bias.
    pub bias: bool,
}

/// The gradients of a convolution; None for those that are not needed.
pub struct ConvGradients<B: Host> {
    /// The gradient of the input.
    pub input: Option<FloatTensor<B>>,
    /// The gradient of the weights.
    pub weights: Option<FloatTensor<B>>,
    /// The gradient of the bias.
    pub bias: Option<FloatTensor<B>>,
}
