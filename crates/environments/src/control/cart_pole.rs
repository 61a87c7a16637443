//! A pole on a cart, to be balanced by pushing the cart left or right: Barto, Sutton and Anderson 1983, with the
//! constants and limits of Gymnasium's `CartPole-v1`.

use hearth_config::seed::{Purpose, Stream};
use hearth_store::{StateDict, StoreError};
use image::RgbImage;

use super::{around_zero, named, take_named};
use crate::canvas::{BLACK, Canvas, GREY, YELLOW};
use crate::{Action, ActionSpace, Environment, Spaces, StepResult};

/// Metres per second squared.
const GRAVITY: f64 = 9.8;
/// Kilograms.
const CART_MASS: f64 = 1.0;
/// Kilograms.
const POLE_MASS: f64 = 0.1;
/// Half the pole's length, in metres.
const HALF_LENGTH: f64 = 0.5;
/// Newtons.
const FORCE: f64 = 10.0;
/// Seconds in a step.
const STEP: f64 = 0.02;
/// The largest distance of the cart from the middle, in metres.
const MAX_POSITION: f64 = 2.4;
/// The largest angle of the pole, in radians: 12 degrees.
const MAX_ANGLE: f64 = 12.0 * 2.0 * std::f64::consts::PI / 360.0;
/// The initial values lie uniformly within this distance of 0.
const INITIAL: f64 = 0.05;
/// The names in a stored state.
const NAMES: [&str; 4] = ["position", "velocity", "angle", "angular_velocity"];

/// The state of cart and pole. Observation: position, velocity, angle, angular velocity. Actions: 0 pushes left, 1
/// right. Reward: 1 for each step. Terminal: the cart leaves the track, or the pole leans too far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CartPole {
    /// Metres from the middle.
    pub position: f64,
    /// Metres per second.
    pub velocity: f64,
    /// Radians from upright.
    pub angle: f64,
    /// Radians per second.
    pub angular_velocity: f64,
}

impl Environment for CartPole {
    fn spaces(&self) -> Spaces {
        Spaces { observation: 4, action: ActionSpace::Discrete(2) }
    }

    fn max_steps(&self) -> Option<u32> {
        Some(500)
    }

    fn reset(&mut self, seed: u64) {
        let mut random = Stream::new(seed, Purpose::Environment, 0, 0);
        let mut draw = || around_zero(&mut random, INITIAL);
        (self.position, self.velocity) = (draw(), draw());
        (self.angle, self.angular_velocity) = (draw(), draw());
    }

    /// The equations of motion of Florian 2007, "Correct equations for the dynamics of the cart-pole system", equations
    /// 23 and 24 without friction, by Euler's method.
    fn step(&mut self, action: Action<'_>) -> StepResult {
        let force = if action.index() == 1 { FORCE } else { -FORCE };
        let total_mass = CART_MASS + POLE_MASS;
        let moment = POLE_MASS * HALF_LENGTH;
        let (sin, cos) = self.angle.sin_cos();
        let push = (force + moment * self.angular_velocity.powi(2) * sin) / total_mass;
        let inertia = HALF_LENGTH * (4.0 / 3.0 - POLE_MASS * cos.powi(2) / total_mass);
        let angular_acceleration = (GRAVITY * sin - cos * push) / inertia;
        let acceleration = push - moment * angular_acceleration * cos / total_mass;

        self.position += STEP * self.velocity;
        self.velocity += STEP * acceleration;
        self.angle += STEP * self.angular_velocity;
        self.angular_velocity += STEP * angular_acceleration;
        let terminated = self.position.abs() > MAX_POSITION || self.angle.abs() > MAX_ANGLE;
        StepResult { reward: 1.0, terminated }
    }

    fn observe(&self, observation: &mut [f32]) {
        let values = [self.position, self.velocity, self.angle, self.angular_velocity];
        observation.copy_from_slice(&values.map(|value| value as f32));
    }

    fn state(&self) -> Result<StateDict, StoreError> {
        named(NAMES, [self.position, self.velocity, self.angle, self.angular_velocity])
    }

    fn restore(&mut self, state: &mut StateDict) -> Result<(), StoreError> {
        [self.position, self.velocity, self.angle, self.angular_velocity] =
            take_named(NAMES, state)?;
        Ok(())
    }

    fn draw(&self) -> Option<RgbImage> {
        let mut canvas = Canvas::new([300, 200], [0.0, 0.75], 5.4);
        canvas.line([-MAX_POSITION, 0.0], [MAX_POSITION, 0.0], 0.02, GREY);
        canvas.rectangle([self.position, 0.0], [0.5, 0.3], BLACK);
        let (sin, cos) = self.angle.sin_cos();
        // Twice its length, to be seen.
        let end = [self.position + 4.0 * HALF_LENGTH * sin, 4.0 * HALF_LENGTH * cos];
        canvas.line([self.position, 0.0], end, 0.1, YELLOW);
        Some(canvas.finish())
    }
}
