//! The errors of environments.

use hearth_store::StoreError;

/// A fault of an environment, or of an action for it.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// An action that the action space does not have.
    #[error("environment {environment}: action {action}, but actions are 0 to {}", actions - 1)]
    ActionOutOfRange {
        /// The index of the environment.
        environment: usize,
        /// The action.
        action: usize,
        /// The number of actions.
        actions: usize,
    },
    /// An action that the mask forbids now.
    #[error(
        "environment {environment}: action {action} is not allowed in step {step} of its episode"
    )]
    ActionNotAllowed {
        /// The index of the environment.
        environment: usize,
        /// The action.
        action: usize,
        /// The step of the episode, counted from 0.
        step: u32,
    },
    /// Actions of another kind or number than the action space's.
    #[error("{found} were given, but {wanted} are needed")]
    Actions {
        /// The needed actions, in words.
        wanted: String,
        /// The given actions, in words.
        found: String,
    },
    /// NaN or an infinity, from an environment or in an action.
    #[error(
        "environment {environment}: the {what} of step {step} of its episode is {value}, not a finite number"
    )]
    NotFinite {
        /// The index of the environment.
        environment: usize,
        /// The number: `reward`, `observation` or `action`.
        what: &'static str,
        /// The step of the episode, counted from 0.
        step: u32,
        /// The number.
        value: f64,
    },
    /// A state in which no action is allowed and the episode goes on.
    #[error(
        "environment {environment}: no action is allowed in step {step} of its episode, which has not ended"
    )]
    NoAction {
        /// The index of the environment.
        environment: usize,
        /// The step of the episode, counted from 0.
        step: u32,
    },
    /// An episode without an end.
    #[error(
        "environment {environment}: an episode has not ended after {steps} steps; an environment without an end of its own needs `max_steps`"
    )]
    Endless {
        /// The index of the environment.
        environment: usize,
        /// The steps taken.
        steps: u32,
    },
    /// Settings that make no environment, such as a map without a way to the goal.
    #[error("{0}")]
    Settings(String),
    /// A state that cannot be stored or restored.
    #[error(transparent)]
    State(#[from] StoreError),
}
