//! The command line.

#[cfg(feature = "serve")]
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Group, Parser, Subcommand};
use hearth_train::{Backend, Format, Part, Split, Which};

mod sweep;
mod usage;
mod words;

pub use sweep::Sweep;
pub use usage::answer;
pub use words::with_run;

/// Train deep-learning models from a TOML file.
#[derive(Debug, Parser)]
#[command(name = "hearth", version, max_term_width = 100)]
pub struct Args {
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
    Train(Train),
    /// Train with many combinations of settings, and rank them.
    Sweep(Sweep),
    /// Results of a run: loss, accuracy and confusion matrix, or how good made pictures are.
    Eval(Eval),
    /// Name the class of pictures, in any common format.
    Predict(Predict),
    /// Look at what a classifier has learned: filters, features, what each layer knows.
    Inspect(Inspect),
    /// Make pictures with a trained generator.
    Sample(Sample),
    /// Write a trained network for other programs, and check what was written.
    Export(Export),
    /// Put weights from PyTorch into one of the networks here, as a run to go on from.
    Import(Import),
    /// Answer over HTTP: an API, and a page to draw on, to drop a picture or to fill in a row.
    #[cfg(feature = "serve")]
    Serve(Serve),
    /// Write a config for a folder of one's own pictures, or for a CSV file.
    Init(Init),
    /// Print the resolved config, with where each value came from.
    Config(ConfigArgs),
    /// Print the JSON Schema of configs, for editors.
    Schema,
    /// List runs and their results.
    Runs(Runs),
    /// Compare runs: what differs in their settings, how well they did, and their curves on a page.
    Compare(Compare),
    /// Find a learning rate: train for a moment with one that grows, and plot the loss.
    LrFind(LrFind),
    /// List, fetch, verify and check data.
    #[command(subcommand)]
    Data(Data),
    /// List what this program can compute on, train two steps on each, and say what works.
    Doctor(Doctor),
    /// Print a script that completes commands in a shell.
    Completions {
        /// bash, zsh, fish, ...
        shell: clap_complete::Shell,
    },
}

/// What computes.
#[derive(Debug, Group)]
pub struct Compute {
    /// What computes [default: the first of flex, ndarray, wgpu that is compiled in].
    #[arg(long)]
    pub backend: Option<Backend>,
    /// Which graphics adapter, by its number in `hearth doctor` [default: the best one].
    #[arg(long, value_name = "N")]
    pub device: Option<usize>,
}

/// `hearth doctor`.
#[derive(Debug, Group)]
pub struct Doctor {
    /// What computes [default: everything that is compiled in].
    #[command(flatten)]
    pub compute: Compute,
    /// Do one thing in this process, which a driver may end, and print it as JSON.
    #[arg(long, value_enum, hide = true)]
    pub probe: Option<Probe>,
}

/// What a process is started for that may not survive it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Probe {
    /// To list the graphics adapters.
    List,
    /// To open one, and to add two numbers there.
    Open,
    /// To train two steps.
    Train,
}

/// A config and what is put over it.
#[derive(Debug, Group)]
pub struct ConfigArgs {
    /// A TOML file, such as configs/mlp.toml.
    pub config: PathBuf,
    /// Settings that replace those of the file, such as train.epochs=3.
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
}

/// `hearth train`.
#[derive(Debug, Group)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub struct Train {
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
    pub compute: Compute,
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

/// An address or a name, without the brackets of an IPv6 address.
#[cfg(feature = "serve")]
fn host(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "-._".contains(c));
    if bare.parse::<IpAddr>().is_ok() || !text.is_empty() && is_name(text) {
        return Ok(bare.to_owned());
    }
    Err("it is an address or a name, such as 127.0.0.1, ::1 or localhost; --port takes the port"
        .to_owned())
}

