//! A double pendulum with a motor in its elbow, to be swung up: Sutton 1996, with the equations of Sutton and Barto
//! 1998, section 11.3, and the constants and limits of Gymnasium's `Acrobot-v1`.

use std::f64::consts::{FRAC_PI_2, PI};

use hearth_config::seed::{Purpose, Stream};
use hearth_store::{StateDict, StoreError};
use image::RgbImage;

use super::{around_zero, named, take_named, wrap};
use crate::canvas::{BLUE, Canvas, GREY, YELLOW};
use crate::{Action, ActionSpace, Environment, Spaces, StepResult};

/// Metres per second squared.
const GRAVITY: f64 = 9.8;
/// Kilograms, of each link.
const MASS: f64 = 1.0;
/// Metres, of each link.
const LENGTH: f64 = 1.0;
/// Metres from a link's joint to its centre of mass.
const CENTRE: f64 = 0.5;
/// The moment of inertia of each link, in kilogram square metres.
const INERTIA: f64 = 1.0;
/// Seconds in a step.
const STEP: f64 = 0.2;
/// Radians per second, of the shoulder.
const MAX_SHOULDER_VELOCITY: f64 = 4.0 * PI;
/// Radians per second, of the elbow.
const MAX_ELBOW_VELOCITY: f64 = 9.0 * PI;
/// The height of the free end above the shoulder to be exceeded, in metres.
const GOAL: f64 = 1.0;
/// The initial values lie uniformly within this distance of 0.
const INITIAL: f64 = 0.1;
/// The names in a stored state.
const NAMES: [&str; 4] = ["shoulder", "elbow", "shoulder_velocity", "elbow_velocity"];

/// The state of the two links. Observation: cosine and sine of the shoulder's angle, cosine and sine of the elbow's,
/// both angular velocities. Actions: 0 applies a torque of -1 newton metre to the elbow, 1 none, 2 a torque of 1.
/// Reward: -1 for each step, 0 for the last. Terminal: the free end is more than a link's length above the shoulder.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Acrobot {
    /// The angle of the first link, in radians from hanging down.
    pub shoulder: f64,
    /// The angle of the second link, in radians from the first's direction.
    pub elbow: f64,
    /// Radians per second.
    pub shoulder_velocity: f64,
    /// Radians per second.
    pub elbow_velocity: f64,
}

impl Acrobot {
    /// The free end's height above the shoulder, in metres.
    fn height(&self) -> f64 {
        -LENGTH * (self.shoulder.cos() + (self.shoulder + self.elbow).cos())
    }
}

/// The derivative of shoulder, elbow and their velocities by time: the equations of Sutton and Barto 1998, figure 11.4.
fn derivative(
    [shoulder, elbow, shoulder_velocity, elbow_velocity]: [f64; 4],
    torque: f64,
) -> [f64; 4] {
    let (sin, cos) = elbow.sin_cos();
    let coupling = MASS * LENGTH * CENTRE;
    let elbow_inertia = MASS * CENTRE.powi(2) + INERTIA;
    let d1 =
        elbow_inertia + INERTIA + MASS * (LENGTH.powi(2) + CENTRE.powi(2)) + 2.0 * coupling * cos;
    let d2 = elbow_inertia + coupling * cos;
    let phi2 = MASS * CENTRE * GRAVITY * (shoulder + elbow - FRAC_PI_2).cos();
    let phi1 = -coupling * elbow_velocity.powi(2) * sin
        - 2.0 * coupling * elbow_velocity * shoulder_velocity * sin
        + MASS * (CENTRE + LENGTH) * GRAVITY * (shoulder - FRAC_PI_2).cos()
        + phi2;
    let elbow_acceleration =
        (torque + d2 / d1 * phi1 - coupling * shoulder_velocity.powi(2) * sin - phi2)
            / (elbow_inertia - d2.powi(2) / d1);
    let shoulder_acceleration = -(d2 * elbow_acceleration + phi1) / d1;
    [shoulder_velocity, elbow_velocity, shoulder_acceleration, elbow_acceleration]
}

