//! The functions of text models: agreement with Burn's operations, gradients, threads and edges.

use burn::tensor::{DType, Device, Tensor};
use hearth_kernels::{Tokens, cross_entropy, embedding, layer_norm};

use crate::agreement::{compare_all, compare_random};
use crate::cases::{self, CrossEntropyCase, EmbeddingCase, LayerNormCase};
use crate::gradients::confirm;
use crate::support::{Case, Tape, devices, numbers, panics, random, tensor};
use crate::threads::{same_on_any_threads, same_on_threads};

#[test]
fn embeddings_agree() {
    compare_random(200, cases::embeddings());
    compare_all([EmbeddingCase::new([900, 128], [17, 24]), EmbeddingCase::new([1, 5], [3, 2])]);
    let nothing = Tokens::new([], [3, 0]);
    assert_eq!(embedding(random([4, 5], &Device::flex()), &nothing).dims(), [3, 0, 5]);
}

#[test]
fn cross_entropies_agree() {
    compare_random(300, cases::cross_entropies());
    let usual = CrossEntropyCase::new(120, 4001);
    let beyond = CrossEntropyCase { ignored: Some(u32::MAX), ..usual.clone() };
    let nothing = CrossEntropyCase { targets: Tokens::new([0; 120], [10, 12]), ..usual.clone() };
    compare_all([usual, beyond, nothing]);
}

#[test]
fn layer_norms_agree() {
    compare_random(200, cases::layer_norms());
    let usual = LayerNormCase::new([33, 24, 128]);
    let offset = LayerNormCase { x: usual.x.clone().around(1000.0, 1.0), ..usual.clone() };
    compare_all([usual, offset, LayerNormCase::new([300, 9, 7])]);
}

#[test]
fn differences_confirm_the_gradients() {
    confirm(&EmbeddingCase::new([7, 5], [4, 3]), &["weights"]);
    let case = CrossEntropyCase::new(9, 13);
    confirm(&CrossEntropyCase { smoothing: 0.0, ignored: None, ..case.clone() }, &["logits"]);
    confirm(&case, &["logits"]);
    confirm(&LayerNormCase::new([3, 4, 9]), &["x", "gain", "bias"]);
}

#[test]
fn threads_change_no_bit() {
    same_on_any_threads(&EmbeddingCase::new([900, 65], [17, 24]));
    same_on_any_threads(&CrossEntropyCase::new(200, 1003));
    same_on_any_threads(&LayerNormCase::new([33, 24, 65]));
}

/// The logits of a step of a translator: 6 million.
#[test]
fn threads_change_no_bit_of_many_logits() {
    same_on_threads(&CrossEntropyCase::new(64 * 24, 4000), &[3]);
}

#[test]
fn a_loss_is_its_definition() {
    // -log p of logits 0, ln 2, ln 5 is ln 8, ln 4, ln(8/5).
    for (backend, device) in devices() {
        let (ln_2, ln_5) = (2.0_f64.ln(), 5.0_f64.ln());
        let logits = vec![0.0, ln_2, ln_5, 0.0, ln_2, ln_5, 1e4, 0.0, -1e4];
        let logits = tensor(logits, [3, 3], &device, DType::F64);
        let targets = Tokens::new([2, 1, 1], [1, 3]);
        let plain = numbers(cross_entropy(logits.clone(), &targets, None, 0.0))[0];
        let expected = (8.0_f64 / 5.0).ln() + 4.0_f64.ln() + 1e4;
        assert!((plain - expected).abs() < 1e-9, "{plain} for {expected} on {backend}");
        let ignored = numbers(cross_entropy(logits, &targets, Some(1), 0.3))[0];
        let all = 8.0_f64.ln() + 4.0_f64.ln() + (8.0_f64 / 5.0).ln();
        let expected = 0.7 * (8.0_f64 / 5.0).ln() + 0.1 * all;
        assert!((ignored - expected).abs() < 1e-12, "{ignored} for {expected} on {backend}");
    }
}

#[test]
fn masked_classes_and_ignored_rows_give_finite_losses() {
    let case = CrossEntropyCase::new(6, 40);
    for (backend, device) in devices() {
        let device = device.autodiff();
        let mut values = case.logits.values();
        // A class that is masked out everywhere, and a row of padding without a number.
        values.iter_mut().skip(39).step_by(40).for_each(|x| *x = f64::NEG_INFINITY);
        values[..40].fill(f64::NAN);
        let logits: Tensor<2> = tensor(values, [6, 40], &device, DType::F32).require_grad();
        let targets = Tokens::new([0, 1, 2, 0, 3, 38], [2, 3]);
        let loss = cross_entropy(logits.clone(), &targets, Some(0), 0.0);
        assert!(numbers(loss.clone())[0].is_finite(), "the loss on {backend}");
        let gradients = logits.grad(&loss.backward()).expect("tracked");
        for (index, gradient) in numbers(gradients).into_iter().enumerate() {
            let zero = [0, 3].contains(&(index / 40)) || index % 40 == 39;
            assert!(gradient.is_finite() && (gradient == 0.0) == zero, "{index} on {backend}");
        }
    }
}

