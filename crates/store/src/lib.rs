//! Storage: named tensors, crash-safe checkpoints, and the folders of runs and sweeps.
//!
//! | file | subject |
//! | --- | --- |
//! | `value` | a stored value: a tensor or a scalar |
//! | `state` | the state of a run: dotted path to value |
//! | `tensors` | tensors as safetensors, the same bytes for the same state |
//! | `foreign` | weights of other programs: the format by its first bytes, and the tensors |
//! | `pytorch` | tensors in files of `torch.save` |
//! | `pickle` | the memory that a pickle needs, and the order of its tensors |
//! | `scalars` | scalars as `state.json` |
//! | `manifest` | the checksums of a folder's files |
//! | `checkpoint` | one checkpoint: a folder of files |
//! | `checkpoints` | the checkpoints of a run: save, load, fall back, prune |
//! | `run` | the folder of a run |
//! | `sweep` | the folder of a sweep: the runs of one search |
//! | `lock` | one process at a time in a run |
//! | `metrics` | `metrics.jsonl` |
//! | `best` | `best.json` |
//! | `disk` | atomic writes |
//! | `error` | the errors |
//!
//! This crate knows nothing of Burn, configs or data. Its files are untrusted input: no content makes it panic, and
//! nothing in a checkpoint is used before its checksum has been verified.

#![forbid(unsafe_code)]

mod best;
mod checkpoint;
mod checkpoints;
mod disk;
mod error;
mod foreign;
mod lock;
mod manifest;
mod metrics;
mod pickle;
mod pytorch;
mod run;
mod scalars;
mod state;
mod sweep;
mod tensors;
mod value;

pub use best::Best;
pub use checkpoints::{Checkpoints, Recovered};
pub use error::StoreError;
pub use foreign::{FileKind, TensorEntry, TensorFile, open_tensors};
pub use lock::RunLock;
pub use metrics::{MetricsLog, for_each_metric, read_metrics};
pub use run::{RunDir, runs_in};
pub use state::StateDict;
pub use sweep::SweepDir;
pub use tensors::{NamedTensor, read_tensors, write_tensors};
/// The BLAKE3 checksum of some bytes, in hexadecimal.
pub fn checksum(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

pub use value::{DType, Element, TensorValue, Value};
