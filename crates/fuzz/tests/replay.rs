//! Replay of all inputs of the corpus and of the regressions.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::print_stdout, reason = "a test that fails says at which input")]

use std::fs;
use std::path::{Path, PathBuf};

use hearth_fuzz::limits::measure;
use hearth_fuzz::{FuzzTarget, TARGETS};

/// The inputs of a folder, sorted by name.
fn inputs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn replay_all(folder: &str, target: FuzzTarget) -> usize {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let inputs = inputs(&root.join(folder));
    for path in &inputs {
        println!("{}", path.display());
        let input = fs::read(path).unwrap();
        if let Err(fault) = measure(&input, target).check(&input, 1) {
            panic!("{}: {fault}", path.display());
        }
    }
    inputs.len()
}

#[test]
fn every_input_is_read_or_refused_within_its_limits() {
    for (name, target) in TARGETS {
        assert!(replay_all(&format!("corpus/{name}"), target) > 0, "{name} has no corpus");
        replay_all(&format!("regressions/{name}"), target);
    }
}
