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
    /// What a training step computes with; weights, optimiser and evaluations stay in 32 bits.
    #[serde(default)]
    pub precision: Precision,
    /// Whether the run is shown while it trains: report.html, and an event file for TensorBoard.
    #[serde(default = "default_report")]
    pub report: bool,
}

/// The numbers that a training step computes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits, on a graphics adapter that has them: precise to 3 decimal digits, up to 65,504.
    F16,
    /// 16 bits, on a graphics adapter that has them: precise to 2 decimal digits, as far as 32 bits.
    Bf16,
}

impl Precision {
    /// Its name in configs.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }
}

fn default_seed() -> u64 {
    42
}

fn default_report() -> bool {
    true
}
