//! A pendulum with a weak motor, to be swung up and held upright: the equations, constants and limits of Gymnasium's
//! `Pendulum-v1`.

use std::f64::consts::PI;

use hearth_config::seed::{Purpose, Stream};
use hearth_store::{StateDict, StoreError};
use image::RgbImage;

use super::{around_zero, named, take_named, wrap};
use crate::canvas::{BLUE, Canvas, YELLOW};
use crate::{Action, ActionSpace, Environment, Spaces, StepResult};

/// Metres per second squared.
const GRAVITY: f64 = 10.0;
/// Kilograms.
const MASS: f64 = 1.0;
/// Metres.
const LENGTH: f64 = 1.0;
/// Seconds in a step.
const STEP: f64 = 0.05;
/// Radians per second.
const MAX_VELOCITY: f64 = 8.0;
/// Newton metres.
const MAX_TORQUE: f32 = 2.0;
/// The names in a stored state.
const NAMES: [&str; 2] = ["angle", "angular_velocity"];

/// The state of the pendulum. Observation: cosine and sine of the angle, angular velocity. Action: a torque in newton
/// metres, clipped to -2 to 2. Reward: `-(angle^2 + 0.1 angular_velocity^2 + 0.001 torque^2)` before the step, the
/// angle in `[-pi, pi)`. No state is terminal. An episode begins at any angle, with at most 1 radian per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pendulum {
    /// Radians from upright; full turns are kept.
    pub angle: f64,
    /// Radians per second, between -8 and 8.
    pub angular_velocity: f64,
}

impl Environment for Pendulum {
    fn spaces(&self) -> Spaces {
        let action = ActionSpace::Continuous { low: vec![-MAX_TORQUE], high: vec![MAX_TORQUE] };
        Spaces { observation: 3, action }
    }

    fn max_steps(&self) -> Option<u32> {
        Some(200)
    }

    fn reset(&mut self, seed: u64) {
        let mut random = Stream::new(seed, Purpose::Environment, 0, 0);
        self.angle = around_zero(&mut random, PI);
        self.angular_velocity = around_zero(&mut random, 1.0);
    }

    /// A rod that turns about its end, by the semi-implicit Euler method.
    fn step(&mut self, action: Action<'_>) -> StepResult {
        let torque = f64::from(action.values()[0].clamp(-MAX_TORQUE, MAX_TORQUE));
        let cost =
            wrap(self.angle).powi(2) + 0.1 * self.angular_velocity.powi(2) + 0.001 * torque.powi(2);
        let acceleration = 3.0 * GRAVITY / (2.0 * LENGTH) * self.angle.sin()
            + 3.0 / (MASS * LENGTH.powi(2)) * torque;
        self.angular_velocity += STEP * acceleration;
        self.angular_velocity = self.angular_velocity.clamp(-MAX_VELOCITY, MAX_VELOCITY);
        self.angle += STEP * self.angular_velocity;
        StepResult { reward: -cost, terminated: false }
    }

    fn observe(&self, observation: &mut [f32]) {
        let values = [self.angle.cos(), self.angle.sin(), self.angular_velocity];
        observation.copy_from_slice(&values.map(|value| value as f32));
    }

    fn state(&self) -> Result<StateDict, StoreError> {
        named(NAMES, [self.angle, self.angular_velocity])
    }

    fn restore(&mut self, state: &mut StateDict) -> Result<(), StoreError> {
        [self.angle, self.angular_velocity] = take_named(NAMES, state)?;
        Ok(())
    }

    fn draw(&self) -> Option<RgbImage> {
        let mut canvas = Canvas::new([300, 200], [0.0, 0.0], 3.9);
        // A positive angle turns against the clock.
        let end = [-LENGTH * self.angle.sin(), LENGTH * self.angle.cos()];
        canvas.line([0.0, 0.0], end, 0.18, BLUE);
        canvas.disc([0.0, 0.0], 0.06, YELLOW);
        Some(canvas.finish())
    }
}
