//! Fuzz target for overrides of a config on the command line.

use hearth_config::RawConfig;

use crate::config::{check, show};

/// The config to override.
const CONFIG: &str = include_str!("../../../configs/mlp-nano.toml");

/// Applies each line as an override to a valid config.
pub fn run(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let raw = RawConfig::parse("mlp-nano.toml", CONFIG.to_owned()).expect("it is a config");
    let lines: Vec<&str> = text.lines().collect();
    match raw.with_overrides(&lines) {
        Ok(raw) => check(&raw),
        Err(faults) => show(&faults),
    }
}
