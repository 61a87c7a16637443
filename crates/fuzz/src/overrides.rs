//! Settings of the command line.

use hearth_config::RawConfig;

use crate::config::{check, show};

/// What they are put over.
const CONFIG: &str = include_str!("../../../configs/mlp-nano.toml");

/// Puts each line over a good config.
pub fn run(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let raw = RawConfig::parse("mlp-nano.toml", CONFIG.to_owned()).expect("it is a config");
    let lines: Vec<&str> = text.lines().collect();
    match raw.with_overrides(&lines) {
        Ok(raw) => check(&raw),
        Err(faults) => show(&faults),
    }
}
