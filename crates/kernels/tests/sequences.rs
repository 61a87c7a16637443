//! The kernels for sequences: agreement with Burn's operations, finite differences, any number of threads,
//! and padding.

use burn::tensor::{DType, Device};
use hearth_kernels::{Direction, Lengths, composed, gru};

use crate::agreement::{compare_all, compare_random};
use crate::cases::{self, AttentionCase, AttentionGruCase, GruCase};
use crate::gradients::confirm;
use crate::support::{Case, RunResult, Tape, devices, numbers, random, tensor, uniform};
use crate::threads::same_on_any_threads;

const DIRECTIONS: [Direction; 2] = [Direction::Forward, Direction::Backward];

#[test]
fn gated_recurrent_units_agree() {
    compare_random(300, cases::grus());
}

#[test]
fn gated_recurrent_units_of_usual_layers_agree() {
    for direction in DIRECTIONS {
        let lengths = (0..37).map(|row| row % 12).collect();
        compare_all([
            GruCase::new([37, 11, 128], lengths, direction),
            GruCase::new([3, 40, 64], vec![40, 1, 0], direction),
            GruCase::new([2, 3, 5], vec![0, 0], direction),
        ]);
    }
}

#[test]
fn gradients_of_gated_recurrent_units() {
    for direction in DIRECTIONS {
        let case = GruCase::new([3, 5, 7], vec![5, 3, 0], direction);
        confirm(&case, &["projected", "initial", "weights", "bias"]);
    }
}

#[test]
fn gated_recurrent_units_on_any_threads() {
    for direction in DIRECTIONS {
        let lengths = (0..50).map(|row| (row * 7) % 10).collect();
        same_on_any_threads(&GruCase::new([50, 9, 33], lengths, direction));
    }
}

/// The equations of PyTorch's documentation, one number at a time.
fn gru_by_hand(
    [projected, initial, weights, bias]: [&[f64]; 4],
    [batch, time, hidden]: [usize; 3],
    lengths: &Lengths,
    direction: Direction,
) -> Vec<f64> {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let mut states = vec![0.0; batch * time * hidden];
    for row in 0..batch {
        let mut state = initial[row * hidden..][..hidden].to_vec();
        let mut steps: Vec<_> = (0..time).collect();
        if direction == Direction::Backward {
            steps.reverse();
        }
        for step in steps {
            let product = |gate: usize, unit: usize| {
                let column = gate * hidden + unit;
                let terms = state.iter().enumerate();
                terms.map(|(from, h)| h * weights[from * 3 * hidden + column]).sum::<f64>()
                    + bias[column]
            };
            let input = |gate: usize, unit: usize| {
                projected[(row * time + step) * 3 * hidden + gate * hidden + unit]
            };
            if (step as u32) < lengths.as_slice()[row] {
                let next = |unit: usize| {
                    let r = sigmoid(input(0, unit) + product(0, unit));
                    let z = sigmoid(input(1, unit) + product(1, unit));
                    let n = (input(2, unit) + r * product(2, unit)).tanh();
                    (1.0 - z) * n + z * state[unit]
                };
                state = (0..hidden).map(next).collect();
            }
            states[(row * time + step) * hidden..][..hidden].copy_from_slice(&state);
        }
    }
    states
}

#[test]
fn the_composed_gated_recurrent_unit_is_that_of_the_equations() {
    let sizes @ [batch, time, hidden] = [3, 4, 5];
    let shapes = [batch * time * 3 * hidden, batch * hidden, hidden * 3 * hidden, 3 * hidden];
    let [projected, initial, weights, bias] = [0, 1, 2, 3].map(|at| uniform(at as u64, shapes[at]));
    let lengths = Lengths::new([4, 0, 2]);
    let device = Device::flex();
    for direction in DIRECTIONS {
        let found = numbers(composed::gru(
            tensor(projected.clone(), [batch, time, 3 * hidden], &device, DType::F64),
            tensor(initial.clone(), [batch, hidden], &device, DType::F64),
            tensor(weights.clone(), [hidden, 3 * hidden], &device, DType::F64),
            tensor(bias.clone(), [3 * hidden], &device, DType::F64),
            &lengths,
            direction,
        ));
        let inputs = [&projected[..], &initial, &weights, &bias];
        let expected = gru_by_hand(inputs, sizes, &lengths, direction);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} for {expected}, {direction:?}");
        }
    }
}

