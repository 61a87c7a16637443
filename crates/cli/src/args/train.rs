//! `hearth train` and `hearth lr-find`.

use std::path::PathBuf;

use std::time::Duration;

use clap::Args;

use super::{ComputeArgs, ConfigArgs};

/// `hearth train`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct TrainArgs {
    /// TOML file, such as configs/mlp.toml; optional with --resume.
    #[arg(value_name = "CONFIG", required_unless_present = "resume")]
    pub config: Option<PathBuf>,
    /// Settings that override the file's, such as train.epochs=3.
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Folder of the run [default: runs/NAME-001, -002, ...].
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// Resume the run in --run; also as `--resume RUN`.
    #[arg(long, requires = "run")]
    pub resume: bool,
    /// Backend and device.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Overfit this many batches, to check that the network can learn. The same as `data.overfit_batches`, with
    /// 200 epochs unless they are set.
    #[arg(long, value_name = "BATCHES")]
    pub overfit: Option<usize>,
    /// Train on this share of the training data. The same as `data.limit_train=SHARE`.
    #[arg(long = "limit-train", value_name = "SHARE", allow_negative_numbers = true)]
    pub limit: Option<f64>,
    /// Stop after this time, such as 90s, 30m or 1h30m, with the report; --resume continues.
    #[arg(long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true)]
    pub time: Option<Duration>,
    /// Load the data and build the network, without training.
    #[arg(long, conflicts_with_all = ["run", "resume", "json"])]
    pub dry_run: bool,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    /// Show the dashboard on a terminal of any size [default: on 60x16 or more, without --json].
    #[arg(long, conflicts_with_all = ["dry_run", "plain"])]
    pub tui: bool,
    /// Print lines only, as without a terminal.
    #[arg(long)]
    pub plain: bool,
}

/// Parses a duration above 0.
fn duration(text: &str) -> Result<Duration, String> {
    let wanted = || "it is a time above 0, such as 90s, 30m or 1h30m".to_owned();
    let time: jiff::SignedDuration = text.parse().map_err(|_| wanted())?;
    Duration::try_from(time).ok().filter(|time| !time.is_zero()).ok_or_else(wanted)
}

/// `hearth lr-find`.
#[derive(Debug, Args)]
pub struct LrFindArgs {
    /// Config of a classifier.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// First learning rate.
    #[arg(long, default_value_t = 1e-5)]
    pub from: f64,
    /// Last learning rate, unless the loss diverges before.
    #[arg(long, default_value_t = 10.0)]
    pub to: f64,
    /// Number of steps.
    #[arg(long, default_value_t = 200)]
    pub steps: usize,
    /// Page to write.
    #[arg(long, value_name = "FILE", default_value = "lr-find.html")]
    pub out: PathBuf,
    /// Backend and device.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}
