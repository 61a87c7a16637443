//! An underpowered car in a valley, which must swing back and forth to reach the right hill: Moore 1990, as in Sutton
//! and Barto 2018, example 10.1, with the constants and limits of Gymnasium's `MountainCar-v0`.

use hearth_config::seed::{Purpose, Stream};
use hearth_store::{StateDict, StoreError};
use image::RgbImage;

use super::{named, take_named};
use crate::canvas::{BLACK, BLUE, Canvas, GREY, YELLOW};
use crate::{Action, ActionSpace, Environment, Spaces, StepResult};

/// The change of the velocity by the engine in a step.
const FORCE: f64 = 0.001;
/// The change of the velocity by a vertical slope in a step.
const GRAVITY: f64 = 0.0025;
/// The wall on the left.
const MIN_POSITION: f64 = -1.2;
/// The right end of the track.
const MAX_POSITION: f64 = 0.6;
/// The goal on the right hill.
const GOAL: f64 = 0.5;
/// The largest speed, in lengths a step.
const MAX_SPEED: f64 = 0.07;
/// The names in a stored state.
const NAMES: [&str; 2] = ["position", "velocity"];

/// The state of the car; lengths and times are without a unit, a step is one time. Observation: position, velocity.
/// Actions: 0 accelerates left, 1 not at all, 2 right. Reward: -1 for each step. Terminal: the car is at the goal,
/// 0.5, and does not roll back. An episode begins at rest between -0.6 and -0.4.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MountainCar {
    /// The horizontal distance from 0, between -1.2 and 0.6; the valley's floor is at `-pi / 6`.
    pub position: f64,
    /// Horizontal distance a step, between -0.07 and 0.07.
    pub velocity: f64,
}

impl Environment for MountainCar {
    fn spaces(&self) -> Spaces {
        Spaces { observation: 2, action: ActionSpace::Discrete(3) }
    }

    fn max_steps(&self) -> Option<u32> {
        Some(200)
    }

    fn reset(&mut self, seed: u64) {
        let mut random = Stream::new(seed, Purpose::Environment, 0, 0);
        *self = Self { position: -0.6 + 0.2 * random.uniform(), velocity: 0.0 };
    }

    /// The update of Sutton and Barto 2018, example 10.1.
    fn step(&mut self, action: Action<'_>) -> StepResult {
        let push = FORCE * (action.index() as f64 - 1.0);
        self.velocity += push - GRAVITY * (3.0 * self.position).cos();
        self.velocity = self.velocity.clamp(-MAX_SPEED, MAX_SPEED);
        self.position = (self.position + self.velocity).clamp(MIN_POSITION, MAX_POSITION);
        if self.position <= MIN_POSITION && self.velocity < 0.0 {
            self.velocity = 0.0;
        }
        StepResult { reward: -1.0, terminated: self.position >= GOAL && self.velocity >= 0.0 }
    }

    fn observe(&self, observation: &mut [f32]) {
        observation.copy_from_slice(&[self.position, self.velocity].map(|value| value as f32));
    }

    fn state(&self) -> Result<StateDict, StoreError> {
        named(NAMES, [self.position, self.velocity])
    }

    fn restore(&mut self, state: &mut StateDict) -> Result<(), StoreError> {
        [self.position, self.velocity] = take_named(NAMES, state)?;
        Ok(())
    }

    fn draw(&self) -> Option<RgbImage> {
        let mut canvas = Canvas::new([300, 200], [-0.3, 0.6], 1.9);
        let hill = |position: f64| [position, 0.45 * (3.0 * position).sin() + 0.55];
        let [x, y] = hill(GOAL);
        canvas.line([x, y], [x, y + 0.2], 0.01, BLACK);
        canvas.line([x + 0.03, y + 0.18], [x + 0.09, y + 0.18], 0.04, YELLOW);
        let points = (0..=60).map(|point| MIN_POSITION + f64::from(point) * 0.03);
        canvas.path(points.map(hill), 0.012, GREY);
        // The car stands upright on the slope.
        let (sin, cos) = (1.35 * (3.0 * self.position).cos()).atan().sin_cos();
        let [x, y] = hill(self.position);
        let place =
            |along: f64, above: f64| [x + along * cos - above * sin, y + along * sin + above * cos];
        canvas.line(place(-0.06, 0.07), place(0.06, 0.07), 0.06, BLUE);
        canvas.disc(place(-0.05, 0.025), 0.025, BLACK);
        canvas.disc(place(0.05, 0.025), 0.025, BLACK);
        Some(canvas.finish())
    }
}
