//! Batch normalisation, by itself and behind a convolution.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use hearth_kernels::{
    Epilogue, FusedActivation, batch_norm2d, batch_norm2d_inference, conv_norm2d,
};

use super::{ConvGeometry, Convolution};
use crate::context::{BatchStatistics, ForwardContext};
use crate::init::ParamInit;

/// Epsilon, added to the variance: 1e-5, as in the other frameworks.
const EPSILON: f64 = 1e-5;

/// Batch normalisation (Ioffe and Szegedy 2015).
///
/// In train mode it normalises by the batch's mean and variance, and records them in the
/// [`ForwardContext`]; in eval mode, by the running statistics, to which
/// [`update_running_statistics`](crate::update_running_statistics) adds those of a training step.
#[derive(Module, Debug)]
pub struct BatchNorm {
    gamma: Param<Tensor<1>>,
    beta: Param<Tensor<1>>,
    running_mean: Param<Tensor<1>>,
    running_variance: Param<Tensor<1>>,
}

impl BatchNorm {
    /// Scale 1, shift 0, running mean 0 and running variance 1.
    pub fn new(channels: usize, init: &mut ParamInit<'_>) -> Self {
        Self {
            gamma: init.ones(channels),
            beta: init.zeros(channels),
            running_mean: init.statistic(channels, 0.0),
            running_variance: init.statistic(channels, 1.0),
        }
    }

    /// Normalises `[batch, channels, height, width]` and applies the epilogue.
    pub fn forward(
        &self,
        x: Tensor<4>,
        epilogue: Epilogue,
        context: &mut ForwardContext,
    ) -> Tensor<4> {
        match context.batch_statistics() {
            Some(statistics) => {
                let (gamma, beta) = (self.gamma.val(), self.beta.val());
                self.record(batch_norm2d(x, gamma, beta, EPSILON, epilogue), statistics)
            }
            None => self.by_running_statistics(x, epilogue),
        }
    }

    /// Eval mode: normalises by the running statistics.
    fn by_running_statistics(&self, x: Tensor<4>, epilogue: Epilogue) -> Tensor<4> {
        let scale = [self.gamma.val(), self.beta.val()];
        let running = [self.running_mean.val(), self.running_variance.val()];
        batch_norm2d_inference(x, scale, running, EPSILON, epilogue)
    }

    /// Records the batch's mean and variance, and returns the normalised output.
    fn record(
        &self,
        normalized: hearth_kernels::BatchNormOutput,
        recorded: &mut Vec<BatchStatistics>,
    ) -> Tensor<4> {
        // The running variance estimates the population's: the sum of squares over n - 1.
        let pixels = normalized.pixels as f64;
        let variance = normalized.variance.mul_scalar(pixels / (pixels - 1.0).max(1.0));
        recorded.push(BatchStatistics {
            running: [self.running_mean.id, self.running_variance.id],
            values: [normalized.mean, variance],
        });
        normalized.output
    }
}

/// A convolution and the batch normalisation of its output. The convolution has no bias, which the
/// normalisation would cancel.
#[derive(Module, Debug)]
pub struct ConvNorm {
    convolution: Convolution,
    norm: BatchNorm,
}

impl ConvNorm {
    /// A convolution from `channels[0]` to `channels[1]` and its normalisation.
    pub fn new(channels: [usize; 2], geometry: ConvGeometry, init: &mut ParamInit<'_>) -> Self {
        let convolution = Convolution::new(channels, geometry, false, init);
        Self { convolution, norm: BatchNorm::new(channels[1], init) }
    }

    /// A transposed convolution from `channels[0]` to `channels[1]` and its normalisation.
    pub fn transposed(
        channels: [usize; 2],
        geometry: ConvGeometry,
        init: &mut ParamInit<'_>,
    ) -> Self {
        let convolution = Convolution::transposed(channels, geometry, false, init);
        Self { convolution, norm: BatchNorm::new(channels[1], init) }
    }

    /// Maps `[batch, channels_in, height, width]` to `[batch, channels_out, ..]`, normalises, and
    /// applies the epilogue.
    pub fn forward(
        &self,
        x: Tensor<4>,
        epilogue: Epilogue,
        context: &mut ForwardContext,
    ) -> Tensor<4> {
        let Some(statistics) = context.batch_statistics() else {
            return self.norm.by_running_statistics(
                self.convolution.forward(x, FusedActivation::None),
                epilogue,
            );
        };
        let BatchNorm { gamma, beta, .. } = &self.norm;
        let (weight, options) = (self.convolution.weight.val(), self.convolution.options());
        let scale = [gamma.val(), beta.val()];
        let normalized = conv_norm2d(x, weight, scale, options, EPSILON, epilogue);
        self.norm.record(normalized, statistics)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;
    use crate::context::running_average;
    use crate::init::Distribution;

    /// One channel of `[1, 2, 3, 6]`: mean 3, squares 14 about it, over 4 pixels or 3.
    #[test]
    fn running_statistics_take_a_tenth_of_each_batch_and_only_when_updated() {
        let device = Device::flex().autodiff();
        let mut init = ParamInit::new(Distribution::He, 1, &device);
        let mut layer = ConvNorm::new([1, 1], ConvGeometry::same(1, 1), &mut init);
        layer.convolution.weight = Param::from_tensor(Tensor::ones([1, 1, 1, 1], &device));
        let pixels = TensorData::new(vec![1.0_f32, 2.0, 3.0, 6.0], [1, 1, 2, 2]);
        let mut context = ForwardContext::train(1);
        let y =
            layer.forward(Tensor::from_data(pixels, &device), Epilogue::default(), &mut context);
        let found: Vec<f32> = y.into_data().try_into_vec().expect("f32");
        for (found, wanted) in found.iter().zip([-2.0, -1.0, 0.0, 3.0]) {
            assert!((found - wanted / 3.5_f32.sqrt()).abs() < 1e-5, "{found}");
        }
        let number = |values: Tensor<1>| values.into_scalar::<f32>();
        let BatchNorm { running_mean, running_variance, .. } = &layer.norm;
        assert!(number(running_mean.val()).abs() < f32::MIN_POSITIVE, "as it was");
        let statistics = context.into_batch_statistics();
        assert_eq!(statistics[0].running, [running_mean.id, running_variance.id]);
        let [mean, variance] = &statistics[0].values;
        let mean = number(running_average(running_mean.val(), mean.clone()));
        let variance = number(running_average(running_variance.val(), variance.clone()));
        assert!((mean - 0.3).abs() < 1e-6, "{mean}");
        assert!((variance - (0.9 + 0.1 * 14.0 / 3.0)).abs() < 1e-6, "{variance}");
    }
}
