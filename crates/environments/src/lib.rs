//! Environments for reinforcement learning, and many of them at once.
//!
//! | module | subject |
//! | --- | --- |
//! | `environment` | the contract: spaces, `reset`, `step`, state |
//! | `worlds` | many environments behind one interface |
//! | `vectorized` | many environments in step, each with its own random stream |
//! | `stack` | the states of many environments as one |
//! | `control` | cart-pole, mountain car, acrobot and pendulum |
//! | `canvas` | images of environments |
//! | `error` | the errors |
//!
//! This crate knows nothing of Burn: observations and actions are contiguous buffers.

#![forbid(unsafe_code)]

mod canvas;
mod control;
mod environment;
mod error;
mod stack;
mod vectorized;
mod worlds;

pub use control::{Acrobot, CartPole, MountainCar, Pendulum};
pub use environment::{Action, ActionSpace, Environment, Spaces, StepResult};
pub use error::EnvironmentError;
pub use vectorized::Vectorized;
pub use worlds::{Actions, Episode, Transitions, Worlds};
