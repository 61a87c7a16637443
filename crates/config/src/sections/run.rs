//! `[run]`: name, seed, threads, precision and report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[run]`: the run's name, seed, threads, precision and report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// The run's name: its folder is `runs/<name>-001`, or the next free number.
    #[schemars(regex(pattern = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$"))]
    pub name: String,
    /// The seed of all random numbers of the run.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// CPU threads of the tensor library; all cores of the machine when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub threads: Option<usize>,
    /// The number format of training steps. Weights, optimiser state and evaluation stay in 32 bits.
    #[serde(default)]
    pub precision: Precision,
    /// True if training writes report.html and an event file for TensorBoard.
    #[serde(default = "default_report")]
    pub report: bool,
}

/// The number format of training steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits, on graphics adapters that support them: 3 decimal digits, up to 65,504.
    F16,
    /// 16 bits, on graphics adapters that support them: 2 decimal digits, with the range of 32 bits.
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
