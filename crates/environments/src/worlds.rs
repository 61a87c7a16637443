//! Many environments behind one interface, whose types an agent does not know.

use hearth_store::{StateDict, StoreError};
use image::RgbImage;

use crate::{EnvironmentError, Spaces};

/// One action for each environment, in order.
#[derive(Clone, Copy, Debug)]
pub enum Actions<'a> {
    /// `[environments]`.
    Discrete(&'a [usize]),
    /// `[environments, values]`, row by row.
    Continuous(&'a [f32]),
}

/// An episode that has ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// The index of its environment.
    pub environment: usize,
    /// The sum of its rewards.
    pub episodic_return: f64,
    /// The number of its steps.
    pub length: u32,
}

/// The observations of all environments, and the results of their last step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transitions {
    /// `[environments, observation]`: the current states.
    pub observations: Vec<f32>,
    /// `[environments, observation]`: the last state of each episode that ended in this step; other rows are not
    /// written.
    pub final_observations: Vec<f32>,
    /// `[environments]`.
    pub rewards: Vec<f32>,
    /// `[environments]`: a terminal state was reached.
    pub terminated: Vec<bool>,
    /// `[environments]`: the episode reached its number of steps, and not a terminal state.
    pub truncated: Vec<bool>,
    /// `[environments, actions]`: the discrete actions that are allowed now; empty for continuous ones.
    pub masks: Vec<bool>,
    /// The episodes that ended in this step, in the order of environments.
    pub episodes: Vec<Episode>,
}

impl Transitions {
    /// True if the episode of this environment ended in this step.
    pub fn ended(&self, environment: usize) -> bool {
        self.terminated[environment] || self.truncated[environment]
    }
}

/// Environments of one type behind one interface, whose type an agent does not know.
pub trait Worlds: Send {
    /// The number of environments.
    fn count(&self) -> usize;

    /// The spaces of each environment.
    fn spaces(&self) -> &Spaces;

    /// Writes the current observations and masks, without a step.
    fn observe(&self, transitions: &mut Transitions) -> Result<(), EnvironmentError>;

    /// Takes one step in each environment.
    fn step(
        &mut self,
        actions: Actions<'_>,
        transitions: &mut Transitions,
    ) -> Result<(), EnvironmentError>;

    /// The states of all environments.
    fn state(&self) -> Result<StateDict, StoreError>;

    /// Restores the states of all environments. A missing, extra or misshapen entry is an error.
    fn restore(&mut self, state: StateDict) -> Result<(), StoreError>;

    /// An image of one environment; None where it draws none.
    fn draw(&self, environment: usize) -> Option<RgbImage>;

    /// An independent copy, in the same states.
    fn copy(&self) -> Box<dyn Worlds>;

    /// Other environments of the same settings: `count` of them, at the first episodes of this seed.
    fn others(&self, count: usize, seed: u64) -> Box<dyn Worlds>;
}
