//! Storage: named tensors, crash-safe checkpoints, and the folders of runs and sweeps.
//!
//! | file | subject |
//! | --- | --- |
//! | `values` | tensors and scalars by dotted path, and `state.json` |
//! | `weights` | files of tensors: safetensors, and weights of other programs |
//! | `checkpoints` | checkpoints, and the checksums of their files |
//! | `runs` | the folders of runs and sweeps: lock, metrics, the best checkpoint |
//! | `disk` | atomic writes |
//! | `error` | the errors |
//!
//! This crate knows nothing of Burn, configs or data. Its files are untrusted input: no content makes it panic, and
//! nothing in a checkpoint is used before its checksum has been verified.

#![forbid(unsafe_code)]

mod checkpoints;
mod disk;
mod error;
mod runs;
mod values;
mod weights;

pub use checkpoints::{Checkpoints, Recovered};
pub use error::StoreError;
pub use runs::{
    Best, MetricsLog, RunDir, RunLock, SweepDir, for_each_metric, read_metrics, runs_in,
};
pub use values::{DType, Element, StateDict, TensorValue, Value};
pub use weights::{
    FileKind, NamedTensor, TensorEntry, TensorFile, open_tensors, read_tensors, write_tensors,
};

/// The BLAKE3 checksum of some bytes, in hexadecimal.
pub fn checksum(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
