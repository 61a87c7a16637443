//! `[environment]`: simulated environments. Each kind has a file with its settings and their check, unless it has none,
//! and a row in the table `environments`.

mod grid_world;
mod memory_cards;
mod own;
mod tic_tac_toe;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::Checks;
use crate::sections::NoOptions;

pub use grid_world::GridWorldConfig;
pub use memory_cards::MemoryCardsConfig;
pub use own::OwnConfig;
pub use tic_tac_toe::{OpponentKind, StarterKind, TicTacToeConfig};

/// `[environment]`: the environments that an agent learns in.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(extend("unevaluatedProperties" = false))]
pub struct EnvironmentConfig {
    /// The environment.
    #[serde(flatten)]
    pub kind: EnvironmentKind,
    /// The settings that every environment has.
    #[serde(flatten)]
    pub copies: CopiesConfig,
}

/// The part of `[environment]` that every kind shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CopiesConfig {
    /// Environments that are simulated in step, each with episodes of its own.
    #[schemars(range(min = 1, max = 65_536))]
    pub count: usize,
}

impl Default for CopiesConfig {
    fn default() -> Self {
        Self { count: 8 }
    }
}

/// The table of environments, passed to the macro `$with`: a row of `kind`, variant and settings for each.
macro_rules! environments {
    ($with:ident) => {
        $with! {
            /// A pole on a cart, to be balanced: `CartPole-v1` of Gymnasium.
            "cart-pole" CartPole(NoOptions),
            /// A car that gains the momentum for a hill: `MountainCar-v0` of Gymnasium.
            "mountain-car" MountainCar(NoOptions),
            /// Two links, to be swung up by the joint between them: `Acrobot-v1` of Gymnasium.
            "acrobot" Acrobot(NoOptions),
            /// A pendulum, to be swung up and balanced by a torque: `Pendulum-v1` of Gymnasium.
            "pendulum" Pendulum(NoOptions),
            /// A grid with walls, pits and a goal.
            "grid-world" GridWorld(GridWorldConfig),
            /// Tic-tac-toe against a random or perfect opponent.
            "tic-tac-toe" TicTacToe(TicTacToeConfig),
            /// Pairs among cards that lie face down: `Concentration` of `POPGym`.
            "memory-cards" MemoryCards(MemoryCardsConfig),
            /// An environment of the program that has `hearth` as a library.
            "own" Own(OwnConfig),
        }
    };
}

pub(crate) use environments;

macro_rules! settings {
    ($($(#[$doc:meta])* $kind:literal $variant:ident($config:ident),)*) => {
        /// The environment: `kind` in `[environment]`.
        #[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum EnvironmentKind {
            $($(#[$doc])* $variant($config),)*
        }

        impl EnvironmentKind {
            /// All kinds.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// Its name in configs.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $kind,)*
                }
            }
        }
    };
}

environments!(settings);

impl EnvironmentConfig {
    /// Reports values out of range.
    pub(crate) fn check(&self, checks: &mut Checks<'_>) {
        let count = self.copies.count;
        checks.require("environment.count", count, (1..=65_536).contains(&count), "1 to 65536");
        match &self.kind {
            EnvironmentKind::GridWorld(grid) => grid.check(checks),
            EnvironmentKind::MemoryCards(cards) => cards.check(checks),
            EnvironmentKind::CartPole(_)
            | EnvironmentKind::MountainCar(_)
            | EnvironmentKind::Acrobot(_)
            | EnvironmentKind::Pendulum(_)
            | EnvironmentKind::TicTacToe(_)
            | EnvironmentKind::Own(_) => {}
        }
    }
}
