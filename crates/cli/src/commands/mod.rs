//! One file for each command.

mod config;
mod data;
mod doctor;
mod eval;
mod init;
mod predict;
mod runs;
mod sample;
mod train;

use clap::CommandFactory as _;

use crate::args::{Args, Command};
use crate::failure::Failure;
use crate::output::print;

/// Does what the command line says.
pub fn run(args: Args) -> Result<(), Failure> {
    let datasets = &args.datasets;
    match args.command {
        Command::Train(args) => train::run(&args, datasets),
        Command::Eval(args) => eval::run(&args, datasets),
        Command::Predict(args) => predict::run(&args),
        Command::Sample(args) => sample::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Config(args) => config::explain(&args),
        Command::Schema => config::schema(),
        Command::Runs(args) => runs::run(&args),
        Command::Data(args) => data::run(&args, datasets),
        Command::Doctor => doctor::run(),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "hearth", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}
