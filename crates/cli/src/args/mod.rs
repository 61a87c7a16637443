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
pub use run::{
    CompareArgs, EvalArgs, InspectArgs, PlayArgs, PredictArgs, RunsArgs, SampleArgs, TrainedArgs,
};
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
    /// Folder of datasets [default: datasets, or that of the run].
    #[arg(long, global = true, env = "HEARTH_DATASETS")]
    pub datasets: Option<PathBuf>,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a network.
    Train(TrainArgs),
    /// Search settings: train a run for each combination, and rank the runs.
    Sweep(SweepArgs),
    /// Evaluate a run: loss, accuracy and confusion matrix, the quality of generated images, or an agent's returns.
    Eval(EvalArgs),
    /// Predict the class of images, or the target of rows in a CSV file.
    Predict(PredictArgs),
    /// Inspect a classifier: filters, feature maps, saliency and a linear probe of each layer; or a translator: tokens and
    /// attention.
    Inspect(InspectArgs),
    /// Generate images with a trained generator.
    Sample(SampleArgs),
    /// Play episodes with a trained agent.
    Play(PlayArgs),
    /// Export a trained network for other programs, and check the result.
    Export(ExportArgs),
    /// Import weights from PyTorch as a run.
    Import(ImportArgs),
    /// Serve predictions over HTTP: an API, and a page for drawings, images or rows.
    #[cfg(feature = "serve")]
    Serve(ServeArgs),
    /// Write a config for a folder of images, a CSV file or a file of pairs of texts.
    Init(InitArgs),
    /// Print the resolved config, with the source of each value.
    Config(ConfigArgs),
    /// Print the JSON Schema of configs, for editors.
    Schema,
    /// List runs and their results.
    Runs(RunsArgs),
    /// Compare runs: their settings and results, and their curves on a page.
    Compare(CompareArgs),
    /// Find a learning rate: train briefly at a growing rate, and plot the loss.
    LrFind(LrFindArgs),
    /// List, fetch, verify and check data.
    #[command(subcommand)]
    Data(DataCommand),
    /// List backends and devices, and train two steps on each.
    Doctor(DoctorArgs),
    /// Print a script for command completion in a shell.
    Completions {
        /// Shell: bash, zsh, fish, ...
        shell: clap_complete::Shell,
    },
}

/// The backend and its device.
#[derive(Debug, Args)]
pub struct ComputeArgs {
    /// Backend [default: the first of flex, ndarray, wgpu that is compiled in].
    #[arg(long)]
    pub backend: Option<Backend>,
    /// Graphics adapter, by its number in `hearth doctor` [default: the best one].
    #[arg(long, value_name = "N")]
    pub device: Option<usize>,
}

/// A config and its overrides.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// TOML file, such as configs/mlp.toml.
    pub config: PathBuf,
    /// Settings that override the file's, such as train.epochs=3.
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

/// `hearth doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Backend and device; without them everything compiled in is tested.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Run one probe in this process, which a driver may crash, and print its result as JSON.
    #[arg(long, value_enum, hide = true)]
    pub probe: Option<DoctorProbe>,
}

/// A probe that may crash its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DoctorProbe {
    /// List the graphics adapters.
    List,
    /// Open an adapter and add two numbers on it.
    Open,
    /// Train two steps.
    Train,
}
