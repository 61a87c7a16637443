//! Embedding, cross-entropy and layer normalisation of text models.

use burn::backend::Dispatch;
use burn::tensor::{Bool, Device, Int, Tensor, TensorData, activation, module};

use super::has_kernels;
use crate::compute::CrossEntropyOp;
use crate::extension::TextKernels;
use crate::tokens::Tokens;

/// An embedding: the row of the weights with each token's id.
///
/// The gradient of the weights adds the gradients of an id's tokens in their order.
///
/// # Shapes
///
/// - `weights`: `[vocabulary, width]`
/// - `tokens`: `[batch, time]`
/// - output: `[batch, time, width]`
///
/// # Panics
///
/// If an id is not below the vocabulary.
pub fn embedding(weights: Tensor<2>, tokens: &Tokens) -> Tensor<3> {
    let [vocabulary, _] = weights.dims();
    tokens.check(vocabulary, None);
    if !has_kernels(&weights) {
        let ids = integers(tokens.ids(), tokens.dims(), &weights.device());
        return module::embedding(weights, ids);
    }
    let output = <Dispatch as TextKernels>::embed(weights.into_dispatch(), tokens.clone());
    Tensor::from_dispatch(output)
}

/// The cross-entropy of softmax and smoothed targets (Szegedy et al. 2016, section 7), summed over the rows:
/// `(1 - e) (-log p[target]) + e / vocabulary sum_v (-log p[v])` with smoothing e.
///
/// Rows with the ignored target, such as padding, add nothing and have a gradient of zero. For a mean, divide
/// by the number of the others.
///
/// # Shapes
///
/// - `logits`: `[rows, vocabulary]`
/// - `targets`: as many ids as there are rows, in order, with any batch and time
/// - output: `[1]`
///
/// # Panics
///
/// If there are not as many targets as rows, if a target is neither below the vocabulary nor ignored, or if the
/// smoothing is not in [0, 1].
pub fn cross_entropy(
    logits: Tensor<2>,
    targets: &Tokens,
    ignored: Option<u32>,
    smoothing: f64,
) -> Tensor<1> {
    let [rows, vocabulary] = logits.dims();
    let count = targets.ids().len();
    assert_eq!(count, rows, "{count} targets for {rows} rows of logits");
    assert!((0.0..=1.0).contains(&smoothing), "a smoothing from 0 to 1, not {smoothing}");
    targets.check(vocabulary, ignored);
    if !has_kernels(&logits) {
        return cross_entropy_by_burn(logits, targets.ids(), ignored, smoothing);
    }
    let loss = CrossEntropyOp { targets: targets.clone(), ignored, smoothing };
    Tensor::from_dispatch(<Dispatch as TextKernels>::cross_entropy(logits.into_dispatch(), loss))
}

fn cross_entropy_by_burn(
    logits: Tensor<2>,
    targets: &[u32],
    ignored: Option<u32>,
    smoothing: f64,
) -> Tensor<1> {
    let ([rows, vocabulary], device) = (logits.dims(), logits.device());
    let left_out: Vec<bool> = targets.iter().map(|id| Some(*id) == ignored).collect();
    // The ignored id may lie beyond the vocabulary.
    let present =
        targets.iter().zip(&left_out).map(|(id, left_out)| if *left_out { 0 } else { *id });
    let targets = integers(&present.collect::<Vec<_>>(), [rows, 1], &device);
    let left_out = Tensor::<2, Bool>::from_data(TensorData::new(left_out, [rows, 1]), &device);
    let log_probabilities = activation::log_softmax(logits, 1);
    let mut rows = log_probabilities.clone().gather(1, targets) * (smoothing - 1.0);
    if smoothing > 0.0 {
        rows = rows - log_probabilities.sum_dim(1) * (smoothing / vocabulary as f64);
    }
    rows.mask_fill(left_out, 0.0).sum()
}

/// Layer normalisation (Ba, Kiros and Hinton 2016): each row of the last axis with mean 0 and variance 1, times
/// the gain, plus the bias.
///
/// `y = (x - mean(x)) / sqrt(variance(x) + epsilon) gain + bias` with the biased variance.
///
/// # Shapes
///
/// - `x`: `[batch, time, width]`
/// - `gain`, `bias`: `[width]`
/// - output: `[batch, time, width]`
///
/// # Panics
///
/// If gain or bias do not have the width of x.
pub fn layer_norm(x: Tensor<3>, gain: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Tensor<3> {
    let [_, _, width] = x.dims();
    for (name, parameter) in [("gain", &gain), ("bias", &bias)] {
        let [count] = parameter.dims();
        assert_eq!(count, width, "a {name} of {count} for rows of {width}");
    }
    if !has_kernels(&x) {
        return module::layer_norm(x, gain, Some(bias), epsilon);
    }
    let (gain, bias) = (gain.into_dispatch(), bias.into_dispatch());
    let x = x.into_dispatch();
    Tensor::from_dispatch(<Dispatch as TextKernels>::normalize_rows(x, gain, bias, epsilon))
}

/// Ids as a tensor of integers.
fn integers(ids: &[u32], dims: [usize; 2], device: &Device) -> Tensor<2, Int> {
    let ids: Vec<i64> = ids.iter().copied().map(i64::from).collect();
    Tensor::from_data(TensorData::new(ids, dims), device)
}
