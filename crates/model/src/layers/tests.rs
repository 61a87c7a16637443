//! Layers by hand-computed numbers.

use burn::tensor::{Device, TensorData};
use hearth_config::Activation;

use super::*;
use crate::init::Distribution;
use crate::pass::running_average;

/// One channel of `[1, 2, 3, 6]`: mean 3, squares 14 about it, over 4 pixels or 3.
#[test]
fn running_moments_take_a_tenth_of_each_batch_and_only_when_told() {
    let device = Device::flex().autodiff();
    let mut init = Init::new(Distribution::He, 1, &device);
    let mut layer = Normed::new([1, 1], Window::same(1, 1), &mut init);
    layer.convolution.weight = Param::from_tensor(Tensor::ones([1, 1, 1, 1], &device));
    let pixels = TensorData::new(vec![1.0_f32, 2.0, 3.0, 6.0], [1, 1, 2, 2]);
    let mut pass = Pass::training(1);
    let y = layer.forward(Tensor::from_data(pixels, &device), Then::default(), &mut pass);
    let found: Vec<f32> = y.into_data().try_into_vec().expect("f32");
    for (found, wanted) in found.iter().zip([-2.0, -1.0, 0.0, 3.0]) {
        assert!((found - wanted / 3.5_f32.sqrt()).abs() < 1e-5, "{found}");
    }
    let number = |values: Tensor<1>| values.into_scalar::<f32>();
    let BatchNorm { running_mean, running_variance, .. } = &layer.norm;
    assert!(number(running_mean.val()).abs() < f32::MIN_POSITIVE, "as it was");
    let moments = pass.into_moments();
    assert_eq!(moments[0].layer, [running_mean.id, running_variance.id]);
    let [mean, variance] = &moments[0].values;
    let mean = number(running_average(running_mean.val(), mean.clone()));
    let variance = number(running_average(running_variance.val(), variance.clone()));
    assert!((mean - 0.3).abs() < 1e-6, "{mean}");
    assert!((variance - (0.9 + 0.1 * 14.0 / 3.0)).abs() < 1e-6, "{variance}");
}

/// `[0.5, -1]` through each function, by hand.
#[test]
fn activations_are_their_formulas() {
    let x = Tensor::<1>::from_data(TensorData::from([0.5_f32, -1.0]), &Device::flex());
    for (function, wanted) in [
        (Activation::Relu, [0.5, 0.0]),
        (Activation::Sigmoid, [0.622_459_3, 0.268_941_4]),
        (Activation::Tanh, [0.462_117_2, -0.761_594_2]),
        // 0.5 * 0.6914625, -1 * 0.1586553
        (Activation::Gelu, [0.345_731_2, -0.158_655_3]),
        (Activation::None, [0.5, -1.0]),
    ] {
        let found: Vec<f32> =
            activate(function, x.clone()).into_data().try_into_vec().expect("f32");
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-6, "{function:?}: {found} is not {wanted}");
        }
    }
}
