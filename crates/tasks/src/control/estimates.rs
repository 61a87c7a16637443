//! Estimates from rewards and a critic's values: advantages, and how good the values are.

/// The results of T steps of N environments, each `[T N]`.
#[derive(Clone, Copy)]
pub struct Experience<'a> {
    /// The rewards.
    pub rewards: &'a [f32],
    /// The estimated return of the state that an action was chosen in.
    pub values: &'a [f32],
    /// That of the state that it led to, 0 if that is terminal.
    pub next_values: &'a [f32],
    /// True if the episode ended with the step.
    pub ended: &'a [bool],
}

/// Generalised advantage estimates `[T N]` (Schulman et al. 2016, equation 16): `A_t = d_t + gamma lambda A_(t+1)` with
/// the temporal difference `d_t = r_t + gamma V(s_(t+1)) - V(s_t)`; an episode's last step has no `A_(t+1)`.
pub fn advantages(
    experience: Experience<'_>,
    count: usize,
    discount: f64,
    lambda: f64,
) -> Vec<f32> {
    let Experience { rewards, values, next_values, ended } = experience;
    let mut advantages = vec![0.0; rewards.len()];
    let mut following = vec![0.0_f64; count];
    for place in (0..rewards.len()).rev() {
        let number = |values: &[f32]| f64::from(values[place]);
        let difference = number(rewards) + discount * number(next_values) - number(values);
        let rest = if ended[place] { 0.0 } else { discount * lambda * following[place % count] };
        following[place % count] = difference + rest;
        advantages[place] = following[place % count] as f32;
    }
    advantages
}

/// Shifts and scales to mean 0 and standard deviation 1.
pub fn standardise(values: &mut [f32]) {
    let count = values.len() as f64;
    let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
    let square = |value: &f32| (f64::from(*value) - mean).powi(2);
    let deviation = (values.iter().map(square).sum::<f64>() / (count - 1.0).max(1.0)).sqrt();
    for value in values {
        *value = ((f64::from(*value) - mean) / (deviation + 1e-8)) as f32;
    }
}

/// The share of the variance of returns that the critic explains: `1 - var(R - V) / var(R)`; 0 where returns are equal.
pub fn explained_variance(values: &[f32], returns: &[f32]) -> f64 {
    let variance = |numbers: &mut dyn Iterator<Item = f64>| {
        let numbers: Vec<f64> = numbers.collect();
        let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
        numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / numbers.len() as f64
    };
    let of_returns = variance(&mut returns.iter().map(|number| f64::from(*number)));
    let residuals = returns.iter().zip(values).map(|(r, v)| f64::from(*r) - f64::from(*v));
    let of_residuals = variance(&mut residuals.into_iter());
    if of_returns > 0.0 { 1.0 - of_residuals / of_returns } else { 0.0 }
}
