//! `hearth`: trains deep-learning models from a TOML file.

#![forbid(unsafe_code)]

mod args;
mod commands;
mod compute;
mod failure;
mod results;
#[cfg(feature = "serve")]
mod serve;
mod settings;
#[cfg(all(test, feature = "wgpu"))]
#[path = "../../../tests/skip.rs"]
mod skip;
mod sweep;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

/// Keeps the pages of freed tensors: returning them to the system and faulting them in again costs
/// more than the arithmetic of a small step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words = args::expand_resume(std::env::args_os().collect());
    let program = words.first().cloned().unwrap_or_default();
    let args = match args::Cli::try_parse_from(words) {
        Ok(args) => args,
        Err(error) => {
            return args::report(&error).unwrap_or_else(|failure| terminal::report(&failure));
        }
    };
    args.called(program).remember();
    match commands::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => terminal::report(&failure),
    }
}
