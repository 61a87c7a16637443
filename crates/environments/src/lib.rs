//! Environments for reinforcement learning, and many of them at once.
//!
//! | module | subject |
//! | --- | --- |
//! | `environment` | the contract: spaces, `reset`, `step`, state |
//! | `worlds` | many environments behind one interface |
//! | `vectorized` | many environments in step, each with its own random stream |
//! | `stack` | the states of many environments as one |
//! | `control` | cart-pole, mountain car, acrobot and pendulum |
//! | `grid_world` | walk through a map |
//! | `tic_tac_toe` | a game against a random or perfect opponent |
//! | `memory_cards` | find pairs among cards that lie face down |
//! | `player` | players without a network |
//! | `canvas` | images of environments |
//! | `error` | the errors |
//!
//! This crate knows nothing of Burn: observations and actions are contiguous buffers.

#![forbid(unsafe_code)]

mod canvas;
mod control;
mod environment;
mod error;
mod grid_world;
mod memory_cards;
mod player;
mod stack;
mod tic_tac_toe;
mod vectorized;
mod worlds;

pub use control::{Acrobot, CartPole, MountainCar, Pendulum};
pub use environment::{Action, ActionSpace, Environment, Spaces, StepResult};
pub use error::EnvironmentError;
pub use grid_world::GridWorld;
pub use hearth_store::{StateDict, StoreError};
pub use memory_cards::{Deck, Face, Flip, MemoryCards, PerfectMemory};
pub use player::{Player, RandomPlayer, play_episode};
pub use tic_tac_toe::{
    Board, Mark, Opponent, Outcomes, SQUARES, Starter, TicTacToe, play_all_replies,
};
pub use vectorized::Vectorized;
pub use worlds::{Actions, Episode, Transitions, Worlds};
