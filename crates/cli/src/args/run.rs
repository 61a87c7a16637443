//! Commands on a trained run: `eval`, `predict`, `inspect` and `sample`; and on several: `runs` and `compare`.

use std::path::PathBuf;

use clap::Args;
use hearth_train::{Split, Which};

use super::ComputeArgs;

/// A trained run.
#[derive(Debug, Args)]
pub struct TrainedArgs {
    /// The run's folder.
    pub run: PathBuf,
    /// best, last, or the number of a step.
    #[arg(long, default_value = "best")]
    pub checkpoint: Which,
    /// What computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

/// `hearth eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// The run.
    #[command(flatten)]
    pub trained: TrainedArgs,
    /// train, valid or test.
    #[arg(long, default_value = "test")]
    pub split: Split,
    /// Judge these pictures, an IDX file of as many as `evaluate.samples`, instead of those that the
    /// run's generator makes.
    #[arg(long, value_name = "FILE")]
    pub pictures: Option<PathBuf>,
}

/// `hearth predict`.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// The run, or an export as safetensors or burnpack.
    #[command(flatten)]
    pub trained: TrainedArgs,
    /// Images; of a run on a table, CSV files, or `-` for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How many classes to show; 0 for all.
    #[arg(long, default_value_t = 3)]
    pub top: usize,
    /// Turn dark into light first: for dark things on a light ground, where the network was
    /// trained on light things on a dark ground, as in MNIST and Fashion-MNIST.
    #[arg(long)]
    pub invert: bool,
}

/// `hearth inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The run.
    #[command(flatten)]
    pub trained: TrainedArgs,
    /// Pictures to look at, in any common format [default: some of the test set].
    #[arg(value_name = "PICTURE")]
    pub files: Vec<PathBuf>,
}

/// `hearth sample`.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// The run.
    #[command(flatten)]
    pub trained: TrainedArgs,
    /// How many pictures to make.
    #[arg(long, default_value_t = 64, allow_negative_numbers = true)]
    pub count: usize,
    /// The PNG file of all of them, in a grid.
    #[arg(long, value_name = "FILE", default_value = "samples.png")]
    pub out: PathBuf,
    /// Other pictures for another number.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,
    /// Walk from one picture to another in each row of the grid.
    #[arg(long)]
    pub interpolate: bool,
    /// Write each picture into this folder as well.
    #[arg(long, value_name = "DIR")]
    pub each: Option<PathBuf>,
}

/// `hearth runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// The folder of runs.
    #[arg(default_value = "runs")]
    pub folder: PathBuf,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    /// Print all results of each run as comma-separated values.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// `hearth compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The runs' folders.
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// The page to write.
    #[arg(long, value_name = "FILE", default_value = "compare.html")]
    pub out: PathBuf,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}
