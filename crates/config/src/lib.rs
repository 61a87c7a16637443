//! Configs: TOML to checked settings, and diagnostics with locations and suggestions.
//!
//! [`RawConfig`] holds the text as typed, with overrides over it; [`RawConfig::check`] makes
//! a [`Config`] of it or returns every [`Diagnostic`] at once. Only a [`Config`] builds anything.
//! Random streams live here too, because all of them derive from one setting: see [`seed`].

#![forbid(unsafe_code)]

mod check;
mod checks;
mod command;
mod config;
mod data;
mod environments;
mod feature_classifier;
mod models;
mod paths;
mod raw;
mod read;
mod resume;
mod sections;
pub mod seed;
mod standing;
mod syntax;
mod tasks;

pub use command::{CommandLine, Invocation, quoted};
pub use config::{Config, FORMAT, Origin, schema};
pub use data::*;
pub use environments::*;
pub use models::*;
pub use paths::{MissingPath, ResolvedConfig, shown};
pub use raw::RawConfig;
pub use read::setting_like;
pub use sections::*;
pub use standing::{Better, Standing};
pub use syntax::{
    Diagnostic, Diagnostics, LineSpan, Location, SourceText, composed, nearest, one_line,
    plain_name, reason, toml_string, typed,
};
pub use tasks::{
    AdversarialConfig, AdversarialLoss, AgentEvaluation, AlgorithmConfig, AlgorithmKind, Balanced,
    ClassWeights, EvaluateConfig, Metric, PpoConfig, RegressionLoss, TaskConfig, TaskKind,
};
