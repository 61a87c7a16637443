//! Saved checkpoints load, and damage is detected.

use std::{error::Error, fs::OpenOptions};

use tempfile::TempDir;

use super::*;
use crate::TensorValue;

pub(super) const FILES: [&str; 5] =
    ["MANIFEST", "model.safetensors", "optimizer.safetensors", "state.json", "task.safetensors"];

type TestResult = Result<(), Box<dyn Error>>;

/// A state that is like no other step's.
pub(super) fn state_at(step: u64) -> Result<StateDict, StoreError> {
    let values: Vec<f32> = (0..600u16).map(|i| f32::from(i) + step as f32).collect();
    let mut state = StateDict::new();
    state.insert("model.layers.0.weight", TensorValue::new([20, 30], &values)?)?;
    state.insert("model.layers.0.bias", TensorValue::new([3], &[0.5f32, -0.0, f32::NAN])?)?;
    state.insert("optimizer.layers.0.weight.momentum", TensorValue::new([600], &values)?)?;
    state.insert("task.buffer.rewards", TensorValue::new([2, 300], &values)?)?;
    state.insert("task.episodes", step)?;
    state.insert("trainer.step", step)?;
    state.insert("trainer.best", f64::INFINITY)?;
    state.insert("data.kind", "fashion-mnist")?;
    Ok(state)
}

pub(super) fn saved(steps: &[u64]) -> Result<(TempDir, Checkpoints), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let checkpoints = Checkpoints::new(folder.path().join("checkpoints"));
    for &step in steps {
        checkpoints.save(step, &state_at(step)?)?;
    }
    Ok((folder, checkpoints))
}

/// A number below `below` that is the same in every run of the tests.
fn seeded(seed: &str, below: usize) -> usize {
    let hash = blake3::hash(seed.as_bytes());
    let [a, b, c, d, ..] = *hash.as_bytes();
    u32::from_le_bytes([a, b, c, d]) as usize % below
}

fn flip(path: &Path, place: usize, bit: usize) -> TestResult {
    let mut bytes = fs::read(path)?;
    bytes[place] ^= 1 << bit;
    fs::write(path, bytes)?;
    Ok(())
}

/// Asserts that loading step 2, verifying it and resuming detect the damage and name the file.
fn assert_seen(checkpoints: &Checkpoints, file: &Path) -> TestResult {
    for result in [checkpoints.load(2).map(|_| ()), checkpoints.verify(2)] {
        match result {
            Err(StoreError::Damaged { file: named, others, .. }) => {
                assert_eq!(named, file);
                assert_eq!(others, [1]);
            }
            other => return Err(format!("{}: {other:?}", file.display()).into()),
        }
    }
    let recovered = checkpoints.load_newest()?.ok_or("step 1 is whole")?;
    assert_eq!((recovered.step, &recovered.state), (1, &state_at(1)?));
    let [(aside, why)] = recovered.moved_aside.as_slice() else {
        return Err("one is moved aside".into());
    };
    assert!(why.contains(&file.display().to_string()), "{why}");
    assert_eq!(checkpoints.steps()?, [1]);
    // Restored, for the next damage.
    disk::remove(aside)?;
    checkpoints.save(2, &state_at(2)?)?;
    Ok(())
}

#[test]
fn every_flipped_byte_is_seen() -> TestResult {
    let (_folder, checkpoints) = saved(&[1, 2])?;
    for name in FILES {
        let file = checkpoints.path_of(2).join(name);
        let size = fs::read(&file)?.len();
        for i in 0..50 {
            let place = seeded(&format!("{name} {i}"), size);
            flip(&file, place, i % 8)?;
            let seen = checkpoints.load(2);
            assert!(
                matches!(&seen, Err(StoreError::Damaged { file: named, .. }) if *named == file),
                "{name}, byte {place}: {seen:?}"
            );
            if i == 0 {
                assert_seen(&checkpoints, &file)?;
            } else {
                flip(&file, place, i % 8)?;
            }
        }
        checkpoints.verify(2)?;
    }
    Ok(())
}

