//! One checkpoint: a folder of four files, or five for a task with tensors of its own.
//!
//! | file | holds |
//! | --- | --- |
//! | `model.safetensors` | the tensors under `model.`, without that prefix |
//! | `optimizer.safetensors` | the tensors under `optimizer.`, without that prefix |
//! | `state.json` | every scalar, by its whole path |
//! | `task.safetensors` | the tensors under `task.`, without that prefix; absent where there is none |
//! | `MANIFEST` | the checksums of the others |

use std::{collections::BTreeMap, fs, io, path::Path};

use super::manifest::{self, Manifest, damaged};
use crate::{
    StateDict, StoreError, Value,
    disk::{self, Context},
    values::scalars,
    weights::tensors,
};

/// The file of the tensors under `model.`.
pub(crate) const MODEL: &str = "model.safetensors";

/// The files of tensors, and the prefix of the paths that each holds.
const TENSORS: [(&str, &str); 3] =
    [(MODEL, "model."), ("optimizer.safetensors", "optimizer."), (TASK, "task.")];
const SCALARS: &str = "state.json";
/// The one file of tensors that may be absent.
const TASK: &str = "task.safetensors";

/// A checkpoint that is not yet on the disk.
pub(crate) struct Encoded {
    /// Name and content of each file but the manifest, sorted by name.
    files: Vec<(&'static str, Vec<u8>)>,
    /// Their manifest.
    pub manifest: Manifest,
}

/// Encodes a state as files; the same state gives the same bytes. A tensor under no known prefix is an error.
pub(crate) fn encode(state: &StateDict) -> Result<Encoded, StoreError> {
    let mut parts = TENSORS.map(|_| BTreeMap::new());
    for (path, value) in state.iter() {
        let Value::Tensor(tensor) = value else { continue };
        let file = TENSORS
            .iter()
            .zip(&mut parts)
            .find_map(|((_, prefix), part)| Some((path.strip_prefix(prefix)?, part)));
        let Some((name, part)) = file else {
            return Err(StoreError::NoTensorFile { path: path.to_owned() });
        };
        part.insert(name, tensor);
    }
    let mut files = Vec::new();
    for ((file, _), part) in TENSORS.iter().zip(&parts) {
        if *file != TASK || !part.is_empty() {
            files.push((*file, tensors::encode(part)?));
        }
    }
    files.push((SCALARS, scalars::encode(state.iter())?));
    files.sort_unstable_by_key(|(name, _)| *name);
    let manifest = Manifest::of(files.iter().map(|(name, bytes)| (*name, bytes.as_slice())));
    Ok(Encoded { files, manifest })
}

impl Encoded {
    /// Writes the files into a new folder, the manifest last, and syncs them to the disk.
    pub fn write(&self, folder: &Path) -> Result<(), StoreError> {
        fs::create_dir(folder).context("create", folder)?;
        for (name, bytes) in &self.files {
            disk::write_synced(&folder.join(name), bytes)?;
        }
        disk::write_synced(&folder.join(manifest::NAME), self.manifest.to_text().as_bytes())?;
        disk::sync_folder(folder)
    }
}

/// Reads the state of a checkpoint and verifies every file by the manifest.
pub(crate) fn read(folder: &Path) -> Result<StateDict, StoreError> {
    let manifest = read_manifest(folder)?;
    let mut state = StateDict::new();
    let is_listed = |name: &str| manifest.names().any(|listed| listed == name);
    for (name, prefix) in TENSORS.into_iter().filter(|(name, _)| is_listed(name)) {
        let bytes = manifest.read_file(folder, name)?;
        let path = folder.join(name);
        for (name, tensor) in tensors::decode(&bytes).map_err(|fault| damaged(&path, fault))? {
            state.insert(format!("{prefix}{name}"), tensor)?;
        }
    }
    let path = folder.join(SCALARS);
    for (name, value) in scalars::decode(&path, &manifest.read_file(folder, SCALARS)?)? {
        state.insert(name, value).map_err(|duplicate| damaged(&path, duplicate.to_string()))?;
    }
    Ok(state)
}

/// Verifies every file of a checkpoint by its manifest, and returns the manifest.
pub(crate) fn verify(folder: &Path) -> Result<Manifest, StoreError> {
    let manifest = read_manifest(folder)?;
    for name in manifest.names() {
        manifest.read_file(folder, name)?;
    }
    Ok(manifest)
}

/// Reads the manifest of a checkpoint; one that lists other files is an error.
fn read_manifest(folder: &Path) -> Result<Manifest, StoreError> {
    match fs::symlink_metadata(folder) {
        Ok(found) if found.is_dir() => {}
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).context("look at", folder);
        }
        _ => return Err(damaged(folder, "it is not a folder".to_owned())),
    }
    let manifest = Manifest::read(folder)?;
    let names: Vec<&str> = manifest.names().filter(|name| *name != TASK).collect();
    let needed = TENSORS.iter().map(|(name, _)| *name).filter(|name| *name != TASK);
    if names.into_iter().eq(needed.chain([SCALARS])) {
        Ok(manifest)
    } else {
        let listed = manifest.names().collect::<Vec<_>>().join(", ");
        let fault = format!("it lists {listed}, which are not the files of a checkpoint");
        Err(damaged(&folder.join(manifest::NAME), fault))
    }
}
