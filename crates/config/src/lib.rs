//! Configs: TOML to checked settings, and diagnostics with locations and suggestions.
//!
//! [`RawConfig`] holds the text as typed, with overrides over it; [`RawConfig::check`] makes
//! a [`Config`] of it or returns every [`Diagnostic`] at once. Only a [`Config`] builds anything.
//! Random streams live here too, because all of them derive from one setting: see [`seed`].

#![forbid(unsafe_code)]

mod aliases;
mod check;
mod checks;
mod command;
mod config;
mod decide;
mod diagnostic;
mod feature_classifier;
mod fields;
mod models;
mod paths;
mod raw;
mod read;
mod resume;
mod section_reader;
mod sections;
pub mod seed;
mod standing;
mod syntax;
mod text;
mod tree;

pub use aliases::setting_like;
pub use command::{CommandLine, Invocation, quoted};
pub use config::{Config, FORMAT, schema};
pub use diagnostic::{Diagnostic, Diagnostics, LineSpan, Location, SourceText, nearest, reason};
pub use models::*;
pub use paths::{MissingPath, ResolvedConfig, shown};
pub use raw::RawConfig;
pub use sections::*;
pub use standing::{Better, Standing};
pub use syntax::typed;
pub use text::{composed, one_line, plain_name, toml_string};
