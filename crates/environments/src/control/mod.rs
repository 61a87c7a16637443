//! Classic control: small physical systems with the equations, constants and limits of Gymnasium's.

mod acrobot;
mod cart_pole;
mod mountain_car;
mod pendulum;

use std::f64::consts::{PI, TAU};

use hearth_config::seed::Stream;
use hearth_store::{StateDict, StoreError};

pub use acrobot::Acrobot;
pub use cart_pole::CartPole;
pub use mountain_car::MountainCar;
pub use pendulum::Pendulum;

/// The same angle in `[-pi, pi)`, in radians.
fn wrap(angle: f64) -> f64 {
    (angle + PI).rem_euclid(TAU) - PI
}

/// Uniform within this distance of 0.
fn around_zero(random: &mut Stream, distance: f64) -> f64 {
    distance * (2.0 * random.uniform() - 1.0)
}

/// A state of named numbers.
fn named<const N: usize>(names: [&str; N], values: [f64; N]) -> Result<StateDict, StoreError> {
    let mut state = StateDict::new();
    names.into_iter().zip(values).try_for_each(|(name, value)| state.insert(name, value))?;
    Ok(state)
}

/// Takes the numbers of these names.
fn take_named<const N: usize>(
    names: [&str; N],
    state: &mut StateDict,
) -> Result<[f64; N], StoreError> {
    let mut values = [0.0; N];
    for (value, name) in values.iter_mut().zip(names) {
        *value = state.take_float(name)?;
    }
    Ok(values)
}
