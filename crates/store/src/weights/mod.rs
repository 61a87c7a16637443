//! Files of tensors: safetensors, and weights of other programs.
//!
//! | file | subject |
//! | --- | --- |
//! | `tensors` | tensors as safetensors, the same bytes for the same state |
//! | `entry` | a tensor in a file, not yet read |
//! | `foreign` | weights of other programs: the format by its first bytes, and the tensors |
//! | `pytorch` | tensors in files of `torch.save` |
//! | `pickle` | the memory that a pickle needs, and the order of its tensors |

mod entry;
mod foreign;
mod pickle;
mod pytorch;
pub(crate) mod tensors;

pub use entry::{TensorEntry, TensorFile};
pub use foreign::{FileKind, open_tensors};
pub use tensors::{NamedTensor, read_tensors, write_tensors};
