//! `hearth export` and `hearth import`.

use std::path::PathBuf;

use clap::Args;
use hearth_export::{Format, Part};

use super::{ComputeArgs, TrainedArgs};

/// `hearth export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The run.
    #[command(flatten)]
    pub trained: TrainedArgs,
    /// Format: onnx, safetensors (with PyTorch's names) or burnpack.
    #[arg(long)]
    pub format: Format,
    /// New folder; or a file ending in .onnx, .safetensors or .bpk, with its settings (.json) and its model card
    /// (.md) beside it.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Network of an adversarial pair: generator or discriminator [default: generator].
    #[arg(long)]
    pub network: Option<Part>,
    /// Write 16-bit floats into a safetensors file.
    #[arg(long)]
    pub half: bool,
}

/// `hearth import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// File with a `state_dict`, alone or in a checkpoint, of safetensors or `torch.save`.
    pub file: PathBuf,
    /// Config of the network and of its training data.
    #[arg(long, value_name = "CONFIG")]
    pub config: PathBuf,
    /// Settings that override the config's, such as train.epochs=3.
    #[arg(value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Folder of the run.
    #[arg(long, value_name = "DIR")]
    pub run: PathBuf,
    /// Entry of the file that holds the network, such as net or `state_dict.model`, if there are several.
    #[arg(long)]
    pub key: Option<String>,
    /// Ignore a tensor, or all below a name; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub ignore: Vec<String>,
    /// Map a module of the file to a layer of the network, such as `fc_one=layers.1`; may be given several
    /// times.
    #[arg(long, value_name = "NAME=LAYER", value_parser = pair)]
    pub map: Vec<[String; 2]>,
    /// Mean of the network's input normalisation, of pixels scaled to 0..1: a number for each channel, or one for
    /// all. The same as `data.mean=[MEAN]`; `--mean 0 --std 1` is `ToTensor` alone [default: that of the training
    /// set].
    #[arg(long, value_delimiter = ',', requires = "std", allow_negative_numbers = true)]
    pub mean: Option<Vec<f64>>,
    /// Standard deviation of the input normalisation, as --mean.
    #[arg(long, value_delimiter = ',', requires = "mean", allow_negative_numbers = true)]
    pub std: Option<Vec<f64>>,
    /// Backend and device.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
}

/// Parses `NAME=LAYER`.
fn pair(text: &str) -> Result<[String; 2], String> {
    match text.split_once('=') {
        Some((name, layer)) if !name.is_empty() && !layer.is_empty() => {
            Ok([name, layer].map(str::to_owned))
        }
        _ => Err("it is NAME=LAYER, such as fc_one=layers.1".to_owned()),
    }
}
