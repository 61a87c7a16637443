//! The update rules of optimisers.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::has_forward_kernels;
use crate::extension::InferenceKernels;
use crate::update::{AdamStep, SgdStep};

/// A step of stochastic gradient descent with momentum in PyTorch's form, `v' = momentum v + g`,
/// `p' = p - learning_rate v'`, and with Nesterov's variant `p' = p - learning_rate (momentum v' + g)`.
/// Sutskever et al. 2013 have the learning rate inside the velocity: the same for a constant rate.
/// Returns the new parameter and velocity.
///
/// # Shapes
///
/// All tensors are flat, `[numel]`: the rule is elementwise. None is a velocity of zeros, before the
/// first step.
pub fn sgd_step(
    parameter: Tensor<1>,
    gradient: Tensor<1>,
    velocity: Option<Tensor<1>>,
    step: SgdStep,
) -> [Tensor<1>; 2] {
    if has_forward_kernels(&parameter) {
        let (parameter, gradient) = (parameter.into_dispatch(), gradient.into_dispatch());
        let velocity = velocity.map(Tensor::into_dispatch).into();
        let new = <Dispatch as InferenceKernels>::sgd(parameter, gradient, velocity, step);
        return <[_; 2]>::from(new).map(Tensor::from_dispatch);
    }
    let SgdStep { learning_rate, momentum, nesterov, gradient_scale, penalty } = step;
    let gradient = gradient * gradient_scale + parameter.clone() * penalty;
    let velocity = match velocity {
        Some(velocity) => velocity * momentum + gradient.clone(),
        None => gradient.clone(),
    };
    let ahead = if nesterov { velocity.clone() * momentum + gradient } else { velocity.clone() };
    [parameter - ahead * learning_rate, velocity]
}

/// A step of Adam (Kingma and Ba 2015, algorithm 1), or of `AdamW` (Loshchilov and Hutter 2019,
/// algorithm 2) if `decay` is above 0. Returns the new parameter, first moment and second moment.
///
/// # Shapes
///
/// All tensors are flat, `[numel]`: the rule is elementwise. None stands for moments of zeros, before
/// the first step.
pub fn adam_step(
    parameter: Tensor<1>,
    gradient: Tensor<1>,
    moments: Option<[Tensor<1>; 2]>,
    step: AdamStep,
) -> [Tensor<1>; 3] {
    if has_forward_kernels(&parameter) {
        let (parameter, gradient) = (parameter.into_dispatch(), gradient.into_dispatch());
        let moments = moments.map(|moments| moments.map(Tensor::into_dispatch).into());
        let (first, second): (Option<_>, Option<_>) = moments.unzip();
        let (first, second) = (first.into(), second.into());
        let new = <Dispatch as InferenceKernels>::adam(parameter, gradient, first, second, step);
        return <[_; 3]>::from(new).map(Tensor::from_dispatch);
    }
    let AdamStep { beta_1, beta_2, epsilon, gradient_scale, penalty, .. } = step;
    let gradient = gradient * gradient_scale + parameter.clone() * penalty;
    let [first, second] = moments.unwrap_or_else(|| {
        let zeros = parameter.zeros_like();
        [zeros.clone(), zeros]
    });
    let first = first * beta_1 + gradient.clone() * (1.0 - beta_1);
    let second = second * beta_2 + gradient.square() * (1.0 - beta_2);
    let [size, root, kept] = step.factors();
    let down = first.clone() * size / (second.clone().sqrt() * root + epsilon);
    [parameter * kept - down, first, second]
}
