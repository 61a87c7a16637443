//! Commands on a trained run: `eval`, `predict`, `inspect`, `sample` and `play`; and on several: `runs` and `compare`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use hearth_train::{CheckpointSelector, Split};

use super::ComputeArgs;

/// A trained run.
#[derive(Debug, Args)]
pub struct TrainedArgs {
    /// Folder of the run.
    pub run: PathBuf,
    /// Checkpoint: best, last, or the number of a step.
    #[arg(long, default_value = "best")]
    pub checkpoint: CheckpointSelector,
    /// Backend and device.
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
    /// Set: train, valid, test, or longer: a second test set of longer texts, where there is one.
    #[arg(long, default_value = "test")]
    pub split: Split,
    /// Evaluate the images of this IDX file, as many as `evaluate.samples`, instead of images of the run's
    /// generator.
    #[arg(long, value_name = "FILE")]
    pub pictures: Option<PathBuf>,
}

/// A file or a text, which may not be empty.
fn filled() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().try_map(|value| {
        let told = "it is empty; expected is a file, or the text of a run on texts";
        if value.is_empty() { Err(told) } else { Ok(PathBuf::from(value)) }
    })
}

/// `hearth predict`.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// The run, or an export as safetensors or burnpack.
    #[command(flatten)]
    pub trained: TrainedArgs,
    /// Images; for a run on a table, CSV files; for a run on texts, the texts themselves. `-` reads rows or lines of text
    /// from standard input.
    #[arg(required = true, value_name = "FILE", value_parser = filled())]
    pub files: Vec<PathBuf>,
    /// Number of classes to show; 0 for all.
    #[arg(long, default_value_t = 3)]
    pub top: usize,
    /// Invert light and dark first: for dark objects on a light background, where the network was
    /// trained on light objects on a dark background, as in MNIST and Fashion-MNIST.
    #[arg(long)]
    pub invert: bool,
    /// Hypotheses of the beam search, for a run on texts; 1 for greedy decoding [default: 4].
    #[arg(long)]
    pub beam: Option<usize>,
}

/// `hearth inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The run.
    #[command(flatten)]
    pub trained: TrainedArgs,
    /// Images to inspect, in any common format; for a run on texts, the texts themselves [default: some of the test set].
    #[arg(value_name = "IMAGE|TEXT", value_parser = filled())]
    pub files: Vec<PathBuf>,
}

/// `hearth sample`.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// The run.
    #[command(flatten)]
    pub trained: TrainedArgs,
    /// Number of images.
    #[arg(long, default_value_t = 64, allow_negative_numbers = true)]
    pub count: usize,
    /// PNG file of all images, in a grid.
    #[arg(long, value_name = "FILE", default_value = "samples.png")]
    pub out: PathBuf,
    /// Seed of the latent vectors.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,
    /// Interpolate from one image to another in each row of the grid.
    #[arg(long)]
    pub interpolate: bool,
    /// Also write each image into this folder.
    #[arg(long, value_name = "DIR")]
    pub each: Option<PathBuf>,
}

/// `hearth play`.
#[derive(Debug, Args)]
pub struct PlayArgs {
    /// The run.
    #[command(flatten)]
    pub trained: TrainedArgs,
    /// Number of episodes.
    #[arg(long, default_value_t = 10, allow_negative_numbers = true)]
    pub episodes: usize,
    /// GIF file of the first episode.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Seed of the episodes.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,
}

/// `hearth runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// Folder of runs.
    #[arg(default_value = "runs")]
    pub folder: PathBuf,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    /// Print all results of each run as CSV.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// `hearth compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Folders of the runs.
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Page to write.
    #[arg(long, value_name = "FILE", default_value = "compare.html")]
    pub out: PathBuf,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}
