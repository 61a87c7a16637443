//! `hearth train` and `hearth lr-find`.

use std::path::PathBuf;

use std::time::Duration;

use clap::Args;

use super::{ComputeArgs, ConfigArgs};

/// `hearth train`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct TrainArgs {
    /// A TOML file, such as configs/mlp.toml; with --resume it may be left out.
    #[arg(value_name = "CONFIG", required_unless_present = "resume")]
    pub config: Option<PathBuf>,
    /// Settings that replace those of the file, such as train.epochs=3.
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// The run's folder [default: runs/NAME-001, -002, ...].
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// Go on with the run in --run; the run may stand right behind this as well.
    #[arg(long, requires = "run")]
    pub resume: bool,
    /// What computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Learn so many batches by heart: can this network learn at all? The same as `data.overfit_batches=N`,
    /// with 200 epochs unless they are set.
    #[arg(long, value_name = "BATCHES")]
    pub overfit: Option<usize>,
    /// Learn from this share of the training pictures: the same as `data.limit_train=SHARE`.
    #[arg(long = "limit-train", value_name = "SHARE", allow_negative_numbers = true)]
    pub limit: Option<f64>,
    /// End after this time, as 90s, 30m or 1h30m, with the report; --resume goes on.
    #[arg(long, value_name = "TIME", value_parser = duration, allow_hyphen_values = true)]
    pub time: Option<Duration>,
    /// Build everything, and train nothing.
    #[arg(long, conflicts_with_all = ["run", "resume", "json"])]
    pub dry_run: bool,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    /// Show the dashboard, whatever the terminal. It is the default on one of 60x16 or more, unless
    /// --json is given.
    #[arg(long, conflicts_with_all = ["dry_run", "plain"])]
    pub tui: bool,
    /// Print lines and nothing else, as without a terminal.
    #[arg(long)]
    pub plain: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    let wanted = || "it is a time above 0, such as 90s, 30m or 1h30m".to_owned();
    let time: jiff::SignedDuration = text.parse().map_err(|_| wanted())?;
    Duration::try_from(time).ok().filter(|time| !time.is_zero()).ok_or_else(wanted)
}

/// `hearth lr-find`.
#[derive(Debug, Args)]
pub struct LrFindArgs {
    /// The config of a classifier.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The first learning rate.
    #[arg(long, default_value_t = 1e-5)]
    pub from: f64,
    /// The last one, unless the loss diverges before.
    #[arg(long, default_value_t = 10.0)]
    pub to: f64,
    /// Steps between them.
    #[arg(long, default_value_t = 200)]
    pub steps: usize,
    /// The page to write.
    #[arg(long, value_name = "FILE", default_value = "lr-find.html")]
    pub out: PathBuf,
    /// What computes.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}
