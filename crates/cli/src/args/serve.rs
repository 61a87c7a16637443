//! `hearth serve`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use hearth_train::CheckpointSelector;

use super::ComputeArgs;

/// `hearth serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Folder of the run, or of an export as safetensors or burnpack.
    pub run: PathBuf,
    /// Checkpoint: best, last, or the number of a step.
    #[arg(long, default_value = "best")]
    pub checkpoint: CheckpointSelector,
    /// Backend and device.
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Address or host name to listen on; 0.0.0.0 for all addresses, which admits other machines.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = host)]
    pub host: String,
    /// Port; 0 for a free one.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Maximum size of a request's body, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 8 << 20)]
    pub max_body: usize,
    /// Maximum number of pixels in all images of a request.
    #[arg(long, value_name = "PIXELS", default_value_t = 25_000_000)]
    pub max_pixels: u64,
    /// Maximum number of waiting requests; more are refused.
    #[arg(long, value_name = "REQUESTS", default_value_t = 256)]
    pub queue: usize,
    /// Images or rows in one forward pass.
    #[arg(long, value_name = "SAMPLES", default_value_t = 64)]
    pub batch: usize,
    /// Maximum wait for a full batch, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 2)]
    pub wait: u64,
    /// Time limit of a request, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub timeout: u64,
}

/// Parses an address or a host name; strips the brackets of an IPv6 address.
fn host(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let is_name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "-._".contains(c));
    if bare.parse::<IpAddr>().is_ok() || !text.is_empty() && is_name(text) {
        return Ok(bare.to_owned());
    }
    Err("it is an address or a name, such as 127.0.0.1, ::1 or localhost; --port takes the port"
        .to_owned())
}
