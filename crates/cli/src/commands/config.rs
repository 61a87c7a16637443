//! `hearth config` and `hearth schema`.

use hearth_config::RawConfig;

use crate::args::ConfigArgs;
use crate::failure::Failure;
use crate::terminal::{print, say};

/// Prints the resolved config.
pub fn explain(args: &ConfigArgs) -> Result<(), Failure> {
    let raw = RawConfig::read(&args.config)?.with_overrides(&args.overrides)?;
    let located = raw.resolve_paths(raw.check()?, false);
    located.notes.iter().for_each(|note| say(note));
    print(&raw.explain(&located.config))
}

/// Prints the JSON Schema.
pub fn schema() -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(&hearth_config::schema())
        .map_err(|error| Failure::Other(error.to_string()))?;
    print(&text)
}
