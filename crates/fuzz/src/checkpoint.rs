//! The four files of a checkpoint.
//!
//! An input is a switch and, each behind its length in two bytes, `model.safetensors`,
//! `optimizer.safetensors`, `state.json` and `MANIFEST`. Where the switch is odd, the last is made anew: no
//! mutation finds a checksum.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use hearth_store::{Checkpoints, StoreError, checksum};

const FILES: [&str; 4] = ["model.safetensors", "optimizer.safetensors", "state.json", "MANIFEST"];

const STEP: u64 = 7;

/// Loads it, and saves and loads again what is good.
pub fn run(input: &[u8]) {
    let (switch, rest) = input.split_first().unwrap_or((&0, &[]));
    let folder = tempfile::tempdir().expect("a folder");
    let checkpoints = Checkpoints::new(folder.path().join("checkpoints"));
    write(&checkpoints.path_of(STEP), cut(rest), switch % 2 == 1);
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

/// The files of an input; what is missing at its end is empty.
fn cut(mut rest: &[u8]) -> [&[u8]; 4] {
    FILES.map(|_| {
        let (length, behind) = rest.split_first_chunk().unwrap_or((&[0; 2], &[]));
        let length = usize::from(u16::from_le_bytes(*length)).min(behind.len());
        let (file, left) = behind.split_at(length);
        rest = left;
        file
    })
}

fn write(folder: &Path, files: [&[u8]; 4], has_good_manifest: bool) {
    fs::create_dir_all(folder).expect("a folder");
    let mut manifest = String::new();
    for (name, file) in FILES.iter().zip(files) {
        fs::write(folder.join(name), file).expect("written");
        // Writing to a string cannot fail.
        let _ = writeln!(manifest, "{} {} {name}", checksum(file), file.len());
    }
    if has_good_manifest {
        let listing: String = manifest.split_inclusive('\n').take(3).collect();
        let sum = checksum(listing.as_bytes());
        fs::write(folder.join(FILES[3]), format!("{listing}{sum}\n")).expect("written");
    }
}
