//! One file for each command.

mod compare;
mod config;
mod data;
mod doctor;
mod eval;
mod export;
mod import;
mod init;
mod inspect;
mod lr_find;
mod play;
mod predict;
mod runs;
mod sample;
#[cfg(feature = "serve")]
mod serve;
mod sweep;
mod train;

use clap::CommandFactory as _;

use crate::args::{Cli, Command};
use crate::compute::with_backend;
use crate::failure::Failure;
use crate::settings::Datasets;
use crate::terminal::print;

/// Runs the command of the command line.
pub fn run(args: Cli) -> Result<(), Failure> {
    let datasets = Datasets(args.datasets.as_deref());
    match args.command {
        Command::Train(args) => {
            let done = with_backend(&args.compute, |backend| train::run(&args, backend, datasets));
            done.map_err(Failure::with_checkpoint)
        }
        Command::Sweep(args) => sweep::run(&args, datasets),
        Command::Eval(args) => {
            let datasets = datasets.of_run(&args.trained.run);
            with_backend(&args.trained.compute, |backend| eval::run(&args, backend, &datasets))
        }
        Command::Predict(args) => {
            with_backend(&args.trained.compute, |backend| predict::run(&args, backend))
        }
        Command::Inspect(args) => {
            let datasets = datasets.of_run(&args.trained.run);
            with_backend(&args.trained.compute, |backend| inspect::run(&args, backend, &datasets))
        }
        Command::Sample(args) => {
            with_backend(&args.trained.compute, |backend| sample::run(&args, backend))
        }
        Command::Play(args) => {
            with_backend(&args.trained.compute, |backend| play::run(&args, backend))
        }
        Command::Export(args) => {
            let datasets = datasets.of_run(&args.trained.run);
            with_backend(&args.trained.compute, |backend| export::run(&args, backend, &datasets))
        }
        Command::Import(args) => {
            with_backend(&args.compute, |backend| import::run(&args, backend, datasets))
        }
        #[cfg(feature = "serve")]
        Command::Serve(args) => with_backend(&args.compute, |backend| serve::run(&args, backend)),
        Command::Init(args) => init::run(&args),
        Command::Config(args) => config::explain(&args),
        Command::Schema => config::schema(),
        Command::Runs(args) => runs::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::LrFind(args) => {
            with_backend(&args.compute, |backend| lr_find::run(&args, backend, datasets))
        }
        Command::Data(args) => data::run(&args, &datasets.folder()),
        Command::Doctor(args) => doctor::run(&args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "hearth", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}
