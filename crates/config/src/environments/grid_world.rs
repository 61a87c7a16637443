//! The settings of a grid world.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::Checks;

/// `[environment] kind = "grid-world"`: a walk through a map to its goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GridWorldConfig {
    /// Lines of the same length: `#` is a wall, `.` a free cell, `S` a start, `G` a goal and `X` a pit.
    pub map: String,
    /// Steps after which an episode is truncated.
    #[serde(default = "default_max_steps")]
    #[schemars(range(min = 1))]
    pub max_steps: u32,
}

fn default_max_steps() -> u32 {
    100
}

/// The largest number of letters of a map.
const MOST_LETTERS: usize = 1 << 16;

impl GridWorldConfig {
    /// Reports values out of range; the map itself is read by the environment.
    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        let steps = self.max_steps;
        checks.require("environment.max_steps", steps, steps >= 1, "1 or more");
        let letters = self.map.len();
        let good = letters <= MOST_LETTERS;
        checks.require("environment.map", format!("{letters} letters"), good, "at most 65536");
    }
}
