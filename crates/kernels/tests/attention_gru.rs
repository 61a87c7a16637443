//! The recurrence with attention: agreement with Burn's operations, finite differences, any number of
//! threads.

use burn::tensor::{DType, Device, Tensor};
use hearth_kernels::{
    AttentionGruInputs, AttentionGruOutput, AttentionGruParameters, Lengths, composed,
};

use crate::agreement::{compare_all, compare_random};
use crate::cases::{self, AttentionGruCase, OPERANDS};
use crate::gradients::confirm;
use crate::support::{Case, Tape, devices, numbers, tensor, uniform};
use crate::threads::same_on_any_threads;

#[test]
fn recurrences_with_attention_agree() {
    compare_random(300, cases::attention_grus());
}

#[test]
fn recurrences_with_attention_of_usual_layers_agree() {
    compare_all([
        AttentionGruCase::new(
            [14, 9, 11, 64, 64, 128],
            (0..14).map(|at| at % 12).collect::<Vec<_>>(),
        ),
        AttentionGruCase::new([2, 12, 20, 48, 33, 96], vec![20, 1]),
        AttentionGruCase::new([2, 3, 4, 5, 6, 7], vec![0, 0]),
    ]);
}

#[test]
fn gradients_of_recurrences_with_attention() {
    let case = AttentionGruCase::new([3, 4, 5, 6, 7, 8], vec![5, 2, 0]);
    confirm(&case, &OPERANDS);
}

#[test]
fn recurrences_with_attention_on_any_threads() {
    let lengths: Vec<_> = (0..50).map(|at| (at * 5) % 8).collect();
    same_on_any_threads(&AttentionGruCase::new([50, 6, 7, 33, 20, 41], lengths));
}

#[test]
fn padded_sources_have_no_weight_and_get_no_gradient() {
    let [batch, targets, sources, hidden, attention, memory] = [3, 4, 5, 6, 7, 8];
    let lengths = [5_usize, 2, 0];
    for (backend, device) in devices() {
        let sizes = [batch, targets, sources, hidden, attention, memory];
        let case = AttentionGruCase::new(sizes, lengths.map(|length| length as u32).to_vec());
        let found = case.run(Tape::kernels(device.autodiff(), DType::F32));
        for (at, weight) in found.outputs[1].values.iter().enumerate() {
            let (row, source) = (at / sources / targets, at % sources);
            let seen = source < lengths[row];
            assert_eq!(*weight > 0.0, seen, "weight {at} is {weight} on {backend}");
        }
        for (name, width) in [("memory", memory), ("keys", attention)] {
            for (at, gradient) in found.gradient(name).iter().enumerate() {
                let (row, source) = (at / width / sources, at / width % sources);
                let padding = source >= lengths[row];
                assert!(!padding || *gradient == 0.0, "{name} {at}: {gradient} on {backend}");
            }
        }
    }
}

/// The equations of the documentation, one number at a time.
#[test]
fn the_composed_recurrence_is_that_of_the_equations() {
    let sizes @ [batch, targets, sources, hidden, attention, memory] = [2, 3, 4, 3, 5, 2];
    let shapes = cases::shapes(sizes);
    let values: Vec<_> =
        shapes.iter().zip(0..).map(|(shape, seed)| uniform(seed, shape.iter().product())).collect();
    let device = Device::flex();
    let lengths = Lengths::new([4, 2]);
    let found = run_composed(&values, &shapes, &lengths, &device);
    let (output, all_weights) = (numbers(found.output), numbers(found.weights));

    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let [projected, initial, memories, keys, query, score, context, state, bias] =
        values.as_slice()
    else {
        panic!("nine operands");
    };
    let product = |row: &[f64], matrix: &[f64], width: usize, column: usize| {
        row.iter().enumerate().map(|(at, x)| x * matrix[at * width + column]).sum::<f64>()
    };
    for row in 0..batch {
        let length = lengths.as_slice()[row] as usize;
        let mut current = initial[row * hidden..][..hidden].to_vec();
        for step in 0..targets {
            let scores: Vec<f64> = (0..length)
                .map(|source| {
                    let key = &keys[(row * sources + source) * attention..][..attention];
                    let terms = (0..attention).map(|at| {
                        score[at] * (product(&current, query, attention, at) + key[at]).tanh()
                    });
                    terms.sum::<f64>().exp()
                })
                .collect();
            let total: f64 = scores.iter().sum();
            let attended: Vec<f64> = (0..memory)
                .map(|at| {
                    let value = |source| memories[(row * sources + source) * memory + at];
                    (0..length).map(|source| scores[source] / total * value(source)).sum()
                })
                .collect();
            let entry = row * targets + step;
            let inputs = |at: usize| {
                projected[entry * 3 * hidden + at] + product(&attended, context, 3 * hidden, at)
            };
            let products = |at: usize| product(&current, state, 3 * hidden, at) + bias[at];
            let next: Vec<f64> = (0..hidden)
                .map(|at| {
                    let r = sigmoid(inputs(at) + products(at));
                    let z = sigmoid(inputs(hidden + at) + products(hidden + at));
                    let n = (inputs(2 * hidden + at) + r * products(2 * hidden + at)).tanh();
                    (1.0 - z) * n + z * current[at]
                })
                .collect();
            current = next;
            let found = &output[entry * (hidden + memory)..][..hidden + memory];
            for (found, expected) in found.iter().zip(current.iter().chain(&attended)) {
                assert!((found - expected).abs() < 1e-12, "row {row}, step {step}");
            }
            for source in 0..sources {
                let expected = if source < length { scores[source] / total } else { 0.0 };
                let found = all_weights[entry * sources + source];
                assert!((found - expected).abs() < 1e-12, "weight {source} of row {row}");
            }
        }
    }
}

fn run_composed(
    values: &[Vec<f64>],
    shapes: &[Vec<usize>],
    lengths: &Lengths,
    device: &Device,
) -> AttentionGruOutput {
    fn of<const D: usize>(values: &[f64], shape: &[usize], device: &Device) -> Tensor<D> {
        let dims = shape.try_into().expect("as many dimensions as the operand has");
        tensor(values.to_vec(), dims, device, DType::F64)
    }
    let inputs = AttentionGruInputs {
        projected: of(&values[0], &shapes[0], device),
        initial: of(&values[1], &shapes[1], device),
        memory: of(&values[2], &shapes[2], device),
        keys: of(&values[3], &shapes[3], device),
    };
    let parameters = AttentionGruParameters {
        query: of(&values[4], &shapes[4], device),
        score: of(&values[5], &shapes[5], device),
        context: of(&values[6], &shapes[6], device),
        state: of(&values[7], &shapes[7], device),
        bias: of(&values[8], &shapes[8], device),
    };
    composed::attention_gru(inputs, parameters, lengths)
}