/// A step of the classic Runge-Kutta method of order 4.
fn runge_kutta(y: [f64; 4], step: f64, derivative: impl Fn([f64; 4]) -> [f64; 4]) -> [f64; 4] {
    let ahead = |slope: [f64; 4], step: f64| std::array::from_fn(|i| y[i] + step * slope[i]);
    let k1 = derivative(y);
    let k2 = derivative(ahead(k1, step / 2.0));
    let k3 = derivative(ahead(k2, step / 2.0));
    let k4 = derivative(ahead(k3, step));
    let mean = |i: usize| (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]) / 6.0;
    ahead(std::array::from_fn(mean), step)
}

impl Environment for Acrobot {
    fn spaces(&self) -> Spaces {
        Spaces { observation: 6, action: ActionSpace::Discrete(3) }
    }

    fn max_steps(&self) -> Option<u32> {
        Some(500)
    }

    fn reset(&mut self, seed: u64) {
        let mut random = Stream::new(seed, Purpose::Environment, 0, 0);
        let mut draw = || around_zero(&mut random, INITIAL);
        (self.shoulder, self.elbow) = (draw(), draw());
        (self.shoulder_velocity, self.elbow_velocity) = (draw(), draw());
    }

    fn step(&mut self, action: Action<'_>) -> StepResult {
        let torque = action.index() as f64 - 1.0;
        let state = [self.shoulder, self.elbow, self.shoulder_velocity, self.elbow_velocity];
        let [shoulder, elbow, shoulder_velocity, elbow_velocity] =
            runge_kutta(state, STEP, |state| derivative(state, torque));
        *self = Self {
            shoulder: wrap(shoulder),
            elbow: wrap(elbow),
            shoulder_velocity: shoulder_velocity
                .clamp(-MAX_SHOULDER_VELOCITY, MAX_SHOULDER_VELOCITY),
            elbow_velocity: elbow_velocity.clamp(-MAX_ELBOW_VELOCITY, MAX_ELBOW_VELOCITY),
        };
        let terminated = self.height() > GOAL;
        StepResult { reward: if terminated { 0.0 } else { -1.0 }, terminated }
    }

    fn observe(&self, observation: &mut [f32]) {
        let ((sin1, cos1), (sin2, cos2)) = (self.shoulder.sin_cos(), self.elbow.sin_cos());
        let values = [cos1, sin1, cos2, sin2, self.shoulder_velocity, self.elbow_velocity];
        observation.copy_from_slice(&values.map(|value| value as f32));
    }

    fn state(&self) -> Result<StateDict, StoreError> {
        named(NAMES, [self.shoulder, self.elbow, self.shoulder_velocity, self.elbow_velocity])
    }

    fn restore(&mut self, state: &mut StateDict) -> Result<(), StoreError> {
        [self.shoulder, self.elbow, self.shoulder_velocity, self.elbow_velocity] =
            take_named(NAMES, state)?;
        Ok(())
    }

    fn draw(&self) -> Option<RgbImage> {
        let mut canvas = Canvas::new([300, 200], [0.0, 0.0], 6.6);
        canvas.line([-3.3, GOAL], [3.3, GOAL], 0.02, GREY);
        let end =
            |[x, y]: [f64; 2], angle: f64| [x + LENGTH * angle.sin(), y - LENGTH * angle.cos()];
        let elbow = end([0.0, 0.0], self.shoulder);
        canvas.line([0.0, 0.0], elbow, 0.16, BLUE);
        canvas.line(elbow, end(elbow, self.shoulder + self.elbow), 0.16, BLUE);
        canvas.disc([0.0, 0.0], 0.1, YELLOW);
        canvas.disc(elbow, 0.1, YELLOW);
        Some(canvas.finish())
    }
}
