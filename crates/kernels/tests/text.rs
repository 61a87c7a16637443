//! The functions of text models: agreement with Burn's operations, gradients, threads and edges.

use burn::tensor::{DType, Device, Tensor};
use hearth_kernels::{Tokens, embedding};

use crate::agreement::{compare_all, compare_random};
use crate::cases::{self, EmbeddingCase};
use crate::gradients::confirm;
use crate::support::{Case, Tape, devices, numbers, panics, random, tensor};
use crate::threads::same_on_any_threads;

#[test]
fn embeddings_agree() {
    compare_random(200, cases::embeddings());
    compare_all([EmbeddingCase::new([900, 128], [17, 24]), EmbeddingCase::new([1, 5], [3, 2])]);
    let nothing = Tokens::new([], [3, 0]);
    assert_eq!(embedding(random([4, 5], &Device::flex()), &nothing).dims(), [3, 0, 5]);
}

#[test]
fn differences_confirm_the_gradients() {
    confirm(&EmbeddingCase::new([7, 5], [4, 3]), &["weights"]);
}

#[test]
fn threads_change_no_bit() {
    same_on_any_threads(&EmbeddingCase::new([900, 65], [17, 24]));
}

#[test]
fn gradient_checkpointing_changes_no_number() {
    let table = EmbeddingCase::new([9, 5], [4, 3]);
    for (backend, device) in devices() {
        let run = |device: &Device| {
            let tape = || Tape::kernels(device.clone(), DType::F32);
            table.run(tape())
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
    }
}

#[test]
fn other_element_types_are_left_to_burn() {
    let device = Device::flex();
    let table = EmbeddingCase::new([7, 5], [4, 3]);
    let weights: Tensor<2> = tensor(table.weights.values(), [7, 5], &device, DType::F16);
    let found = numbers(embedding(weights, &table.tokens));
    let expected = table.run(Tape::burn());
    for (found, expected) in found.iter().zip(expected.output()) {
        assert!((found - expected).abs() < 1e-3, "{found} for {expected}");
    }
}
