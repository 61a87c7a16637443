//! `hearth sweep`.

use std::path::PathBuf;

use clap::Args;

use super::ComputeArgs;

/// `hearth sweep`.
///
/// Each trial is a run of its own, in a process of its own. The trials are ranked by their results on
/// the validation set: by accuracy, or by the metric of `train.best_by`.
#[derive(Debug, Args)]
#[command(after_help = "\
VALUES are separated by commas, as in model.hidden=[128],[256,128]; a key with one value has it in \
every trial. Without --random there is a trial for each combination, and the last key changes \
fastest. With --random a key may also have a range, as in optimizer.learning_rate=0.001..0.1: \
log-uniform if both ends are above zero, else uniform. Between whole numbers only whole numbers are \
drawn, both ends included; other numbers are rounded to 4 digits. No combination is drawn twice.

`hearth sweep --resume DIR` resumes an interrupted or killed sweep, and ends with the same table: \
finished trials are kept, interrupted ones continue from their last checkpoint, and failed ones are \
retried.")]
pub struct SweepArgs {
    /// TOML file, such as configs/mlp.toml; optional with --resume, as are the keys.
    #[arg(value_name = "CONFIG", required_unless_present = "resume")]
    pub config: Option<PathBuf>,
    /// Settings to search, such as train.epochs=5,10,20.
    #[arg(value_name = "KEY=VALUES")]
    pub axes: Vec<String>,
    /// Try N random combinations.
    #[arg(long, value_name = "N")]
    pub random: Option<usize>,
    /// Seed of the random combinations [default: 0].
    #[arg(long, requires = "random")]
    pub seed: Option<u64>,
    /// Number of trials trained at a time; each has its share of the CPU's threads unless run.threads is
    /// set.
    #[arg(long, value_name = "N", default_value = "1")]
    pub jobs: std::num::NonZeroUsize,
    /// Folder of the sweep [default: runs/NAME-sweep-001, -002, ...].
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    pub out: Option<PathBuf>,
    /// Resume the sweep in this folder. Config, keys, --random, --seed and --backend, if given, must be those of
    /// its start.
    #[arg(long, value_name = "DIR")]
    pub resume: Option<PathBuf>,
    /// Backend and device.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}
