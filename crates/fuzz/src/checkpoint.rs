//! Fuzz target for the files of a checkpoint.
//!
//! An input is a byte of flags and, each after its length in two bytes, `model.safetensors`, `optimizer.safetensors`,
//! `state.json` and `MANIFEST`. Flag 2 adds `task.safetensors`. Flag 1 replaces `MANIFEST` by a correct one, since no
//! mutation finds a checksum.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use hearth_store::{Checkpoints, StoreError, checksum};

const FILES: [&str; 5] =
    ["model.safetensors", "optimizer.safetensors", "state.json", MANIFEST, "task.safetensors"];

const MANIFEST: &str = "MANIFEST";

const STEP: u64 = 7;

/// Loads the checkpoint; a valid one is saved and loaded again.
pub fn run(input: &[u8]) {
    let (switch, rest) = input.split_first().unwrap_or((&0, &[]));
    let folder = tempfile::tempdir().expect("a folder");
    let checkpoints = Checkpoints::new(folder.path().join("checkpoints"));
    let files = if switch & 2 == 0 { &FILES[..4] } else { &FILES };
    write(&checkpoints.path_of(STEP), &cut(files, rest), switch & 1 == 1);
    let loaded = checkpoints.load(STEP);
    let whole = checkpoints.verify(STEP).is_ok();
    match loaded {
        Ok(state) => {
            assert!(whole, "it was loaded, and is damaged");
            let saved = Checkpoints::new(folder.path().join("saved"));
            saved.save(STEP, &state).expect("what was loaded is saved");
            assert!(saved.load(STEP).is_ok_and(|again| again == state), "it loads as another one");
        }
        Err(StoreError::Damaged { file, fault, .. }) => {
            assert!(file.starts_with(folder.path()) && !fault.is_empty(), "{fault}");
            let newest = checkpoints.load_newest();
            assert!(matches!(newest, Err(StoreError::AllDamaged { .. })), "{newest:?}");
        }
        Err(StoreError::NewerFormat { format, supported, .. }) => assert!(format > supported),
        Err(error) => panic!("{error}"),
    }
}

/// Splits an input into named files; missing bytes leave them empty.
fn cut<'a>(names: &[&'static str], mut rest: &'a [u8]) -> Vec<(&'static str, &'a [u8])> {
    let file = |name: &&'static str| {
        let (length, behind) = rest.split_first_chunk().unwrap_or((&[0; 2], &[]));
        let length = usize::from(u16::from_le_bytes(*length)).min(behind.len());
        let (file, left) = behind.split_at(length);
        rest = left;
        (*name, file)
    };
    names.iter().map(file).collect()
}

fn write(folder: &Path, files: &[(&str, &[u8])], has_good_manifest: bool) {
    fs::create_dir_all(folder).expect("a folder");
    let mut listing = String::new();
    for (name, file) in files {
        fs::write(folder.join(name), file).expect("written");
        if *name != MANIFEST {
            // Writing to a string cannot fail.
            let _ = writeln!(listing, "{} {} {name}", checksum(file), file.len());
        }
    }
    if has_good_manifest {
        let sum = checksum(listing.as_bytes());
        fs::write(folder.join(MANIFEST), format!("{listing}{sum}\n")).expect("written");
    }
}