#[test]
fn nan_stays_nan() {
    for (backend, device) in devices() {
        for at in [0, 1, 37, 69] {
            let mut values = vec![0.5; 70];
            values[at] = f64::NAN;
            let x: Tensor<3> = tensor(values.clone(), [1, 2, 35], &device, DType::F32);
            let of = || random([35], &device);
            let y = numbers(layer_norm(x, of(), of(), 1e-5));
            let nans = y.iter().enumerate().all(|(i, y)| y.is_nan() == (i / 35 == at / 35));
            assert!(nans, "layer_norm of NaN at {at} on {backend}");
            let logits = tensor(values, [2, 35], &device, DType::F32);
            let loss = cross_entropy(logits, &Tokens::new([3, 4], [2, 1]), None, 0.1);
            assert!(numbers(loss)[0].is_nan(), "cross_entropy of NaN at {at} on {backend}");
        }
    }
}

#[test]
fn a_constant_row_is_normalised_to_the_bias() {
    for (backend, device) in devices() {
        let device = device.autodiff();
        let x = Tensor::<3>::full([2, 3, 20], 0.7, &device).require_grad();
        let bias = random([20], &device);
        let y = layer_norm(x.clone(), random([20], &device), bias.clone(), 1e-5);
        assert_eq!(numbers(y.clone()), numbers(bias).repeat(6), "on {backend}");
        let gradient = numbers(x.grad(&y.sum().backward()).expect("tracked"));
        assert!(gradient.iter().all(|value| value.is_finite()), "on {backend}");
    }
}

#[test]
fn gradient_checkpointing_changes_no_number() {
    let (table, loss) = (EmbeddingCase::new([9, 5], [4, 3]), CrossEntropyCase::new(9, 30));
    let norm = LayerNormCase::new([3, 4, 9]);
    for (backend, device) in devices() {
        let run = |device: &Device| {
            let tape = || Tape::kernels(device.clone(), DType::F32);
            [table.run(tape()), loss.run(tape()), norm.run(tape())]
        };
        let plain = device.autodiff();
        assert!(run(&plain) == run(&plain.clone().gradient_checkpointing()), "on {backend}");
    }
}

#[test]
fn inputs_that_do_not_fit_panic() {
    panics("a batch of 2 by 3 of five ids", || Tokens::new([0; 5], [2, 3]));
    for (backend, device) in devices() {
        let matrix = || random([4, 3], &device);
        let of = |ids: [u32; 4]| Tokens::new(ids, [2, 2]);
        panics(&format!("id 4 of 4 on {backend}"), || embedding(matrix(), &of([0, 4, 1, 2])));
        let loss = |ids, ignored, smoothing| cross_entropy(matrix(), &of(ids), ignored, smoothing);
        panics(&format!("target 3 of 3 on {backend}"), || loss([0, 3, 1, 2], None, 0.0));
        panics(&format!("target 3 of 3 for 4 on {backend}"), || loss([0, 3, 1, 2], Some(4), 0.0));
        panics(&format!("a smoothing of 2 on {backend}"), || loss([0, 2, 1, 2], None, 2.0));
        let three = Tokens::new([0; 3], [1, 3]);
        panics(&format!("3 targets of 4 on {backend}"), || {
            cross_entropy(matrix(), &three, None, 0.0)
        });
        for (gain, bias) in [(2, 3), (3, 2), (1, 3), (3, 1)] {
            panics(&format!("{gain} gains, {bias} biases on {backend}"), || {
                let (gain, bias) = (random([gain], &device), random([bias], &device));
                layer_norm(random([2, 4, 3], &device), gain, bias, 1e-5)
            });
        }
    }
}

#[test]
fn other_element_types_are_left_to_burn() {
    let device = Device::flex();
    let case = CrossEntropyCase::new(6, 40);
    let logits: Tensor<2> = tensor(case.logits.values(), [6, 40], &device, DType::F16);
    let found = numbers(cross_entropy(logits, &case.targets, Some(0), 0.1))[0];
    let expected = case.run(Tape::burn()).output()[0];
    assert!((found - expected).abs() < 1e-2 * expected, "{found} for {expected}");
    let table = EmbeddingCase::new([7, 5], [4, 3]);
    let weights: Tensor<2> = tensor(table.weights.values(), [7, 5], &device, DType::F16);
    let found = numbers(embedding(weights, &table.tokens));
    let expected = table.run(Tape::burn());
    for (found, expected) in found.iter().zip(expected.output()) {
        assert!((found - expected).abs() < 1e-3, "{found} for {expected}");
    }
}
