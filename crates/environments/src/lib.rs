//! Environments for reinforcement learning, and many of them at once.
//!
//! | module | subject |
//! | --- | --- |
//! | `environment` | the contract: spaces, `reset`, `step`, state |
//! | `vectorized` | many environments in step, each with its own random stream |
//! | `stack` | the states of many environments as one |
//! | `cart_pole` | balance a pole on a cart |
//! | `error` | the errors |
//!
//! This crate knows nothing of Burn: observations and actions are contiguous buffers.

#![forbid(unsafe_code)]

mod cart_pole;
mod environment;
mod error;
mod stack;
mod vectorized;

pub use cart_pole::CartPole;
pub use environment::{Action, ActionSpace, Environment, Spaces, StepResult};
pub use error::EnvironmentError;
pub use vectorized::{Actions, Episode, Transitions, Vectorized, Worlds};