#[test]
fn truncation_growth_and_removal_are_seen() -> TestResult {
    let (_folder, checkpoints) = saved(&[1, 2])?;
    for name in FILES {
        let file = checkpoints.path_of(2).join(name);
        let size = fs::metadata(&file)?.len();
        for length in [0, 1, 8, size / 2, size - 1, size + 1, 1 << 40] {
            OpenOptions::new().write(true).open(&file)?.set_len(length)?;
            assert_seen(&checkpoints, &file)?;
        }
        fs::remove_file(&file)?;
        assert_seen(&checkpoints, &file)?;
        fs::remove_file(&file)?;
        fs::create_dir(&file)?;
        assert_seen(&checkpoints, &file)?;
    }
    Ok(())
}

#[test]
fn what_should_not_be_there_is_seen() -> TestResult {
    let (folder, checkpoints) = saved(&[1, 2])?;
    let extra = checkpoints.path_of(2).join("notes.txt");
    fs::write(&extra, "")?;
    assert_seen(&checkpoints, &extra)?;
    fs::create_dir(&extra)?;
    assert_seen(&checkpoints, &extra)?;

    // A file in place of the checkpoint's folder.
    let path = checkpoints.path_of(2);
    fs::remove_dir_all(&path)?;
    fs::write(&path, "")?;
    assert_seen(&checkpoints, &path)?;

    #[cfg(unix)]
    for name in FILES {
        let file = path.join(name);
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(&file, &elsewhere)?;
        std::os::unix::fs::symlink(&elsewhere, &file)?;
        assert_seen(&checkpoints, &file)?;
    }
    drop(folder);
    Ok(())
}

/// A valid manifest of files that are not a checkpoint's is refused.
#[test]
fn a_manifest_of_other_files_is_seen() -> TestResult {
    use crate::checkpoints::manifest::Manifest;

    let (_folder, checkpoints) = saved(&[1, 2])?;
    let path = checkpoints.path_of(2);
    for names in [vec![], vec!["model.safetensors"], vec!["../../secret"], FILES.to_vec()] {
        for name in &FILES[1..] {
            disk::remove(&path.join(name))?;
        }
        for name in names.iter().filter(|name| !name.contains('/')) {
            fs::write(path.join(name), "")?;
        }
        let manifest = Manifest::of(names.iter().map(|name| (*name, &b""[..])));
        fs::write(path.join("MANIFEST"), manifest.to_text())?;
        assert_seen(&checkpoints, &path.join("MANIFEST"))?;
    }

    // Empty files with the names of a checkpoint's.
    let empty = FILES[1..].iter().map(|name| (*name, &b""[..]));
    for name in &FILES[1..] {
        fs::write(path.join(name), "")?;
    }
    fs::write(path.join("MANIFEST"), Manifest::of(empty).to_text())?;
    let error = checkpoints.load(2).expect_err("nothing can be read from empty files");
    assert!(matches!(error, StoreError::Damaged { file, .. } if file == path.join(FILES[1])));
    Ok(())
}

#[test]
fn a_task_without_tensors_has_no_file_of_them() -> TestResult {
    let (_folder, checkpoints) = saved(&[])?;
    let mut state = state_at(1)?;
    drop(state.take_under("task.buffer"));
    checkpoints.save(1, &state)?;
    assert_eq!(disk::names(&checkpoints.path_of(1))?, FILES[..4]);
    assert_eq!(checkpoints.load(1)?, state);
    Ok(())
}

#[test]
fn when_all_are_damaged_nothing_starts_anew() -> TestResult {
    let (_folder, checkpoints) = saved(&[])?;
    assert!(checkpoints.load_newest()?.is_none());
    let (_folder, checkpoints) = saved(&[1, 2])?;
    for step in [1, 2] {
        flip(&checkpoints.path_of(step).join("state.json"), 0, 0)?;
    }
    for _ in 0..2 {
        let error = checkpoints.load_newest().expect_err("none is whole");
        assert!(matches!(&error, StoreError::AllDamaged { faults, .. } if faults.len() == 2));
        assert_eq!(checkpoints.steps()?, [1, 2]);
    }
    Ok(())
}

