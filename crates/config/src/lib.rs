//! What the user wrote: TOML to checked settings, with places and suggestions for faults.
//!
//! [`RawConfig`] holds the text as typed, with overrides over it; [`RawConfig::check`] makes
//! a [`Config`] of it or names every [`Fault`] at once. Only a [`Config`] builds anything.
//! Random numbers live here too, because all of them come from one setting: see [`seed`].

#![forbid(unsafe_code)]

mod check;
mod checks;
mod command;
mod config;
mod decide;
mod fault;
mod fields;
mod gather;
mod habits;
mod judge;
mod models;
mod paths;
mod raw;
mod read;
mod resume;
mod sections;
pub mod seed;
mod standing;
mod syntax;
mod text;
mod tree;

pub use command::{Called, CommandLine, quoted};
pub use config::{Config, FORMAT, schema};
pub use fault::{Fault, Faults, Place, Source, Spot, nearest, reason};
pub use habits::setting_like;
pub use models::*;
pub use paths::{Absent, Located, shown};
pub use raw::RawConfig;
pub use sections::*;
pub use standing::{Better, Standing};
pub use syntax::typed;
pub use text::{composed, one_line, plain_name, toml_string};
