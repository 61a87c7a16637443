//! `hearth export` and `hearth import`.

use std::path::PathBuf;

use clap::Args;
use hearth_train::{Format, Part};

use super::{ComputeArgs, TrainedArgs};

/// `hearth export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The run.
    #[command(flatten)]
    pub trained: TrainedArgs,
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
#[derive(Debug, Args)]
pub struct ImportArgs {
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
    pub compute: ComputeArgs,
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
