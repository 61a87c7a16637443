//! The command line.

mod data;
mod exchange;
mod run;
#[cfg(feature = "serve")]
mod serve;
mod sweep;
mod train;
mod usage;
mod words;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use hearth_train::Backend;

pub use data::{DataCommand, InitArgs};
pub use exchange::{ExportArgs, ImportArgs};
pub use run::{CompareArgs, EvalArgs, InspectArgs, PredictArgs, RunsArgs, SampleArgs, TrainedArgs};
#[cfg(feature = "serve")]
pub use serve::ServeArgs;
pub use sweep::SweepArgs;
pub use train::{LrFindArgs, TrainArgs};
pub use usage::report;
pub use words::expand_resume;

/// Train deep-learning models from a TOML file.
#[derive(Debug, Parser)]
#[command(name = "hearth", version, max_term_width = 100)]
pub struct Cli {
    /// The folder of datasets [default: datasets, or where the run has its data from].
    #[arg(long, global = true, env = "HEARTH_DATASETS")]
    pub datasets: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a network.
    Train(TrainArgs),
    /// Train with many combinations of settings, and rank them.
    Sweep(SweepArgs),
    /// Results of a run: loss, accuracy and confusion matrix, or how good made pictures are.
    Eval(EvalArgs),
    /// Name the class of pictures, in any common format.
    Predict(PredictArgs),
    /// Look at what a classifier has learned: filters, features, what each layer knows.
    Inspect(InspectArgs),
    /// Make pictures with a trained generator.
    Sample(SampleArgs),
    /// Write a trained network for other programs, and check what was written.
    Export(ExportArgs),
    /// Put weights from PyTorch into one of the networks here, as a run to go on from.
    Import(ImportArgs),
    /// Answer over HTTP: an API, and a page to draw on, to drop a picture or to fill in a row.
    #[cfg(feature = "serve")]
    Serve(ServeArgs),
    /// Write a config for a folder of one's own pictures, or for a CSV file.
    Init(InitArgs),
    /// Print the resolved config, with where each value came from.
    Config(ConfigArgs),
    /// Print the JSON Schema of configs, for editors.
    Schema,
    /// List runs and their results.
    Runs(RunsArgs),
    /// Compare runs: what differs in their settings, how well they did, and their curves on a page.
    Compare(CompareArgs),
    /// Find a learning rate: train for a moment with one that grows, and plot the loss.
    LrFind(LrFindArgs),
    /// List, fetch, verify and check data.
    #[command(subcommand)]
    Data(DataCommand),
    /// List what this program can compute on, train two steps on each, and say what works.
    Doctor(DoctorArgs),
    /// Print a script that completes commands in a shell.
    Completions {
        /// bash, zsh, fish, ...
        shell: clap_complete::Shell,
    },
}

/// What computes.
#[derive(Debug, Args)]
pub struct ComputeArgs {
    /// What computes [default: the first of flex, ndarray, wgpu that is compiled in].
    #[arg(long)]
    pub backend: Option<Backend>,
    /// Which graphics adapter, by its number in `hearth doctor` [default: the best one].
    #[arg(long, value_name = "N")]
    pub device: Option<usize>,
}

/// A config and what is put over it.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// A TOML file, such as configs/mlp.toml.
    pub config: PathBuf,
    /// Settings that replace those of the file, such as train.epochs=3.
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

/// `hearth doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// What computes [default: everything that is compiled in].
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Do one thing in this process, which a driver may end, and print it as JSON.
    #[arg(long, value_enum, hide = true)]
    pub probe: Option<DoctorProbe>,
}

/// What a process is started for that may not survive it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DoctorProbe {
    /// To list the graphics adapters.
    List,
    /// To open one, and to add two numbers there.
    Open,
    /// To train two steps.
    Train,
}
