//! What is kept: named tensors, checkpoints that survive a crash, and the folder of a run.
//!
//! | file | subject |
//! | --- | --- |
//! | `value` | one thing that is kept: a tensor or a scalar |
//! | `state` | all that a run remembers, by dotted path |
//! | `tensors` | tensors as safetensors, the same bytes for the same state |
//! | `foreign` | weights of other programs: a file's kind by its first bytes, and its tensors |
//! | `pytorch` | tensors out of PyTorch's own files |
//! | `pickle` | the memory that a pickle of theirs asks for, and the order of its tensors |
//! | `scalars` | scalars as `state.json` |
//! | `manifest` | the checksums of a folder's files |
//! | `checkpoint` | one checkpoint: a folder of four files |
//! | `checkpoints` | the folder of checkpoints: save, load, fall back, prune |
//! | `run` | the folder of a run |
//! | `sweep` | the folder of a sweep, a search among many runs |
//! | `lock` | one process at a time in a run |
//! | `metrics` | `metrics.jsonl` |
//! | `best` | `best.json` |
//! | `disk` | writing that a crash cannot leave half done |
//! | `error` | everything that can go wrong |
//!
//! This crate knows nothing of Burn, configs or data. It reads what strangers may have written, so
//! no content of a file makes it panic, and nothing is used before its checksum has been compared.

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
