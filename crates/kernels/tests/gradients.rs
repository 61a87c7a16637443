//! Central differences of the kernels' outputs confirm the kernels' gradients, in f64.

use burn::tensor::ops::{AvgPoolOptions, ConvOptions, ConvTransposeOptions, MaxPoolOptions};
use burn::tensor::{DType, Device};
use hearth_kernels::FusedActivation;

use crate::cases::{
    AvgPoolCase, ConvCase, ConvNormCase, ConvTransposeCase, LinearCase, MaxPoolCase, NormCase,
};
use crate::support::{Case, Tape};

/// Half the distance between the two points of a central difference.
const STEP: f64 = 1e-5;

/// The distance from a kink of the activation, relative to the largest output, below which outputs are left
/// out of the loss: a step could cross the kink.
const MARGIN: f64 = 1e-3;

/// The largest error, relative to the largest gradient of an input.
const TOLERANCE: f64 = 1e-6;

/// The number of elements of each input that are perturbed.
const TRIED: usize = 12;

pub fn confirm(case: &impl Case, inputs: &[&'static str]) {
    let loss = case.run(Tape::burn().with_margin(MARGIN));
    let kernels = |device| Tape::kernels(device, DType::F64).weighted_as(&loss);
    let found = case.run(kernels(Device::flex().autodiff()));
    for name in inputs {
        let gradient = found.gradient(name);
        let largest = gradient.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        let stride = gradient.len().div_ceil(TRIED);
        for index in (0..gradient.len()).step_by(stride) {
            let output = |step: f64| case.run(kernels(Device::flex()).nudged(name, index, step));
            let (ahead, behind) = (output(STEP), output(-STEP));
            let pairs = ahead.output().iter().zip(behind.output());
            let difference: f64 =
                pairs.zip(&loss.weights).map(|((ahead, behind), w)| w * (ahead - behind)).sum();
            let slope = difference / (2.0 * STEP);
            let error = (slope - gradient[index]).abs() / largest;
            assert!(
                error <= TOLERANCE,
                "{name}[{index}]: {} but the difference is {slope}, {error:.1e} off\n{case:#?}",
                gradient[index]
            );
        }
    }
}

/// Every activation.
const ACTIVATIONS: [FusedActivation; 5] = [
    FusedActivation::None,
    FusedActivation::Relu,
    FusedActivation::LeakyRelu(0.2),
    FusedActivation::Tanh,
    FusedActivation::Sigmoid,
];

#[test]
fn of_convolutions() {
    let options = ConvOptions::new_with_padding([2, 1], [(1, 1), (2, 0)], [1, 1], 1);
    let case = ConvCase::new([3, 4, 7, 6], 5, [3, 2], options);
    for activation in ACTIVATIONS {
        confirm(&ConvCase { activation, ..case.clone() }, &["x", "weight", "bias"]);
    }
}

#[test]
fn of_transposed_convolutions() {
    let options = ConvTransposeOptions::new([2, 3], [1, 0], [1, 0], [1, 1], 1);
    let case = ConvTransposeCase::new([3, 5, 4, 3], 4, [4, 3], options);
    for activation in ACTIVATIONS {
        confirm(&ConvTransposeCase { activation, ..case.clone() }, &["x", "weight", "bias"]);
    }
}

#[test]
fn of_linear_layers() {
    confirm(&LinearCase::new(7, [11, 9]), &["x", "weight", "bias"]);
}

#[test]
fn of_batch_normalisations() {
    let case = NormCase::new([3, 5, 7, 6]);
    let relu = FusedActivation::Relu;
    for epilogue in [
        (FusedActivation::None, None),
        (relu, None),
        (FusedActivation::LeakyRelu(0.2), None),
        (FusedActivation::None, Some(2)),
        (relu, Some(2)),
        (relu, Some(3)),
        (FusedActivation::LeakyRelu(0.2), Some(3)),
    ] {
        confirm(&case.clone().with_epilogue(epilogue.0, epilogue.1), &["x", "gamma", "beta"]);
    }
    let added = case.with_shortcut().with_epilogue(relu, None);
    confirm(&added, &["x", "gamma", "beta", "shortcut"]);
}

#[test]
fn of_convolutions_with_batch_normalisation() {
    let inputs = ["x", "weight", "gamma", "beta"];
    let options = ConvOptions::new_with_padding([2, 1], [(1, 1), (2, 0)], [1, 1], 1);
    let sizes = [[4, 3, 9, 6], [5, 3, 3, 2]];
    let relu = FusedActivation::Relu;
    for (activation, max_pool) in [(FusedActivation::None, None), (relu, None), (relu, Some(2))] {
        confirm(&ConvNormCase::new(sizes, options.clone(), activation, max_pool), &inputs);
    }
    let added = ConvNormCase::new(sizes, options, relu, None).with_shortcut();
    confirm(&added, &["x", "weight", "gamma", "beta", "shortcut"]);
    let options = ConvTransposeOptions::new([2, 3], [1, 0], [1, 0], [1, 1], 1);
    let transposed = [[3, 5, 4, 3], [5, 4, 4, 3]];
    confirm(&ConvNormCase::new(transposed, options, relu, Some(2)), &inputs);
}

#[test]
fn of_batch_normalisations_by_given_moments() {
    let case =
        NormCase::new([2, 3, 5, 4]).by_moments().with_epilogue(FusedActivation::Relu, Some(2));
    confirm(&case, &["x", "gamma", "beta", "mean", "variance"]);
}

#[test]
fn of_poolings() {
    let windows = MaxPoolOptions::new([3, 2]).with_stride([2, 1]).with_padding([1, 1]);
    confirm(&MaxPoolCase::new([2, 5, 7, 6], windows), &["x"]);
    for counted in [true, false] {
        let windows = AvgPoolOptions::new([3, 2]).with_stride([2, 1]).with_padding([1, 1]);
        let windows = windows.with_count_include_pad(counted);
        confirm(&AvgPoolCase::new([2, 5, 7, 6], windows), &["x"]);
    }
}
