//! `[run]`: the run itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[run]`: the run's name, its seed, and the machine's part in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// The run's folder is `runs/<name>-001`, the next one `runs/<name>-002`.
    #[schemars(regex(pattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$"))]
    pub name: String,
    /// All random numbers of the run come from this one.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// CPU threads of the tensor library; all of the machine's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub threads: Option<usize>,
}

fn default_seed() -> u64 {
    42
}
