//! `hearth sweep`.

use std::path::PathBuf;

use clap::Args;

use super::ComputeArgs;

/// `hearth sweep`.
///
/// Each trial is a run of its own, in a process of its own. The trials are ranked by their results on
/// the validation set: by the accuracy, or by what `train.best_by` says.
#[derive(Debug, Args)]
#[command(after_help = "\
VALUES are what the key takes in turn, as in model.hidden=[128],[256,128]; a key with one value has \
it in every trial. Without --random there is a trial for each combination, and the last key changes \
fastest. With --random a key may also have a range, as in optimizer.learning_rate=0.001..0.1. \
Numbers in it are drawn log-uniformly where both ends are above zero, and uniformly otherwise; where \
both ends are whole numbers so is what is drawn, and either end may come up; others are rounded to 4 \
digits. No combination is drawn twice.

A sweep that was interrupted or killed goes on with `hearth sweep --resume DIR`, and ends with the \
same table. Finished trials are kept, those that were begun go on from their last checkpoint, and \
those that failed are tried again.")]
pub struct SweepArgs {
    /// A TOML file, such as configs/mlp.toml; with --resume it may be left out, and the keys as well.
    #[arg(value_name = "CONFIG", required_unless_present = "resume")]
    pub config: Option<PathBuf>,
    /// What to try, such as train.epochs=5,10,20.
    #[arg(value_name = "KEY=VALUES")]
    pub axes: Vec<String>,
    /// Try N combinations, drawn at random.
    #[arg(long, value_name = "N")]
    pub random: Option<usize>,
    /// Other combinations for another number [default: 0].
    #[arg(long, requires = "random")]
    pub seed: Option<u64>,
    /// How many trials are trained at a time; each takes its share of the CPU's threads, unless
    /// run.threads is set.
    #[arg(long, value_name = "N", default_value = "1")]
    pub jobs: std::num::NonZeroUsize,
    /// The sweep's folder [default: runs/NAME-sweep-001, -002, ...].
    #[arg(long, value_name = "DIR", conflicts_with = "resume")]
    pub out: Option<PathBuf>,
    /// Go on with the sweep in this folder. A config, keys, --random, --seed and --backend that are
    /// given must be those that it began with.
    #[arg(long, value_name = "DIR")]
    pub resume: Option<PathBuf>,
    /// What computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}