#[test]
fn padding_keeps_the_state_and_gets_no_gradient() {
    let [batch, time, hidden] = [3, 5, 9];
    let lengths = vec![5, 0, 2];
    for (backend, device) in devices() {
        for direction in DIRECTIONS {
            let case = GruCase::new([batch, time, hidden], lengths.clone(), direction);
            let found = case.run(Tape::kernels(device.clone().autodiff(), DType::F32));
            let state =
                |row: usize, step: usize| &found.output()[(row * time + step) * hidden..][..hidden];
            for (row, length) in lengths.iter().enumerate() {
                for step in *length as usize..time {
                    let gradient = found.gradient("projected");
                    let gradient = &gradient[(row * time + step) * 3 * hidden..][..3 * hidden];
                    let place = format!("row {row}, step {step}, {direction:?} on {backend}");
                    assert!(gradient.iter().all(|value| *value == 0.0), "the gradient of {place}");
                    let kept = match (direction, step) {
                        (Direction::Forward, 0) | (Direction::Backward, _) => {
                            &case.initial.values()[row * hidden..][..hidden]
                        }
                        (Direction::Forward, step) => state(row, step - 1),
                    };
                    assert_eq!(state(row, step), kept, "{place}");
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "a length of 6 in sequences of 5 steps")]
fn lengths_beyond_the_padding_panic() {
    let device = Device::flex();
    let lengths = Lengths::new([6, 1]);
    let weights = random([4, 12], &device);
    let (projected, initial) = (random([2, 5, 12], &device), random([2, 4], &device));
    gru(projected, initial, weights, random([12], &device), &lengths, Direction::Forward);
}

#[test]
fn gradient_checkpointing_changes_no_number() {
    let unit = GruCase::new([3, 4, 9], vec![4, 0, 2], Direction::Forward);
    let attention = AttentionCase::new([2, 3, 4, 5, 6, 7], vec![5, 2], true);
    let decoder = AttentionGruCase::new([3, 4, 5, 6, 7, 8], vec![5, 0, 2]);
    for (backend, device) in devices() {
        let cases: [&dyn Fn(Tape) -> RunResult; 3] =
            [&|tape| unit.run(tape), &|tape| attention.run(tape), &|tape| decoder.run(tape)];
        for (index, run) in cases.into_iter().enumerate() {
            let on = |device| run(Tape::kernels(device, DType::F32));
            let plain = on(device.clone().autodiff());
            let checkpointed = on(device.clone().autodiff().gradient_checkpointing());
            assert!(plain == checkpointed, "function {index} on {backend}");
        }
    }
}

#[test]
fn nan_stays_in_its_row_and_stays_nan() {
    let [batch, time, hidden] = [5, 4, 33];
    let (row, step) = (2, 1);
    for (backend, device) in devices() {
        let mut projected = uniform(1, batch * time * 3 * hidden);
        // A gate r of a single element, which the product of the next step spreads to all.
        projected[(row * time + step) * 3 * hidden] = f64::NAN;
        let projected = tensor(projected, [batch, time, 3 * hidden], &device, DType::F32);
        let states = numbers(gru(
            projected,
            random([batch, hidden], &device),
            random([hidden, 3 * hidden], &device),
            random([3 * hidden], &device),
            &Lengths::full(batch, time),
            Direction::Forward,
        ));
        for (at, state) in states.into_iter().enumerate() {
            let (of_row, of_step) = (at / hidden / time, at / hidden % time);
            let reached = of_step > step || of_step == step && at % hidden == 0;
            let expected = of_row == row && reached;
            assert_eq!(state.is_nan(), expected, "row {of_row}, step {of_step} on {backend}");
        }
    }
}
