//! The kernels agree with Burn's own operations in f64: outputs and all gradients, relative to
//! the largest number, within 1e-5 for f32 and 1e-10 for f64.

use burn::tensor::ops::{AvgPoolOptions, ConvOptions, ConvTransposeOptions, MaxPoolOptions};
use hearth_kernels::{FusedActivation, sum_of_squares};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::cases::{
    self, AvgPoolCase, ConvCase, ConvNormCase, ConvTransposeCase, LinearCase, MaxPoolCase, NormCase,
};
use crate::support::{Case, Operand, TOLERANCES, Tape, compare, devices};

/// Checks a number of random cases, the same in every run.
fn check_random<S: Strategy>(
    cases: u32,
    strategy: S,
    check: impl Fn(&S::Value) -> Result<(), String>,
) {
    let config = Config { cases, max_shrink_iters: 100, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let check = |case| check(&case).map_err(TestCaseError::fail);
    let result = TestRunner::new_with_rng(config, rng).run(&strategy, check);
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

pub fn compare_random<S: Strategy>(cases: u32, strategy: S)
where
    S::Value: Case,
{
    check_random(cases, strategy, compare);
}

pub fn compare_all(cases: impl IntoIterator<Item = impl Case>) {
    for case in cases {
        compare(&case).unwrap_or_else(|difference| panic!("{difference}\n{case:#?}"));
    }
}

fn same(stride: usize, padding: usize) -> ConvOptions<2> {
    ConvOptions::new([stride; 2], [padding; 2], [1, 1], 1)
}

#[test]
fn convolutions_agree() {
    compare_random(300, cases::convolutions());
}

#[test]
fn convolutions_of_usual_layers_agree() {
    let relu = |case: ConvCase| ConvCase { activation: FusedActivation::Relu, ..case };
    compare_all([
        relu(ConvCase::new([37, 1, 28, 28], 6, [5, 5], same(1, 2))),
        relu(ConvCase::new([19, 6, 14, 14], 16, [5, 5], same(1, 0))),
        ConvCase::new([7, 32, 14, 14], 64, [3, 3], same(1, 1)),
        ConvCase::new([5, 64, 7, 7], 64, [3, 3], same(2, 1)),
        ConvCase::new([5, 48, 14, 14], 96, [1, 1], same(2, 0)),
        ConvCase::new([3, 3, 32, 32], 16, [7, 7], same(2, 3)),
    ]);
}

#[test]
fn dilated_and_grouped_convolutions_are_those_of_burn() {
    compare_all([
        ConvCase::new([2, 4, 11, 9], 6, [3, 3], ConvOptions::new([1, 2], [2, 1], [2, 2], 1)),
        ConvCase::new([2, 4, 9, 9], 6, [3, 3], ConvOptions::new([1, 1], [1, 1], [1, 1], 2)),
        ConvCase::new([2, 8, 9, 9], 8, [3, 3], ConvOptions::new([2, 2], [1, 1], [1, 1], 8)),
    ]);
    let transposed = |stride, dilation, groups| {
        ConvTransposeOptions::new([stride; 2], [1, 1], [0, 0], [dilation; 2], groups)
    };
    compare_all([
        ConvTransposeCase::new([2, 4, 5, 6], 6, [3, 3], transposed(1, 2, 1)),
        ConvTransposeCase::new([2, 4, 5, 6], 6, [3, 3], transposed(2, 1, 2)),
    ]);
}

#[test]
fn transposed_convolutions_agree() {
    compare_random(200, cases::transposed_convolutions());
}

#[test]
fn transposed_convolutions_of_usual_layers_agree() {
    let upsampling = ConvTransposeOptions::new([2, 2], [1, 1], [0, 0], [1, 1], 1);
    compare_all([
        ConvTransposeCase::new([9, 32, 7, 7], 16, [4, 4], upsampling.clone()),
        ConvTransposeCase::new([17, 16, 14, 14], 1, [4, 4], upsampling),
        ConvTransposeCase::new(
            [33, 20, 1, 1],
            48,
            [7, 7],
            ConvTransposeOptions::new([1, 1], [0, 0], [0, 0], [1, 1], 1),
        ),
    ]);
}

/// Tanh and sigmoid are steepest at zero, where the sum of a layer with many inputs has lost digits
/// to its terms, so that the weights are as small as a network's.
#[test]
fn tanh_and_sigmoid_behind_layers_agree() {
    for activation in [FusedActivation::Tanh, FusedActivation::Sigmoid] {
        let upsampling = ConvTransposeOptions::new([2, 2], [1, 1], [0, 0], [1, 1], 1);
        for inputs in [1, 9, 32] {
            let small = |weight: Operand| weight.around(0.0, 0.1);
            let case = ConvCase::new([7, inputs, 9, 8], 20, [3, 4], same(2, 1));
            compare_all([ConvCase { activation, weight: small(case.weight.clone()), ..case }]);
            let case = ConvTransposeCase::new([5, inputs, 7, 6], 3, [4, 4], upsampling.clone());
            compare_all([ConvTransposeCase {
                activation,
                weight: small(case.weight.clone()),
                ..case
            }]);
            let case = LinearCase::new(11, [inputs, 37]);
            compare_all([LinearCase { activation, weight: small(case.weight.clone()), ..case }]);
        }
    }
}

#[test]
fn linear_layers_agree() {
    compare_random(150, cases::linears());
}

#[test]
fn linear_layers_of_large_batches_agree() {
    compare_all([LinearCase::new(600, [33, 10]), LinearCase::new(70, [784, 20])]);
}

#[test]
fn batch_normalisations_agree() {
    compare_random(300, cases::norms());
}

#[test]
fn batch_normalisations_of_many_pixels_agree() {
    let relu = FusedActivation::Relu;
    compare_all([
        NormCase::new([40, 6, 28, 28]).with_epilogue(relu, Some(2)),
        NormCase::new([40, 6, 28, 28]).with_epilogue(relu, None),
        NormCase::new([20, 20, 14, 14]).with_epilogue(FusedActivation::LeakyRelu(0.2), Some(3)),
        NormCase::new([20, 33, 13, 11]).with_shortcut().with_epilogue(relu, None),
    ]);
    for case in [NormCase::new([24, 1, 28, 28]), NormCase::new([40, 24, 28, 28])] {
        let background = case.x.clone().above(0.4);
        compare_all([case.clone(), NormCase { x: background, ..case }]);
    }
}

#[test]
fn convolutions_with_batch_normalisation_agree() {
    compare_random(300, cases::conv_norms());
}

#[test]
fn convolutions_with_batch_normalisation_of_usual_layers_agree() {
    let relu = FusedActivation::Relu;
    let upsampling = ConvTransposeOptions::new([2, 2], [1, 1], [0, 0], [1, 1], 1);
    let first = [[37, 1, 28, 28], [20, 1, 3, 3]];
    let inner = [[9, 32, 14, 14], [48, 32, 3, 3]];
    compare_all([
        ConvNormCase::new(first, same(1, 1), relu, Some(2)),
        ConvNormCase::new(inner, same(1, 1), relu, None),
        ConvNormCase::new(inner, same(1, 1), relu, None).with_shortcut(),
        ConvNormCase::new(
            [[9, 20, 14, 14], [33, 20, 1, 1]],
            same(2, 0),
            FusedActivation::None,
            None,
        ),
        ConvNormCase::new([[9, 40, 7, 7], [40, 24, 4, 4]], upsampling, relu, None),
        ConvNormCase::new(inner, ConvOptions::new([1; 2], [2; 2], [2; 2], 1), relu, Some(2)),
    ]);
}

#[test]
fn batch_normalisations_by_given_moments_agree() {
    compare_random(150, cases::norms_by_moments());
}

#[test]
fn max_poolings_agree() {
    compare_random(150, cases::max_pools());
}

#[test]
fn average_poolings_agree() {
    compare_random(150, cases::avg_pools());
}

#[test]
fn poolings_without_kernels_are_those_of_burn() {
    let dims = [2, 5, 8, 7];
    let largest = MaxPoolOptions::new([3, 2]).with_stride([2, 2]).with_padding([1, 1]);
    let average = AvgPoolOptions::new([3, 2]).with_stride([2, 2]).with_padding([1, 1]);
    compare_all([
        MaxPoolCase::new(dims, largest.clone().with_ceil_mode(true)),
        MaxPoolCase::new(dims, largest.with_dilation([2, 1])),
    ]);
    compare_all([AvgPoolCase::new(dims, average.with_ceil_mode(true))]);
}

fn compare_sum_of_squares<const D: usize>(operand: &Operand) -> Result<(), String> {
    let expected: f64 = operand.values().iter().map(|value| value * value).sum();
    for (backend, device) in devices() {
        for (dtype, tolerance) in TOLERANCES {
            for device in [device.clone(), device.clone().autodiff()] {
                let place = format!("{backend}, {dtype:?}, autodiff: {}", device.is_autodiff());
                let x = Tape::kernels(device, dtype).leaf::<D>(operand);
                let error = (sum_of_squares(x) - expected).abs() / expected;
                if error > tolerance {
                    return Err(format!("{place}: the sum is off by {error:.1e}"));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn sums_of_squares_agree() {
    let side = 1_usize..=13;
    let vectors = (1_usize..=20_000).prop_flat_map(|length| Operand::any("x", &[length]));
    let matrices = [side.clone(), 1..=900].prop_flat_map(|dims| Operand::any("x", &dims));
    let images = [side.clone(), side.clone(), side.clone(), side];
    let images = images.prop_flat_map(|dims| Operand::any("x", &dims));
    check_random(20, vectors, compare_sum_of_squares::<1>);
    check_random(40, matrices, compare_sum_of_squares::<2>);
    check_random(60, images, compare_sum_of_squares::<4>);
    check_random(5, Operand::any("x", &[2, 3, 4, 5, 6]), compare_sum_of_squares::<5>);
}
