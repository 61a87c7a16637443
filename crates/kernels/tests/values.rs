//! Equal numbers and NaN.

use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{DType, Device, Tensor, module};
use hearth_kernels::{
    FusedActivation, avg_pool2d, batch_norm2d, batch_norm2d_inference, conv2d, max_pool2d,
};

use crate::cases::MaxPoolCase;
use crate::support::{compare, devices, numbers, plain_options, random, relu, tensor, uniform};

/// Random numbers and one NaN.
fn with_a_nan(dims: [usize; 4], at: usize, device: &Device) -> Tensor<4> {
    let mut values = uniform(32, dims.iter().product());
    values[at] = f64::NAN;
    tensor(values, dims, device, DType::F32)
}

#[test]
fn of_equal_numbers_the_first_gets_the_gradient_as_in_burn() {
    let dims = [2, 5, 9, 8];
    for options in [
        MaxPoolOptions::new([2, 2]),
        MaxPoolOptions::new([3, 3]).with_stride([1, 2]).with_padding([1, 1]),
    ] {
        let plain = MaxPoolCase::new(dims, options);
        let case = MaxPoolCase { x: plain.x.clone().above(0.4), ..plain };
        compare(&case).unwrap_or_else(|difference| panic!("{difference}\n{case:#?}"));
    }
}

#[test]
fn nan_stays_nan() {
    let dims = [2, 5, 6, 6];
    // At each position in a window.
    for at in [0, 1, 6, 7, 14, 100, 2 * 5 * 36 - 1] {
        for (backend, device) in devices() {
            let x = || with_a_nan(dims, at, &device);
            let nans = |y: Tensor<4>| -> Vec<usize> {
                let numbers = numbers(y).into_iter().enumerate();
                numbers.filter(|(_, y)| y.is_nan()).map(|(index, _)| index).collect()
            };
            let agrees = |what: &str, found: Tensor<4>, of_burn: Tensor<4>| {
                let (found, expected) = (nans(found), nans(of_burn));
                assert!(!expected.is_empty(), "{what}: Burn loses the NaN at {at}");
                assert_eq!(found, expected, "{what}: NaN at {at} on {backend}");
            };
            // Of Burn's backends, flex keeps a NaN in every operation.
            let on_flex = || with_a_nan(dims, at, &Device::flex());
            let kernel = |device: &Device| random([4, 5, 3, 3], device);

            for activation in
                [FusedActivation::None, FusedActivation::Relu, FusedActivation::LeakyRelu(0.1)]
            {
                let y = conv2d(x(), kernel(&device), None, plain_options(), activation);
                let of_burn =
                    module::conv2d(on_flex(), kernel(&Device::flex()), None, plain_options());
                agrees(&format!("conv2d, {activation:?}"), y, of_burn);
            }
            for options in [
                MaxPoolOptions::new([2, 2]),
                MaxPoolOptions::new([3, 3]).with_stride([2, 1]).with_padding([1, 1]),
            ] {
                let of_burn = module::max_pool2d(on_flex(), options.clone());
                agrees("max_pool2d", max_pool2d(x(), options), of_burn);
            }
            let options = AvgPoolOptions::new([3, 2]).with_stride([1, 1]).with_padding([1, 1]);
            let of_burn = module::avg_pool2d(on_flex(), options.clone());
            agrees("avg_pool2d", avg_pool2d(x(), options), of_burn);

            let of = |device: &Device| random([5], device).abs();
            for max_pool in [None, Some(2), Some(3)] {
                let pooled = |y: Tensor<4>| match max_pool {
                    Some(size) => module::max_pool2d(y, MaxPoolOptions::new([size; 2])),
                    None => y,
                };
                let flex = &Device::flex();
                let of_burn = module::batch_norm_train(on_flex(), of(flex), of(flex), 1e-5);
                let found = batch_norm2d(x(), of(&device), of(&device), 1e-5, relu(max_pool));
                agrees("batch_norm2d", found.output, pooled(of_burn.output));
            }
            let [gamma, beta, mean, variance] = [0; 4].map(|_| of(&Device::flex()));
            let of_burn = module::batch_norm(on_flex(), gamma, beta, mean, variance, 1e-5);
            let [gamma, beta, mean, variance] = [0; 4].map(|_| of(&device));
            let (affine, moments) = ([gamma, beta], [mean, variance]);
            let found = batch_norm2d_inference(x(), affine, moments, 1e-5, relu(None));
            agrees("batch_norm2d_inference", found, of_burn);
        }
    }
}
