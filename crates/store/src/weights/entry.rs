//! A tensor in a file, not yet read.

use std::sync::Arc;

/// The instruction to save a network for this program.
pub(crate) const SAVE: &str = "in Python: torch.save(network.state_dict(), \"network.pt\")";

/// The tensors of another program's file.
#[derive(Debug)]
pub struct TensorFile {
    /// The tensors, in the file's order if `is_ordered`; else sorted by name.
    pub entries: Vec<TensorEntry>,
    /// True if the file keeps the order in which the tensors were added.
    pub is_ordered: bool,
}

/// A tensor in a file, not yet read.
#[derive(Debug)]
pub struct TensorEntry {
    /// Its path through the file's dictionaries, joined by dots.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// True for elements that are integers or booleans.
    pub is_integer: bool,
    pub(crate) storage: Storage,
}

/// The location of a tensor's elements.
#[derive(Debug)]
pub(crate) enum Storage {
    Pytorch(pytorch_reader::Tensor),
    Safetensors { dtype: safetensors::Dtype, file: Arc<Vec<u8>>, start: usize, end: usize },
}
