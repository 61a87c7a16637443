//! Fuzz target for the text of a config.

use hearth_config::{Config, Diagnostics, RawConfig};

use crate::show::shown;

/// Parses and checks the text, and renders its faults.
pub fn run(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    match RawConfig::parse("fuzz.toml", text.to_owned()) {
        Ok(raw) => check(&raw),
        Err(faults) => show(&faults),
    }
}

/// Asserts that a valid config survives a round trip, and is compatible with itself.
pub(crate) fn check(raw: &RawConfig) {
    let config = match raw.check() {
        Ok(config) => config,
        Err(faults) => return show(&faults),
    };
    for text in [config.to_toml(), raw.explain(&config)] {
        let again = RawConfig::parse("again.toml", text.clone()).and_then(|raw| raw.check());
        assert!(again.is_ok_and(|again| again == config), "{text}");
    }
    assert!(raw.check_resume(&config, &config).is_ok(), "it cannot be resumed");
    assert!(Config::differences(&[&config, &config]).is_empty(), "it differs from itself");
}

/// Asserts that each fault has a message and is rendered in at most six lines.
pub(crate) fn show(faults: &Diagnostics) {
    assert!(!faults.0.is_empty(), "refused without a fault");
    for fault in &faults.0 {
        assert!(!fault.to_string().trim().is_empty(), "a fault without words");
        let text = shown(fault);
        assert!(text.lines().count() <= 6, "{text}");
    }
}
