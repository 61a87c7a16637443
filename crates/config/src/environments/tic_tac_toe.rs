//! The settings of a game of tic-tac-toe.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[environment] kind = "tic-tac-toe"`: a game against an opponent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TicTacToeConfig {
    /// The opponent.
    pub opponent: OpponentKind,
    /// The player who moves first.
    pub starter: StarterKind,
}

/// The opponent of an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OpponentKind {
    /// Any move, each with the same probability.
    #[default]
    Random,
    /// A minimax move, any of the equally good ones with the same probability.
    Perfect,
}

/// The player who moves first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StarterKind {
    /// The agent.
    Agent,
    /// The opponent.
    Opponent,
    /// Either, with the same probability.
    #[default]
    Either,
}
