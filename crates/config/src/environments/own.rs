//! The name of a program's own environment.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[environment] kind = "own"`: an environment of the program that has `hearth` as a library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnConfig {
    /// Its name in `register_environment`.
    pub name: String,
}