/// A trained run.
#[derive(Debug, Group)]
pub struct Trained {
    /// The run's folder.
    pub run: PathBuf,
    /// best, last, or the number of a step.
    #[arg(long, default_value = "best")]
    pub checkpoint: Which,
    /// What computes.
    #[command(flatten)]
    pub compute: Compute,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

/// `hearth eval`.
#[derive(Debug, Group)]
pub struct Eval {
    /// The run.
    #[command(flatten)]
    pub trained: Trained,
    /// train, valid or test.
    #[arg(long, default_value = "test")]
    pub split: Split,
    /// Judge these pictures, an IDX file of as many as `evaluate.samples`, instead of those that the
    /// run's generator makes.
    #[arg(long, value_name = "FILE")]
    pub pictures: Option<PathBuf>,
}

/// `hearth predict`.
#[derive(Debug, Group)]
pub struct Predict {
    /// The run, or an export as safetensors or burnpack.
    #[command(flatten)]
    pub trained: Trained,
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
#[derive(Debug, Group)]
pub struct Inspect {
    /// The run.
    #[command(flatten)]
    pub trained: Trained,
    /// Pictures to look at, in any common format [default: some of the test set].
    #[arg(value_name = "PICTURE")]
    pub files: Vec<PathBuf>,
}

/// `hearth sample`.
#[derive(Debug, Group)]
pub struct Sample {
    /// The run.
    #[command(flatten)]
    pub trained: Trained,
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

/// `hearth export`.
#[derive(Debug, Group)]
pub struct Export {
    /// The run.
    #[command(flatten)]
    pub trained: Trained,
    /// onnx, safetensors (by PyTorch's names) or burnpack.
    #[arg(long)]
    pub format: Format,
    /// The folder to make; or a file by its end (.onnx, .safetensors, .bpk), beside which its settings (.json)
    /// and its card (.md) are written.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// generator or discriminator, of an adversarial pair [default: generator].
    #[arg(long)]
    pub network: Option<Part>,
    /// Write numbers of 16 bits into a safetensors file.
    #[arg(long)]
    pub half: bool,
}

/// `hearth import`.
#[derive(Debug, Group)]
pub struct Import {
    /// A `state_dict`, alone or in a checkpoint: a safetensors file, or one of `torch.save`, whatever its name.
    pub file: PathBuf,
    /// The config of the network, and of the data that it was trained on.
    #[arg(long, value_name = "CONFIG")]
    pub config: PathBuf,
    /// Settings that replace those of the config, such as train.epochs=3.
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// The run's folder.
    #[arg(long, value_name = "DIR")]
    pub run: PathBuf,
    /// The entry of the file that holds the network, as net or `state_dict.model`, where there are several.
    #[arg(long)]
    pub key: Option<String>,
    /// Leave out a tensor, or all below a name; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub ignore: Vec<String>,
    /// Say which layer a module is, by its name in the file and the layer's path here, as
    /// `fc_one=layers.1`; may be given several times.
    #[arg(long, value_name = "NAME=LAYER", value_parser = pair)]
    pub map: Vec<[String; 2]>,
    /// The mean that images were normalised by when the network was trained, of pixels scaled to 0..1: a number
    /// for each channel, or one for all. The same as `data.mean=[MEAN]`; `--mean 0 --std 1` is `ToTensor` alone
    /// [default: that of the training set].
    #[arg(long, value_delimiter = ',', requires = "std", allow_negative_numbers = true)]
    pub mean: Option<Vec<f64>>,
    /// The standard deviation that they were divided by, as --mean.
    #[arg(long, value_delimiter = ',', requires = "mean", allow_negative_numbers = true)]
    pub std: Option<Vec<f64>>,
    /// What computes.
    #[command(flatten)]
    pub compute: Compute,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

fn pair(text: &str) -> Result<[String; 2], String> {
    match text.split_once('=') {
        Some((name, layer)) if !name.is_empty() && !layer.is_empty() => {
            Ok([name, layer].map(str::to_owned))
        }
        _ => Err("it is NAME=LAYER, such as fc_one=layers.1".to_owned()),
    }
}

/// `hearth serve`.
#[cfg(feature = "serve")]
#[derive(Debug, Group)]
pub struct Serve {
    /// The run's folder, or that of an export as safetensors or burnpack.
    pub run: PathBuf,
    /// best, last, or the number of a step.
    #[arg(long, default_value = "best")]
    pub checkpoint: Which,
    /// What computes.
    #[command(flatten)]
    pub compute: Compute,
    /// The address to listen on, or the name of one, such as localhost; 0.0.0.0 for every one, which lets
    /// other machines in.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = host)]
    pub host: String,
    /// The port; 0 for a free one.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The longest body of a request, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 8 << 20)]
    pub max_body: usize,
    /// The most pixels of all pictures of a request.
    #[arg(long, value_name = "PIXELS", default_value_t = 25_000_000)]
    pub max_pixels: u64,
    /// Requests that may wait for the network; more are refused.
    #[arg(long, value_name = "REQUESTS", default_value_t = 256)]
    pub queue: usize,
    /// Pictures or rows in one forward pass.
    #[arg(long, value_name = "SAMPLES", default_value_t = 64)]
    pub batch: usize,
    /// How long a forward pass is held back for more of them, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 2)]
    pub wait: u64,
    /// How long a request may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub timeout: u64,
}

/// `hearth init`.
#[derive(Debug, Group)]
pub struct Init {
    /// A folder with one subfolder of pictures for each class, or with train/, valid/ and test/ of these; or
    /// of pictures alone, for a generator; or a CSV file.
    #[arg(value_name = "FOLDER|FILE")]
    pub data: PathBuf,
    /// The column of the CSV file that is predicted [default: the last one].
    #[arg(long, value_name = "COLUMN")]
    pub target: Option<String>,
    /// The config to write [default: the name of the folder or file with .toml].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `hearth runs`.
#[derive(Debug, Group)]
pub struct Runs {
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
#[derive(Debug, Group)]
pub struct Compare {
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

/// `hearth lr-find`.
#[derive(Debug, Group)]
pub struct LrFind {
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
    pub compute: Compute,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

/// `hearth data`.
#[derive(Debug, Subcommand)]
pub enum Data {
    /// The datasets known by name.
    List,
    /// Get a dataset.
    Fetch {
        /// Its name.
        name: String,
    },
    /// Compare a dataset's files with their SHA-256.
    Verify {
        /// Its name.
        name: String,
    },
    /// Look at a folder of pictures or a CSV file: its parts, counts, broken files, duplicates, leaks between parts
    /// or from columns.
    Check {
        /// The folder or the CSV file.
        #[arg(value_name = "FOLDER|FILE")]
        data: PathBuf,
        /// The column of the CSV file that is predicted [default: the last one].
        #[arg(long, value_name = "COLUMN")]
        target: Option<String>,
    },
}