#[test]
fn a_step_that_is_not_there_is_an_error() -> TestResult {
    let (_folder, checkpoints) = saved(&[1, 300])?;
    let error = checkpoints.load(2).expect_err("there is no step 2");
    assert!(matches!(&error, StoreError::NoCheckpoint { others, .. } if *others == [1, 300]));
    assert!(error.to_string().ends_with("There are other checkpoints, of steps 1, 300"));
    Ok(())
}

#[test]
fn saving_again_keeps_what_is_whole() -> TestResult {
    let (_folder, checkpoints) = saved(&[7])?;
    let path = checkpoints.path_of(7);
    let before = fs::metadata(path.join("MANIFEST"))?.modified()?;
    assert_eq!(checkpoints.save(7, &state_at(7)?)?, path);
    assert_eq!(fs::metadata(path.join("MANIFEST"))?.modified()?, before);

    let error = checkpoints.save(7, &state_at(8)?).expect_err("step 7 holds another state");
    assert!(matches!(error, StoreError::CheckpointExists { .. }));
    assert_eq!(checkpoints.load(7)?, state_at(7)?);

    for number in 1..=2 {
        flip(&path.join("model.safetensors"), 100, 0)?;
        checkpoints.save(7, &state_at(7)?)?;
        assert_eq!(checkpoints.load(7)?, state_at(7)?);
        assert!(checkpoints.folder().join(format!("step-00000007.damaged-{number}")).is_dir());
    }
    assert_eq!(checkpoints.steps()?, [7]);
    Ok(())
}

#[test]
fn a_tensor_without_a_file_is_refused() -> TestResult {
    let (_folder, checkpoints) = saved(&[])?;
    for path in ["model", "optimizers.a", "trainer.noise"] {
        let mut state = state_at(1)?;
        state.insert(path, TensorValue::new([1], &[1.0f32])?)?;
        let error = checkpoints.save(1, &state).expect_err("it has no file");
        assert!(matches!(&error, StoreError::NoTensorFile { path: named } if named == path));
        assert!(error.to_string().contains("`model.`, `optimizer.` or `task.`"));
    }
    assert!(!checkpoints.folder().exists());
    Ok(())
}

#[test]
fn pruning_keeps_what_it_must() -> TestResult {
    let (_folder, checkpoints) = saved(&[1, 2, 3, 4, 5, 6, 123_456_789])?;
    checkpoints.prune(5, &[])?;
    assert_eq!(checkpoints.steps()?, [3, 4, 5, 6, 123_456_789]);
    checkpoints.prune(3, &[3, 99])?;
    assert_eq!(checkpoints.steps()?, [3, 5, 6, 123_456_789]);

    // With a damaged newest checkpoint, all are kept.
    let file = checkpoints.path_of(123_456_789).join("state.json");
    flip(&file, 5, 0)?;
    let error = checkpoints.prune(0, &[]).expect_err("the newest is damaged");
    assert!(matches!(error, StoreError::Damaged { file: named, .. } if named == file));
    assert_eq!(checkpoints.steps()?, [3, 5, 6, 123_456_789]);
    flip(&file, 5, 0)?;

    checkpoints.prune(0, &[])?;
    assert_eq!(checkpoints.steps()?, [6, 123_456_789]);
    assert_eq!(disk::names(checkpoints.folder())?, ["step-00000006", "step-123456789"]);
    Ok(())
}

#[test]
fn names_that_only_look_like_a_step_are_none() {
    assert_eq!(step_of("step-00002350"), Some(2350));
    assert_eq!(step_of(&name_of(u64::MAX)), Some(u64::MAX));
    let others = ["step-1", "step-+0000001", "step-000002350", "step-00002350.damaged-1", "step-"];
    for name in others {
        assert_eq!(step_of(name), None, "{name}");
    }
}
