//! Weights of another program: safetensors, or what `torch.save` writes.

use std::fs;

use hearth_store::{
    DType, NamedTensor, StateDict, Value, read_pytorch, read_tensors, write_tensors,
};

/// Bytes of tensors for each byte of a file: `torch.save` may share four times, and 16 bits become 32.
const WIDENED: usize = 8;

/// Reads it as both, and writes and reads again what is good.
pub fn run(input: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("network.pt");
    fs::write(&file, input).expect("written");
    for read in [read_tensors(input), read_pytorch(&file)] {
        match read {
            Ok(state) => check(&state, input.len()),
            Err(fault) => assert!(!fault.trim().is_empty(), "refused without a fault"),
        }
    }
}

fn check(state: &StateDict, length: usize) {
    let mut tensors = Vec::new();
    let mut bytes = 0;
    for (name, value) in state.iter() {
        let Value::Tensor(tensor) = value else { panic!("`{name}` is no tensor") };
        bytes += tensor.bytes().len();
        if tensor.dtype() == DType::F32 {
            let values = tensor.to_vec().expect("its own type");
            tensors.push(NamedTensor {
                name: name.to_owned(),
                shape: tensor.shape().to_vec(),
                values,
            });
        }
    }
    assert!(bytes <= WIDENED * length, "{length} bytes hold tensors of {bytes}");
    // What safetensors calls its own metadata cannot be a tensor's name there.
    tensors.retain(|tensor| tensor.name != "__metadata__");
    let written = write_tensors(&tensors, false).expect("tensors are written");
    let again = read_tensors(&written).expect("what is written is good");
    assert_eq!(again.len(), tensors.len(), "a tensor is lost");
    for NamedTensor { name, .. } in &tensors {
        assert_eq!(again.get(name), state.get(name), "`{name}` reads as another one");
    }
}
