//! The settings of a game of memory cards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::Checks;

/// `[environment] kind = "memory-cards"`: pairs among cards that lie face down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryCardsConfig {
    /// The number of cards, which is even.
    #[schemars(range(min = 2, max = 256))]
    pub cards: usize,
}

impl Default for MemoryCardsConfig {
    fn default() -> Self {
        Self { cards: 8 }
    }
}

impl MemoryCardsConfig {
    /// Reports values out of range.
    pub(super) fn check(self, checks: &mut Checks<'_>) {
        let good = (2..=256).contains(&self.cards) && self.cards.is_multiple_of(2);
        checks.require("environment.cards", self.cards, good, "even numbers from 2 to 256");
    }
}
