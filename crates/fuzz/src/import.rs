//! Fuzz target for weights of another program: safetensors, or files of `torch.save`.

use std::fs;

use hearth_store::{DType, NamedTensor, TensorFile, open_tensors, read_tensors, write_tensors};

/// Largest ratio of tensor bytes to file bytes: `torch.save` may share storage four times, and 16 bits become 32.
const WIDENED: usize = 8;

/// Reads all tensors; valid ones are written and read again.
pub fn run(input: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("network.pt");
    fs::write(&file, input).expect("written");
    match open_tensors(&file) {
        Ok(opened) => check(&opened, input.len()),
        Err(fault) => assert!(!fault.trim().is_empty(), "refused without a fault"),
    }
    // The reader of exports.
    if let Err(fault) = read_tensors(input) {
        assert!(!fault.trim().is_empty(), "refused without a fault");
    }
}

fn check(opened: &TensorFile, length: usize) {
    let (mut tensors, mut values) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for entry in &opened.entries {
        let Ok(tensor) = entry.read() else { continue };
        assert_eq!(tensor.shape(), entry.shape, "`{}`", entry.name);
        bytes += tensor.bytes().len();
        // The reserved name of safetensors' metadata cannot be a tensor's name.
        if tensor.dtype() == DType::F32 && entry.name != "__metadata__" {
            tensors.push(NamedTensor {
                name: entry.name.clone(),
                shape: entry.shape.clone(),
                values: tensor.to_vec().expect("its own type"),
            });
            values.push(tensor);
        }
    }
    assert!(bytes <= WIDENED * length, "{length} bytes hold tensors of {bytes}");
    let written = write_tensors(&tensors, false).expect("tensors are written");
    let again = read_tensors(&written).expect("what is written is good");
    assert_eq!(again.len(), tensors.len(), "a tensor is lost");
    for (NamedTensor { name, .. }, value) in tensors.iter().zip(values) {
        let read = again.get(name);
        assert_eq!(read, Some(&value.into()), "`{name}` reads as another one");
    }
}
