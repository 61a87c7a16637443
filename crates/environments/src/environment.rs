//! The contract of an environment: a Markov decision process, simulated.

use hearth_store::{StateDict, StoreError};
use image::RgbImage;

/// The values that an agent gives and gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Spaces {
    /// The number of values of an observation.
    pub observation: usize,
    /// The actions.
    pub action: ActionSpace,
}

/// The set of actions.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionSpace {
    /// One of `0..n`.
    Discrete(usize),
    /// A vector within bounds, both included.
    Continuous {
        /// The lower bound of each value.
        low: Vec<f32>,
        /// The upper bound of each value.
        high: Vec<f32>,
    },
}

impl ActionSpace {
    /// The number of actions to choose from, or of values in an action.
    pub fn size(&self) -> usize {
        match self {
            Self::Discrete(actions) => *actions,
            Self::Continuous { low, .. } => low.len(),
        }
    }
}

/// One action, an element of the action space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action<'a> {
    /// One of `0..n`.
    Discrete(usize),
    /// A vector of finite values.
    Continuous(&'a [f32]),
}

impl<'a> Action<'a> {
    /// A discrete action's index.
    ///
    /// # Panics
    ///
    /// When the action is continuous: an environment gets the actions of its own space.
    pub fn index(self) -> usize {
        match self {
            Self::Discrete(action) => action,
            Self::Continuous(_) => panic!("an environment of discrete actions gets no other"),
        }
    }

    /// A continuous action's values.
    ///
    /// # Panics
    ///
    /// When the action is discrete: an environment gets the actions of its own space.
    pub fn values(self) -> &'a [f32] {
        match self {
            Self::Continuous(values) => values,
            Self::Discrete(_) => panic!("an environment of continuous actions gets no other"),
        }
    }
}

/// The result of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepResult {
    /// The reward.
    pub reward: f64,
    /// True in a terminal state: no reward follows, and the value of the state is 0.
    pub terminated: bool,
}

/// A simulated environment, in the terms of Sutton and Barto 2018, section 3.1.
///
/// An environment is a function of the seed of its episode and of the actions: it draws from a stream of random numbers
/// that it derives from the seed, and from the step where it draws within an episode. A copy is an independent world
/// in the same state.
pub trait Environment: Clone + Send + 'static {
    /// The observation and action spaces; they never change.
    fn spaces(&self) -> Spaces;

    /// The number of steps after which an episode is truncated; None where every episode ends in a terminal state.
    fn max_steps(&self) -> Option<u32>;

    /// Begins the episode of this seed.
    fn reset(&mut self, seed: u64);

    /// Takes an action of the action space that the mask allows.
    fn step(&mut self, action: Action<'_>) -> StepResult;

    /// Writes the observation of the current state, [`Spaces::observation`] values.
    fn observe(&self, observation: &mut [f32]);

    /// Writes for each discrete action whether it is allowed now; the mask comes all true.
    fn mask(&self, _allowed: &mut [bool]) {}

    /// The current state: the same names and shapes in every state.
    fn state(&self) -> Result<StateDict, StoreError>;

    /// Restores a state. A missing or misshapen entry is an error.
    fn restore(&mut self, state: &mut StateDict) -> Result<(), StoreError>;

    /// An image of the current state; None where nothing can be shown.
    fn draw(&self) -> Option<RgbImage> {
        None
    }
}
