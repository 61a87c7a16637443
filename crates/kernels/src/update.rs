//! The update rules of optimisers: one parallel pass over a parameter's elements.

use std::borrow::Cow;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::float::Float;
use crate::patches::processor;
use crate::view::filled_each;

/// The hyperparameters of a step of stochastic gradient descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdStep {
    /// The learning rate.
    pub learning_rate: f64,
    /// The momentum coefficient of the velocity.
    pub momentum: f64,
    /// True for Nesterov momentum.
    pub nesterov: bool,
    /// A factor of the gradient, applied first.
    pub gradient_scale: f64,
    /// The coefficient of an L2 penalty: `penalty * parameter` is added to the gradient.
    pub penalty: f64,
}

/// The hyperparameters of a step of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// The learning rate.
    pub learning_rate: f64,
    /// The decay rate of the first moment.
    pub beta_1: f64,
    /// The decay rate of the second moment.
    pub beta_2: f64,
    /// A number added to the denominator.
    pub epsilon: f64,
    /// The number of this step, from 1.
    pub time: u64,
    /// A factor of the gradient, applied first.
    pub gradient_scale: f64,
    /// The coefficient of an L2 penalty: `penalty * parameter` is added to the gradient.
    pub penalty: f64,
    /// Decoupled weight decay: `learning_rate * decay * parameter` is subtracted (Loshchilov and Hutter
    /// 2019, algorithm 2).
    pub decay: f64,
}

impl AdamStep {
    /// `[size, root, kept]`, with which the new parameter is
    /// `kept parameter - size first / (root sqrt(second) + epsilon)`.
    pub fn factors(&self) -> [f64; 3] {
        let time = self.time as f64;
        let [correction_1, correction_2] =
            [self.beta_1, self.beta_2].map(|beta| 1.0 - beta.powf(time));
        [
            self.learning_rate / correction_1,
            1.0 / correction_2.sqrt(),
            1.0 - self.learning_rate * self.decay,
        ]
    }
}

/// Elements in a task: its parts of all slices fit a core's cache together.
const CHUNK: usize = 1 << 13;

/// The state of the optimiser for a parameter, or the zeros that it starts from.
fn or_zeros<E: Float>(state: Option<Cow<'_, [E]>>, length: usize) -> Cow<'_, [E]> {
    state.unwrap_or_else(|| vec![E::default(); length].into())
}

/// The new parameter and velocity.
pub fn sgd<E: Float>(
    parameter: &[E],
    gradient: &[E],
    velocity: Option<Cow<'_, [E]>>,
    step: SgdStep,
) -> [Vec<E>; 2] {
    let velocity = or_zeros(velocity, parameter.len());
    filled_each(parameter.len(), |[new_parameter, new_velocity]| {
        let new = (new_parameter.par_chunks_mut(CHUNK), new_velocity.par_chunks_mut(CHUNK));
        let old =
            (parameter.par_chunks(CHUNK), gradient.par_chunks(CHUNK), velocity.par_chunks(CHUNK));
        (new, old).into_par_iter().for_each(|(new, old)| {
            processor().dispatch(Sgd { new, old, step });
        });
    })
}

struct Sgd<'a, E> {
    new: (&'a mut [E], &'a mut [E]),
    old: (&'a [E], &'a [E], &'a [E]),
    step: SgdStep,
}

impl<E: Float> WithSimd for Sgd<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let SgdStep { learning_rate, momentum, nesterov, gradient_scale, penalty } = self.step;
        // The step is `ahead * velocity + now * gradient`.
        let [ahead, now] = if nesterov { [momentum, 1.0] } else { [1.0, 0.0] };
        let [ahead, now, learning_rate, momentum, scale, penalty] =
            [ahead, now, learning_rate, momentum, gradient_scale, penalty].map(E::from_f64);
        let new = self.new.0.iter_mut().zip(self.new.1);
        let old = self.old.0.iter().zip(self.old.1).zip(self.old.2);
        for ((new_parameter, new_velocity), ((parameter, gradient), velocity)) in new.zip(old) {
            let gradient = *gradient * scale + *parameter * penalty;
            let velocity = *velocity * momentum + gradient;
            *new_velocity = velocity;
            *new_parameter = *parameter - learning_rate * (ahead * velocity + now * gradient);
        }
    }
}

/// The new parameter, first and second moment.
pub fn adam<E: Float>(
    parameter: &[E],
    gradient: &[E],
    moments: [Option<Cow<'_, [E]>>; 2],
    step: AdamStep,
) -> [Vec<E>; 3] {
    let [first, second] = moments.map(|moment| or_zeros(moment, parameter.len()));
    filled_each(parameter.len(), |new: [&mut [E]; 3]| {
        let [new_parameter, new_first, new_second] = new.map(|new| new.par_chunks_mut(CHUNK));
        let [parameter, gradient, first, second] =
            [parameter, gradient, &first, &second].map(|old| old.par_chunks(CHUNK));
        let new = (new_parameter, new_first, new_second);
        let old = (parameter, gradient, first, second);
        (new, old).into_par_iter().for_each(|(new, old)| {
            processor().dispatch(Adam { new, old, step });
        });
    })
}

struct Adam<'a, E> {
    new: (&'a mut [E], &'a mut [E], &'a mut [E]),
    old: (&'a [E], &'a [E], &'a [E], &'a [E]),
    step: AdamStep,
}

impl<E: Float> WithSimd for Adam<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let AdamStep { beta_1, beta_2, gradient_scale, penalty, epsilon, .. } = self.step;
        let [size, root, kept] = self.step.factors();
        let [size, root, kept, epsilon, scale, penalty] =
            [size, root, kept, epsilon, gradient_scale, penalty].map(E::from_f64);
        let [share_1, share_2] = [1.0 - beta_1, 1.0 - beta_2].map(E::from_f64);
        let [beta_1, beta_2] = [beta_1, beta_2].map(E::from_f64);
        let new = self.new.0.iter_mut().zip(self.new.1).zip(self.new.2);
        let old = self.old.0.iter().zip(self.old.1).zip(self.old.2.iter().zip(self.old.3));
        for (new, ((parameter, gradient), (first, second))) in new.zip(old) {
            let ((new_parameter, new_first), new_second) = new;
            let gradient = *gradient * scale + *parameter * penalty;
            let first = *first * beta_1 + gradient * share_1;
            let second = *second * beta_2 + gradient * gradient * share_2;
            *new_first = first;
            *new_second = second;
            *new_parameter = *parameter * kept - size * first / (second.sqrt() * root + epsilon);
        }
    }
}
