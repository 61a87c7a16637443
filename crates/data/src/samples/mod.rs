//! Samples: what a loader makes batches of.
//!
//! | file | subject |
//! | --- | --- |
//! | `source` | samples of any kind, and subsets that share them without a copy |
//! | `examples` | images with labels in memory, the samples of a subset by default |

mod examples;
mod source;

pub use examples::{Batch, Examples, ImageShape};
pub use source::{Source, Splits, Subset};
