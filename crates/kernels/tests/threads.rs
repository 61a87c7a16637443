//! Outputs and gradients are bit for bit the same with any number of threads.

use burn::tensor::DType;
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, ConvTransposeOptions, MaxPoolOptions};
use hearth_kernels::{FusedActivation, sum_of_squares};
use rayon::ThreadPoolBuilder;

use crate::cases::{
    AvgPoolCase, ConvCase, ConvNormCase, ConvTransposeCase, LinearCase, MaxPoolCase, NormCase,
};
use crate::support::{Case, Operand, RunResult, Tape, devices};

fn bits(outcome: &RunResult) -> Vec<(&str, Vec<u64>)> {
    let parts = outcome.outputs.iter().chain(&outcome.gradients);
    parts
        .map(|part| (&part.name[..], part.values.iter().map(|value| value.to_bits()).collect()))
        .collect()
}

/// Runs `work` on this number of threads.
fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool").install(work)
}

pub fn same_on_any_threads(case: &(impl Case + Sync)) {
    for (backend, device) in devices() {
        let tape = || Tape::kernels(device.clone().autodiff(), DType::F32);
        let run = |threads| on_threads(threads, || case.run(tape()));
        let alone = run(1);
        for threads in [2, 5] {
            let together = run(threads);
            for (expected, found) in bits(&alone).iter().zip(&bits(&together)) {
                assert!(expected == found, "{} of {threads} on {backend}\n{case:#?}", found.0);
            }
        }
    }
}

#[test]
fn convolutions() {
    let options = |stride| ConvOptions::new([stride; 2], [1, 1], [1, 1], 1);
    let relu = FusedActivation::Relu;
    for case in [
        ConvCase::new([40, 3, 20, 20], 17, [3, 3], options(1)),
        ConvCase::new([3, 40, 9, 9], 33, [3, 3], options(2)),
        ConvCase::new([65, 7, 5, 5], 12, [1, 1], options(1)),
    ] {
        same_on_any_threads(&ConvCase { activation: relu, ..case });
    }
}

#[test]
fn transposed_convolutions() {
    let options = ConvTransposeOptions::new([2, 2], [1, 1], [0, 0], [1, 1], 1);
    same_on_any_threads(&ConvTransposeCase::new([33, 12, 9, 9], 7, [4, 4], options));
}

#[test]
fn linear_layers() {
    same_on_any_threads(&LinearCase::new(700, [45, 30]));
    same_on_any_threads(&LinearCase::new(9, [500, 130]));
}

#[test]
fn batch_normalisations() {
    let case = NormCase::new([30, 9, 17, 16]);
    let relu = FusedActivation::Relu;
    same_on_any_threads(&case.clone().with_epilogue(relu, Some(2)));
    same_on_any_threads(&case.clone().with_epilogue(relu, None));
    same_on_any_threads(&case.with_shortcut().with_epilogue(relu, None));
}

#[test]
fn convolutions_with_batch_normalisation() {
    let options = |stride| ConvOptions::new([stride; 2], [1, 1], [1, 1], 1);
    let relu = FusedActivation::Relu;
    let many_pixels = [[40, 3, 20, 20], [17, 3, 3, 3]];
    let many_taps = [[3, 40, 9, 9], [33, 40, 3, 3]];
    let upsampling = ConvTransposeOptions::new([2, 2], [1, 1], [0, 0], [1, 1], 1);
    same_on_any_threads(&ConvNormCase::new(many_pixels, options(1), relu, Some(2)));
    same_on_any_threads(&ConvNormCase::new(many_pixels, options(1), relu, None).with_shortcut());
    same_on_any_threads(&ConvNormCase::new(many_taps, options(2), relu, None));
    same_on_any_threads(&ConvNormCase::new(
        [[33, 12, 9, 9], [12, 7, 4, 4]],
        upsampling,
        relu,
        None,
    ));
}

#[test]
fn poolings() {
    let dims = [20, 9, 17, 16];
    same_on_any_threads(&MaxPoolCase::new(dims, MaxPoolOptions::new([3, 3]).with_stride([2, 2])));
    same_on_any_threads(&AvgPoolCase::new(dims, AvgPoolOptions::new([3, 3]).with_stride([2, 2])));
}

#[test]
fn sums_of_squares() {
    let operand = Operand::new("x", &[17, 9, 20, 20], 1);
    for (backend, device) in devices() {
        let x = || Tape::kernels(device.clone(), DType::F32).leaf::<4>(&operand);
        let sum = |threads| on_threads(threads, || sum_of_squares(x())).to_bits();
        assert!([2, 5].map(sum) == [sum(1); 2], "sum_of_squares of 2 or 5 threads on {backend}");
    }
}
