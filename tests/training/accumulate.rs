//! Gradient accumulation equals the large batch.

use std::fs;

use crate::support::{checkpoints, hearth, succeed};

#[test]
fn four_small_batches_are_one_large_one() {
    let folder = tempfile::tempdir().unwrap();
    let weights = |name: &str, batch: &str, accumulate: &str| -> Vec<f32> {
        let run = folder.path().join(name);
        let mut command =
            hearth(["train", "configs/mlp-nano.toml", "train.epochs=1", batch, accumulate]);
        // Also with unequal class weights and a last step of fewer batches.
        command.args(["train.class_weights=balanced", "train.label_smoothing=0.1", "--run"]);
        succeed(command.arg(&run));
        let bytes = fs::read(checkpoints(&run).pop().unwrap().join("model.safetensors")).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let number = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap());
        let mut names = tensors.names();
        names.sort_unstable();
        names
            .iter()
            .flat_map(|name| {
                tensors.tensor(name).unwrap().data().chunks_exact(4).map(number).collect::<Vec<_>>()
            })
            .collect()
    };
    let large = weights("large", "data.batch_size=128", "train.accumulate=1");
    let small = weights("small", "data.batch_size=32", "train.accumulate=4");
    assert_eq!(large.len(), small.len());
    let largest = large.iter().zip(&small).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest < 1e-5, "they differ by {largest}");
}
