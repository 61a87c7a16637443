//! The update rules against their formulas in f64, element by element.

use burn::tensor::{DType, Device, Tensor};
use hearth_kernels::{AdamStep, SgdStep, adam_step, sgd_step};

use crate::support::{MemoryLayout, TOLERANCES, devices, lay_out, numbers, tensor, uniform};

/// The kernels of both backends, and Burn's operations, to which devices with autodiff fall back.
fn places() -> Vec<(String, Device)> {
    let both = |(name, device): (&str, Device)| {
        [(name.to_owned(), device.clone()), (format!("{name}, by Burn"), device.autodiff())]
    };
    devices().into_iter().flat_map(both).collect()
}

/// Numbers of elements: one, a few, and more than one task.
const SIZES: [usize; 3] = [1, 7, 20_001];

/// Makes three steps with new gradients and compares the resulting state with `expected`, a function of the
/// initial parameter and the gradients of all steps.
fn compare<const N: usize>(
    expected: impl Fn(f64, &[f64]) -> [f64; N],
    make: impl Fn(Tensor<1>, Tensor<1>, Option<[Tensor<1>; N]>, u64) -> [Tensor<1>; N],
) {
    for (place, device) in places() {
        for (dtype, tolerance) in TOLERANCES {
            for (size, layout) in SIZES.into_iter().zip([
                MemoryLayout::Plain,
                MemoryLayout::Flipped(vec![0]),
                MemoryLayout::Stepped,
            ]) {
                let start = uniform(1, size);
                let gradients: Vec<_> = (2..5).map(|seed| uniform(seed, size)).collect();
                let flat = |values: &[f64]| tensor(values.to_vec(), [size], &device, dtype);
                let (mut parameter, mut kept) = (lay_out(flat(&start), &layout), None);
                for (gradient, time) in gradients.iter().zip(1..) {
                    let gradient = lay_out(flat(gradient), &layout);
                    let new = make(parameter, gradient, kept, time);
                    parameter = new[0].clone();
                    kept = Some(new);
                }
                let found = kept.expect("three steps").map(numbers);
                for index in 0..size {
                    let gradients: Vec<_> = gradients.iter().map(|all| all[index]).collect();
                    let expected = expected(start[index], &gradients);
                    for (found, expected) in found.iter().zip(expected) {
                        let error = (found[index] - expected).abs();
                        let scale = expected.abs().max(1.0);
                        let what = format!("number {index} of {size} on {place}, {dtype:?}");
                        assert!(error <= tolerance * scale, "{what}: {} {expected}", found[index]);
                    }
                }
            }
        }
    }
}

#[test]
fn gradient_descent_is_its_formula() {
    for (momentum, nesterov, penalty) in
        [(0.0, false, 0.0), (0.9, false, 0.0), (0.9, true, 0.0), (0.8, true, 0.3)]
    {
        let step = SgdStep { learning_rate: 0.1, momentum, nesterov, gradient_scale: 0.5, penalty };
        compare(
            |start, gradients| {
                let (mut parameter, mut velocity) = (start, 0.0);
                for gradient in gradients {
                    let gradient = 0.5 * gradient + penalty * parameter;
                    velocity = momentum * velocity + gradient;
                    let ahead = if nesterov { momentum * velocity + gradient } else { velocity };
                    parameter -= 0.1 * ahead;
                }
                [parameter, velocity]
            },
            |parameter, gradient, kept, _| {
                let velocity = kept.map(|[_, velocity]| velocity);
                sgd_step(parameter, gradient, velocity, step)
            },
        );
    }
}

#[test]
fn adam_is_its_algorithm() {
    for (penalty, decay) in [(0.0, 0.0), (0.2, 0.0), (0.0, 0.3)] {
        let (beta_1, beta_2, epsilon) = (0.5, 0.99, 1e-3);
        compare(
            |start, gradients| {
                let (mut parameter, mut first, mut second) = (start, 0.0, 0.0);
                for (gradient, time) in gradients.iter().zip(1..) {
                    let gradient = 0.5 * gradient + penalty * parameter;
                    first = beta_1 * first + (1.0 - beta_1) * gradient;
                    second = beta_2 * second + (1.0 - beta_2) * gradient * gradient;
                    let hat = |moment: f64, beta: f64| moment / (1.0 - f64::powi(beta, time));
                    let ratio = hat(first, beta_1) / (hat(second, beta_2).sqrt() + epsilon);
                    parameter -= 0.1 * (ratio + decay * parameter);
                }
                [parameter, first, second]
            },
            |parameter, gradient, kept, time| {
                let moments = kept.map(|[_, first, second]| [first, second]);
                let step = AdamStep {
                    learning_rate: 0.1,
                    beta_1,
                    beta_2,
                    epsilon,
                    time,
                    gradient_scale: 0.5,
                    penalty,
                    decay,
                };
                adam_step(parameter, gradient, moments, step)
            },
        );
    }
}

#[test]
fn nan_stays_nan_in_an_update() {
    for (place, device) in places() {
        let of = |values: [f64; 2]| tensor(values.to_vec(), [2], &device, DType::F32);
        let step = SgdStep {
            learning_rate: 0.1,
            momentum: 0.9,
            nesterov: false,
            gradient_scale: 1.0,
            penalty: 0.0,
        };
        let [parameter, velocity] = sgd_step(of([1.0, 1.0]), of([f64::NAN, 1.0]), None, step);
        for found in [numbers(parameter), numbers(velocity)] {
            assert!(found[0].is_nan() && found[1].is_finite(), "{found:?} on {place}");
        }
    }
}
