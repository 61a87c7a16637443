//! Checkpoints: folders of files that appear whole or not at all.
//!
//! | file | subject |
//! | --- | --- |
//! | `manifest` | the checksums of a folder's files |
//! | `checkpoint` | one checkpoint: a folder of files |
//! | `folder` | the checkpoints of a run: save, load, fall back, prune |

mod checkpoint;
mod folder;
mod manifest;

pub use folder::{Checkpoints, Recovered};
