//! Attention: agreement with Burn's operations, finite differences, any number of threads, and the mask.

use burn::tensor::{DType, Device, Tensor};
use hearth_kernels::{AttentionMask, Lengths, attention, attention_weights, composed};

use crate::agreement::{compare_all, compare_random};
use crate::cases::{self, AttentionCase};
use crate::gradients::confirm;
use crate::support::{devices, numbers, random, tensor, uniform};
use crate::threads::same_on_any_threads;

#[test]
fn attentions_agree() {
    compare_random(300, cases::attentions());
}

#[test]
fn attentions_of_usual_layers_agree() {
    compare_all([
        AttentionCase::new([3, 4, 50, 70, 64, 64], vec![70, 31, 1], false),
        AttentionCase::new([2, 8, 130, 130, 32, 32], vec![130, 100], true),
        AttentionCase::new([5, 1, 1, 9, 33, 20], vec![9, 0, 3, 1, 8], false),
    ]);
}

#[test]
fn gradients_of_attentions() {
    for causal in [false, true] {
        let case = AttentionCase::new([3, 2, 5, 6, 7, 4], vec![6, 3, 0], causal);
        confirm(&case, &["queries", "keys", "values"]);
    }
}

#[test]
fn attentions_on_any_threads() {
    for causal in [false, true] {
        let lengths = vec![90, 17, 0, 33, 89];
        same_on_any_threads(&AttentionCase::new([5, 3, 130, 90, 20, 33], lengths, causal));
    }
}

/// Equation 1 of Vaswani et al. 2017, one number at a time.
#[test]
fn the_composed_attention_is_that_of_the_equation() {
    let [batch, heads, targets, sources, width, value_width] = [2, 2, 4, 5, 3, 2];
    let of = |seed, time, width| uniform(seed, batch * heads * time * width);
    let (queries, keys) = (of(1, targets, width), of(2, sources, width));
    let values = of(3, sources, value_width);
    let (device, dtype, scale) = (Device::flex(), DType::F64, 0.7);
    for causal in [false, true] {
        let mask = AttentionMask { lengths: Lengths::new([5, 3]), causal };
        let found = numbers(composed::attention(
            tensor(queries.clone(), [batch, heads, targets, width], &device, dtype),
            tensor(keys.clone(), [batch, heads, sources, width], &device, dtype),
            tensor(values.clone(), [batch, heads, sources, value_width], &device, dtype),
            &mask,
            scale,
        ));
        for (at, found) in found.into_iter().enumerate() {
            let (element, target) = (at % value_width, at / value_width % targets);
            let head = at / value_width / targets;
            let length = mask.lengths.as_slice()[head / heads] as usize;
            let seen = if causal { length.min(target + 1) } else { length };
            let score = |source: usize| {
                let query = &queries[(head * targets + target) * width..][..width];
                let key = &keys[(head * sources + source) * width..][..width];
                scale * query.iter().zip(key).map(|(q, k)| q * k).sum::<f64>()
            };
            let value = |source: usize| values[(head * sources + source) * value_width + element];
            let total: f64 = (0..seen).map(|source| score(source).exp()).sum();
            let sum: f64 = (0..seen).map(|source| score(source).exp() * value(source)).sum();
            assert!((found - sum / total).abs() < 1e-12, "output {at}, causal: {causal}");
        }
    }
}

#[test]
fn hidden_keys_have_no_weight() {
    for (backend, device) in devices() {
        let of = |time: usize, width: usize| random([2, 3, time, width], &device);
        let mask = AttentionMask { lengths: Lengths::new([2, 0]), causal: true };
        let (queries, keys) = (of(4, 8), of(5, 8));
        let weights = numbers(attention_weights(queries.clone(), keys.clone(), &mask, 0.5));
        for (at, weight) in weights.into_iter().enumerate() {
            let (row, target, source) = (at / 60, at / 5 % 4, at % 5);
            let seen = row == 0 && source < 2 && source <= target;
            assert_eq!(weight != 0.0, seen, "weight {at} is {weight} on {backend}");
        }
        // Values that no query attends to are not read, not even times 0.
        let mut values = uniform(7, 2 * 3 * 5 * 6);
        for (at, value) in values.iter_mut().enumerate() {
            if at / 90 == 1 || at / 6 % 5 >= 2 {
                *value = f64::NAN;
            }
        }
        let values: Tensor<4> = tensor(values, [2, 3, 5, 6], &device, DType::F32);
        let output = numbers(attention(queries, keys, values, &mask, 0.5));
        assert!(output.iter().all(|y| y.is_finite()), "padding is read on {backend}");
        assert!(output[72..].iter().all(|y| *y == 0.0), "a row without keys on {backend}");
    }
}
